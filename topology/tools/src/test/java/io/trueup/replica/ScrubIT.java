package io.trueup.replica;

import static io.trueup.replica.ReplicaFixture.PARTITIONS;
import static io.trueup.replica.ReplicaFixture.TIMEOUT;
import static io.trueup.replica.ReplicaFixture.bytes;
import static io.trueup.replica.ReplicaFixture.partition;
import static io.trueup.replica.ReplicaFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.ChildJvm;
import io.trueup.replica.format.WriteEvents;
import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.JdbcSettings;
import io.trueup.source.Observation;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrubIT {

    private static final String TABLE = JdbcSettings.DEFAULT_TABLE;

    @TempDir
    private Path directory;

    private ReplicaFixture fixture;

    @BeforeEach
    void build() {
        fixture = new ReplicaFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldReportRowsChangedLostAndAddedWithoutTheReplicaInSqlite() throws Exception {
        assertReportsWhatIsStored("jdbc:sqlite:" + directory.resolve("eu.db"));
    }

    @Test
    void shouldReportRowsChangedLostAndAddedWithoutTheReplicaInPostgresql() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            String url = "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres?user=postgres";
            fixture.with("jdbc.url", url);
            assertReportsWhatIsStored(url);
        }
    }

    private void assertReportsWhatIsStored(String url) throws SQLException {
        for (int i = 0; i < 40; i++) {
            fixture.feed("k" + i, "v" + i, i);
        }
        fixture.feed("deleted", null, 7);
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }
        Map<String, String> reported = fixture.lastReported();
        try (Connection connection = DriverManager.getConnection(url)) {
            change(connection, "UPDATE " + TABLE + " SET value = ? WHERE key = ?", "rot", "k1");
            change(connection, "UPDATE " + TABLE + " SET version = 1 WHERE key = ?", "k2");
            change(connection, "DELETE FROM " + TABLE + " WHERE key = ?", "k3");
            change(connection, "DELETE FROM " + TABLE + " WHERE key = ?", "deleted");
            change(
                    connection,
                    "INSERT INTO " + TABLE + " (key, value, partition, version, position, deleted) VALUES (?, ?, "
                            + partition("added") + ", 5, 6, FALSE)",
                    "added",
                    "by hand");
            change(connection, "UPDATE " + TABLE + " SET value = NULL WHERE key = ?", "k4");
        }
        assertThat(fixture.lastReported()).as("no write event was sent").isEqualTo(reported);

        List<Scrub.Summary> summaries = scrub(List.of());

        Map<String, String> expected = new TreeMap<>(reported);
        expected.put("k1", "rot@1");
        expected.put("k2", "v2@1");
        expected.put("added", "by hand@5");
        expected.keySet().removeAll(List.of("k3", "k4"));
        Map<String, String> seen = new TreeMap<>();
        for (int p = 0; p < PARTITIONS; p++) {
            ScanModel model = ScanModel.of(seenIn(p));
            assertThat(model.complete()).isEqualTo(1);
            seen.putAll(model.live());
        }
        assertThat(seen).isEqualTo(expected);
        assertThat(summaries).extracting(Scrub.Summary::partition).containsExactly(0, 1, 2, 3);
        assertThat(summaries.stream().mapToLong(Scrub.Summary::rows).sum()).isEqualTo(39);
        assertThat(summaries.stream().mapToLong(Scrub.Summary::leftOut).sum())
                .as("a row without value that is not deleted")
                .isEqualTo(1);
        assertMarkers(summaries);
    }

    private void assertMarkers(List<Scrub.Summary> summaries) {
        for (Scrub.Summary summary : summaries) {
            List<ReplicaFixture.Seen> partition = seenIn(summary.partition());
            ReplicaFixture.Seen start = partition.get((int) summary.since());
            ReplicaFixture.Seen end = partition.get((int) summary.end());
            assertThat(start.record().offset()).isEqualTo(summary.since());
            assertThat(start.observation()).isInstanceOf(Observation.ScanStarted.class);
            String scan = ((Observation.ScanStarted) start.observation()).scan();
            assertThat(end.observation()).isEqualTo(new Observation.ScanEnded(scan, summary.since(), summary.rows()));
            assertThat(start.record().key()).isEqualTo(io.trueup.schema.HeaderNames.scanKey());
            List<String> keys = new ArrayList<>();
            for (ReplicaFixture.Seen seen : partition.subList((int) summary.since() + 1, (int) summary.end())) {
                Observation.Scanned row = (Observation.Scanned) seen.observation();
                assertThat(row.scan()).isEqualTo(scan);
                assertThat(row.since()).isEqualTo(summary.since());
                keys.add(text(row.write().key()));
            }
            assertThat(keys).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldReportTombstonesExpiryPositionAndVectorAsStored() {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(fixture.feed, 1, bytes("a"), bytes("v"));
        record.headers()
                .add("trueup.vector", bytes("us=4,eu=3"))
                .add("trueup.position", bytes("1234"))
                .add("trueup.expiry", bytes("99999999999999"));
        fixture.send(record);
        fixture.send(new ProducerRecord<>(fixture.feed, 1, bytes("b"), null));
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }

        List<Scrub.Summary> summaries = scrub(List.of(1));

        assertThat(summaries).hasSize(1);
        List<io.trueup.tree.Write> rows = rows(1);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).vector()).hasToString("eu=3,us=4");
        assertThat(rows.get(0).version()).isEqualTo(7);
        assertThat(rows.get(0).positionMs()).isEqualTo(1234);
        assertThat(rows.get(0).expiryMs()).isEqualTo(99999999999999L);
        assertThat(rows.get(0).value()).isEqualTo(bytes("v"));
        assertThat(rows.get(1).deleted()).isTrue();
        assertThat(rows.get(1).version()).as("offset of the delete").isEqualTo(1);
        assertThat(IntStream.of(0, 2, 3).mapToObj(this::rows)).allMatch(List::isEmpty);
    }

    @Test
    void shouldAgreeWithTheTableWhenWritesAndRepairsContinueDuringTheScrub() throws Exception {
        int keys = 400;
        for (int i = 0; i < keys; i++) {
            fixture.feed("k" + i, "first" + i);
        }
        fixture.with("batch.records.max", "20");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("eu.db"))) {
                connection.createStatement().execute("PRAGMA busy_timeout = 30000");
                for (int i = 0; i < keys; i += 5) {
                    change(connection, "DELETE FROM " + TABLE + " WHERE key = ?", "k" + i);
                    change(connection, "UPDATE " + TABLE + " SET value = ? WHERE key = ?", "rot", "k" + (i + 1));
                }
            }
            AtomicBoolean loading = new AtomicBoolean(true);
            CompletableFuture<Void> load = CompletableFuture.runAsync(() -> loadWhile(loading, keys));
            for (int i = 0; i < 3; i++) {
                scrub(List.of(), 400);
            }
            loading.set(false);
            load.get(60, TimeUnit.SECONDS);
            fixture.awaitCaughtUp(replica);
        }

        Map<String, String> seen = new TreeMap<>();
        int overruled = 0;
        for (int p = 0; p < PARTITIONS; p++) {
            ScanModel model = ScanModel.of(seenIn(p));
            assertThat(model.complete()).isEqualTo(3);
            seen.putAll(model.live());
            overruled += model.overruled();
        }
        assertThat(seen).isEqualTo(fixture.table());
        assertThat(overruled).as("rows over which a write event won").isPositive();
    }

    @Test
    void shouldNotSendRowsThatWereReadBeforeTheStartMarkerWasDelivered() {
        fixture.feed("k", "old", 1);
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
            BeforeMarker.action = () -> {
                fixture.feed("k", "new", 2);
                await().atMost(TIMEOUT).until(() -> fixture.lastReported().containsValue("new@2"));
            };
            fixture.with("kafka.interceptor.classes", BeforeMarker.class.getName());

            scrub(List.of(partition("k")));
        }

        ScanModel model = ScanModel.of(seenIn(partition("k")));
        assertThat(model.complete()).isEqualTo(1);
        assertThat(model.overruled())
                .as("the write event was sent before the marker")
                .isZero();
        assertThat(model.live()).isEqualTo(Map.of("k", "new@2"));
    }

    /** Does something, once, before the first marker of a scan is sent. */
    public static final class BeforeMarker implements ProducerInterceptor<byte[], byte[]> {

        private static volatile Runnable action;

        @Override
        public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
            Runnable now = action;
            if (now != null && WriteEvents.isScanKey(record.key())) {
                action = null;
                now.run();
            }
            return record;
        }

        @Override
        public void onAcknowledgement(RecordMetadata metadata, Exception exception) {
            // nothing to do
        }

        @Override
        public void close() {
            // nothing to do
        }

        @Override
        public void configure(Map<String, ?> configs) {
            // nothing to do
        }
    }

    private void loadWhile(AtomicBoolean loading, int keys) {
        Random random = new Random(5);
        while (loading.get()) {
            String key = "k" + random.nextInt(keys);
            fixture.feed(key, random.nextInt(8) == 0 ? null : "v" + random.nextInt(1_000));
        }
    }

    @Test
    void shouldLeaveOutTheEndMarkerWhenStopped() {
        for (int i = 0; i < 50; i++) {
            fixture.send(new ProducerRecord<>(fixture.feed, i % 2, bytes("k" + i), bytes("v")));
        }
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }
        Scrub scrub = new Scrub(fixture.config(), List.of(0, 1), 50);

        boolean whole = scrub.run(new Scrub.Listener() {
            @Override
            public void progress(int partition, long rows, long expected) {
                assertThat(partition).isZero();
                assertThat(expected).isEqualTo(25);
                if (rows >= 10) {
                    scrub.stop();
                }
            }

            @Override
            public void scanned(Scrub.Summary summary) {
                throw new AssertionError("scanned " + summary);
            }
        });

        assertThat(whole).isFalse();
        assertThat(rows(0)).hasSize(10);
        assertThat(fixture.seen())
                .noneMatch(seen -> seen.observation() instanceof Observation.ScanEnded)
                .filteredOn(seen -> seen.observation() instanceof Observation.ScanStarted)
                .hasSize(1);
    }

    @Test
    void shouldEndWithoutEndMarkerWhenItsProcessIsStopped() throws Exception {
        for (int i = 0; i < 50; i++) {
            fixture.send(new ProducerRecord<>(fixture.feed, 0, bytes("k" + i), bytes("v")));
        }
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }
        Process process = startProcess("--partition", "0", "--rate", "2");
        try {
            await().atMost(TIMEOUT).until(() -> rows(0).size() >= 2);
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(Files.readString(directory.resolve("scrub.log"))).contains("Stopped after 0 rows in 0 partitions");
        assertThat(fixture.seen()).noneMatch(seen -> seen.observation() instanceof Observation.ScanEnded);
    }

    @Test
    void shouldReportEachPartitionOnTheCommandLine() throws Exception {
        fixture.feed("k", "v");
        try (Replica replica = fixture.start()) {
            fixture.awaitCaughtUp(replica);
        }

        Process process = startProcess();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        String log = Files.readString(directory.resolve("scrub.log"));
        assertThat(process.exitValue()).as(log).isZero();
        assertThat(log)
                .contains("partition " + partition("k") + ": 1 rows in ")
                .contains("partition 0: ", "partition 1: ", "partition 2: ", "partition 3: ")
                .contains("Scanned 1 rows in 4 partitions.");
    }

    @Test
    void shouldReportWhyItCannotScrub() {
        assertThatThrownBy(() -> scrub(List.of()))
                .isInstanceOf(DatastoreException.class)
                .hasMessageContaining("eu.db");
        assertThatThrownBy(() -> scrub(List.of(4)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("partition 4", fixture.writes, "from 0 to 3");
        fixture.with("writes.topic", "nowhere");
        assertThatThrownBy(() -> scrub(List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("writes.topic", "nowhere", "no such topic");
        fixture.with("writes.format", "plain");
        assertThatThrownBy(() -> scrub(List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("a scrub needs writes.format=trueup");
        assertThat(directory.resolve("eu.db")).doesNotExist();
    }

    private List<Scrub.Summary> scrub(List<Integer> partitions) {
        return scrub(partitions, Integer.MAX_VALUE);
    }

    private List<Scrub.Summary> scrub(List<Integer> partitions, long rowsPerSecond) {
        List<Scrub.Summary> summaries = new ArrayList<>();
        boolean whole = new Scrub(fixture.config(), partitions, rowsPerSecond).run(new Scrub.Listener() {
            @Override
            public void progress(int partition, long rows, long expected) {
                assertThat(rows).isPositive();
            }

            @Override
            public void scanned(Scrub.Summary summary) {
                summaries.add(summary);
            }
        });
        assertThat(whole).isTrue();
        return summaries;
    }

    /** Records of a partition of the writes topic; their index is their offset. */
    private List<ReplicaFixture.Seen> seenIn(int partition) {
        return fixture.seen().stream()
                .filter(seen -> seen.record().partition() == partition)
                .toList();
    }

    private List<io.trueup.tree.Write> rows(int partition) {
        List<io.trueup.tree.Write> rows = new ArrayList<>();
        for (ReplicaFixture.Seen seen : seenIn(partition)) {
            if (seen.observation() instanceof Observation.Scanned scanned) {
                rows.add(scanned.write());
            }
        }
        return rows;
    }

    private static void change(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setBytes(i + 1, bytes(parameters[i]));
            }
            assertThat(statement.executeUpdate()).as(sql).isEqualTo(1);
        }
    }

    private Process startProcess(String... options) throws IOException {
        Path file = directory.resolve("replica.properties");
        Properties properties = new Properties();
        properties.putAll(fixture.settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        List<String> command = ChildJvm.command("io.trueup.cli.Main", "scrub", "-c", file.toString());
        command.addAll(List.of(options));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("scrub.log").toFile())
                .start();
    }
}

package io.trueup.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.replica.table.Datastore;
import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.JdbcSettings;
import io.trueup.replica.table.Table;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scrub whose reading of the table breaks sends no end marker: by that, rows that were not read would count as lost. */
class ScrubBreaksTest {

    private static final int ROWS = 4;
    private static final int ROWS_PER_CHUNK = 2;
    /** More steps of result sets than a scrub takes. */
    private static final int MAX_STEPS = 100;

    /** What happens instead of a step to the next row. */
    private enum Break {
        SQL_EXCEPTION,
        CONNECTION_CLOSED,
        /** The result ends before its last row, without an error. */
        TRUNCATED,
        INTERRUPTED
    }

    @TempDir
    private Path directory;

    private ReplicaConfig config;
    private JdbcSettings settings;
    private CountingProducer producer;

    @BeforeEach
    void store() throws SQLException {
        Map<String, String> given = new HashMap<>();
        given.put("name", "eu");
        given.put("bootstrap.servers", "127.0.0.1:1");
        given.put("feed.topic", "feed");
        given.put("writes.topic", "writes");
        given.put("repairs.topic", "repairs");
        given.put("dead.letter.topic", "dead");
        given.put("jdbc.url", "jdbc:sqlite:" + directory.resolve("eu.db"));
        config = ReplicaConfig.of(given);
        settings = config.jdbc();
        Table.open(settings).close();
        for (int i = 0; i < ROWS; i++) {
            insert("k" + i, true);
        }
    }

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldEndNoScanOfWhichARowWasNotRead() {
        int broken = 0;
        for (Break how : Break.values()) {
            for (int step = 0; step < MAX_STEPS; step++) {
                Breaking breaking = new Breaking(how, step);
                String outcome = outcome(breaking);
                assertThat(Thread.interrupted())
                        .as("%s at step %d: %s", how, step, outcome)
                        .isFalse();
                if (!breaking.isBroken()) {
                    assertThat(outcome).isEqualTo("whole");
                    break;
                }
                broken++;
                if (how != Break.TRUNCATED) {
                    assertThat(outcome).as("%s at step %d", how, step).isNotEqualTo("whole");
                }
            }
        }
        assertThat(broken).isGreaterThan(Break.values().length * ROWS);
    }

    @Test
    void shouldEndNoScanOfWhichARecordWasNotDelivered() {
        for (int record = 0; record < ROWS + 2; record++) {
            Breaking none = new Breaking(null, 0);
            none.undelivered = record;

            assertThat(outcome(none)).as("record %d", record).isEqualTo("failed");
            assertThat(producer.sent(Observation.ScanEnded.class))
                    .as("delivered ends")
                    .isEmpty();
        }
    }

    /** Whether a scrub was whole, was stopped or failed. */
    private String outcome(Breaking breaking) {
        List<Scrub.Summary> summaries = new ArrayList<>();
        try {
            boolean whole = scrub(breaking, summaries);
            Thread.interrupted();
            assertThat(producer.sent(Observation.ScanEnded.class)).hasSize(whole ? 1 : 0);
            if (whole) {
                assertThat(summaries)
                        .singleElement()
                        .extracting(Scrub.Summary::rows)
                        .isEqualTo((long) ROWS);
                assertThat(producer.sent(Observation.Scanned.class)).hasSize(ROWS);
            }
            return whole ? "whole" : "stopped";
        } catch (ScanFailedException e) {
            assertThat(producer.sent(Observation.ScanEnded.class)).isEmpty();
            assertThat(e)
                    .hasMessageContainingAll("partition 0 of jdbc:sqlite:", "No row counts as missing", "--partition");
            return "failed";
        } catch (DatastoreException e) {
            assertThat(producer).as("before the first partition").isNull();
            assertThat(e).hasMessageContaining("cannot read from");
            return "failed";
        } finally {
            Thread.interrupted();
        }
    }

    /** Text sorts before bytes in SQLite: a scan that went on behind it would leave out what is stored as bytes. */
    @Test
    void shouldNotPassOverRowsBehindAKeyThatIsStoredAsText() throws SQLException {
        insert("z", false);

        assertThatThrownBy(() -> scrub(new Breaking(null, 0), new ArrayList<>()))
                .isInstanceOf(ScanFailedException.class)
                .hasMessageContainingAll("'z'", "not stored as bytes");
        assertThat(producer.sent(Observation.ScanEnded.class)).isEmpty();
    }

    @Test
    void shouldSayUpToWhichKeyItHasRead() {
        assertThatThrownBy(() -> scrub(new Breaking(Break.SQL_EXCEPTION, 6), new ArrayList<>()))
                .isInstanceOf(ScanFailedException.class)
                .hasMessageContainingAll("2 rows were read", "up to key hex:6b31");
    }

    private boolean scrub(Breaking breaking, List<Scrub.Summary> summaries) {
        producer = null;
        Scrub.Ends ends = new Scrub.Ends() {
            @Override
            public int partitions() {
                return 1;
            }

            @Override
            public Datastore table() {
                return open(breaking);
            }

            @Override
            public Producer<byte[], byte[]> producer() {
                producer = new CountingProducer(breaking.undelivered);
                return producer;
            }
        };
        return new Scrub(config, List.of(0), Integer.MAX_VALUE, ROWS_PER_CHUNK, ends).run(new Scrub.Listener() {
            @Override
            public void progress(int partition, long rows, long expected) {
                // not of interest
            }

            @Override
            public void scanned(Scrub.Summary summary) {
                summaries.add(summary);
            }
        });
    }

    private Datastore open(Breaking breaking) {
        try {
            Connection connection = DriverManager.getConnection(settings.url());
            connection.setAutoCommit(false);
            breaking.connection = connection;
            return Datastore.of(settings, breaking.wrapped(Connection.class, connection));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void insert(String key, boolean asBytes) throws SQLException {
        try (Connection connection = DriverManager.getConnection(settings.url());
                PreparedStatement statement = connection.prepareStatement("INSERT INTO " + settings.table()
                        + " (key, value, partition, version, position, deleted) VALUES (?, ?, 0, 1, 1, FALSE)")) {
            if (asBytes) {
                statement.setBytes(1, ReplicaFixture.bytes(key));
            } else {
                statement.setString(1, key);
            }
            statement.setBytes(2, ReplicaFixture.bytes("value"));
            statement.executeUpdate();
        }
    }

    /** Delivers everything but one record. */
    private static final class CountingProducer extends MockProducer<byte[], byte[]> {

        private final int undelivered;
        private final List<ProducerRecord<byte[], byte[]>> delivered = new ArrayList<>();
        private int sends;
        private CompletableFuture<RecordMetadata> lost = new CompletableFuture<>();

        CountingProducer(int undelivered) {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.undelivered = undelivered;
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
            if (sends++ == undelivered) {
                lost = new CompletableFuture<>();
                return lost;
            }
            delivered.add(record);
            return super.send(record);
        }

        /** Only now it is known that a record was not delivered. */
        @Override
        public synchronized void flush() {
            super.flush();
            lost.completeExceptionally(new TimeoutException("no answer"));
        }

        /** What was delivered of one kind. */
        <T extends Observation> List<T> sent(Class<T> kind) {
            List<T> found = new ArrayList<>();
            for (int i = 0; i < delivered.size(); i++) {
                ProducerRecord<byte[], byte[]> record = delivered.get(i);
                try {
                    Observation seen = WriteFormat.of("trueup", "writes", RecordCodecs.embedded())
                            .decode(record.key(), record.value(), record.headers(), 1, i, 1);
                    if (kind.isInstance(seen)) {
                        found.add(kind.cast(seen));
                    }
                } catch (MalformedRecordException e) {
                    throw new AssertionError(e);
                }
            }
            return found;
        }
    }

    /** Passes every call of a connection, its statements and their results on, and breaks at one step to a next row. */
    private static final class Breaking {

        private final Break how;
        private final int at;
        private final AtomicInteger steps = new AtomicInteger();
        private Connection connection;
        /** Number of the record that is not delivered. */
        private int undelivered = -1;

        Breaking(Break how, int at) {
            this.how = how;
            this.at = at;
        }

        boolean isBroken() {
            return steps.get() > at;
        }

        <T> T wrapped(Class<T> type, T target) {
            boolean[] ended = new boolean[1];
            InvocationHandler handler = (proxy, method, arguments) -> {
                if (target instanceof ResultSet && method.getName().equals("next")) {
                    if (!ended[0] && steps.getAndIncrement() == at && how != null) {
                        ended[0] = breaks();
                    }
                    if (ended[0]) {
                        return false;
                    }
                }
                Object result = call(target, method, arguments);
                if (result instanceof PreparedStatement statement) {
                    return wrapped(PreparedStatement.class, statement);
                }
                return result instanceof ResultSet rows ? wrapped(ResultSet.class, rows) : result;
            };
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
        }

        /** Returns whether the result seems to end here. */
        private boolean breaks() throws SQLException {
            switch (how) {
                case SQL_EXCEPTION -> throw new SQLException("the disk cannot be read");
                case CONNECTION_CLOSED -> connection.close();
                case INTERRUPTED -> Thread.currentThread().interrupt();
                case TRUNCATED -> {
                    return true;
                }
            }
            return false;
        }

        private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
            try {
                return method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }
}

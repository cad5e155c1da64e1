package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two PostgreSQL servers that are fed alike, each captured by Debezium in its own way, while writes go on. Rows are changed by hand in
 * one of them.
 */
class DebeziumIT {

    private static final int ROWS = 20_000;
    private static final int PARTITIONS = 3;
    private static final int CHANGED_BY_HAND = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final String TABLE =
            "CREATE TABLE orders (id bigint, region text, total numeric(12,2), weight double precision,"
                    + " paid boolean, at timestamptz, local timestamp, due date, opens time, note text, tags text[], extra jsonb, code uuid,"
                    + " \"Odd Name\" varchar(20), PRIMARY KEY (id, region)); ALTER TABLE orders REPLICA IDENTITY FULL";

    private static final String ROW =
            " i, 'r' || i % 7, i * 1.10, i / 7.0, i % 3 = 0, '2024-01-01T00:00:00Z'::timestamptz + i *"
                    + " interval '1001 ms', '2024-05-01'::timestamp + i * interval '17 us', '2024-01-01'::date + i % 1000,"
                    + " '08:00'::time + i % 1000 * interval '1 s', CASE WHEN i % 5 = 0 THEN NULL ELSE 'note ' || i END,"
                    + " ARRAY['a', 'b' || i % 4], jsonb_build_object('z', i, 'a', ARRAY[1, 2.5]), md5(i::text)::uuid, 'ä' || i";

    private static final String UPSERT =
            "INSERT INTO orders SELECT (r->>'id')::bigint, r->>'region', (r->>'total')::numeric,"
                    + " (r->>'weight')::float8, (r->>'paid')::boolean, (r->>'at')::timestamptz, (r->>'local')::timestamptz AT TIME ZONE 'UTC',"
                    + " left(r->>'due', 10)::date, left(r->>'opens', 8)::time, r->>'note',"
                    + " ARRAY(SELECT jsonb_array_elements_text(r->'tags')), (r->>'extra')::jsonb, (r->>'code')::uuid, r->>'Odd Name'"
                    + " FROM (SELECT ?::jsonb AS r) AS repair ON CONFLICT (id, region) DO UPDATE SET total = excluded.total, weight ="
                    + " excluded.weight, paid = excluded.paid, at = excluded.at, local = excluded.local, due = excluded.due, opens ="
                    + " excluded.opens, note = excluded.note, tags = excluded.tags, extra = excluded.extra, code = excluded.code,"
                    + " \"Odd Name\" = excluded.\"Odd Name\"";

    private static final String CHECKSUM = "SELECT md5(string_agg(o::text, ',' ORDER BY id, region)) FROM orders o";

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("shop");
    private final Set<String> repaired = new ConcurrentSkipListSet<>();
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean writing = true;
    private volatile boolean closing;

    @TempDir
    Path directory;

    @Test
    void shouldRepairExactlyTheRowsThatWereChangedByHandWhileWritesGoOn() throws Exception {
        broker.createTopics(PARTITIONS, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        ExecutorService threads = Executors.newCachedThreadPool();
        try (EmbeddedPostgres eu = server();
                EmbeddedPostgres us = server();
                KafkaProducer<byte[], byte[]> producer = broker.producer();
                DebeziumEngine<?> ofEu = capture(
                        eu,
                        "eu",
                        producer,
                        Map.of("time.precision.mode", "isostring", "decimal.handling.mode", "double"));
                DebeziumEngine<?> ofUs = capture(
                        us,
                        "us",
                        producer,
                        Map.of("time.precision.mode", "adaptive", "decimal.handling.mode", "precise"))) {
            for (EmbeddedPostgres server : List.of(eu, us)) {
                run(server, TABLE, "INSERT INTO orders SELECT" + ROW + " FROM generate_series(1, " + ROWS + ") AS i");
            }
            threads.execute(ofEu);
            threads.execute(ofUs);
            awaitRecords(ROWS);
            TrueupConfig config = attached();
            threads.execute(() -> write(List.of(eu, us)));
            Set<String> changed = changeByHand(us);
            try (Job job = new Job(config)) {
                job.start();
                threads.execute(() -> applyRepairs(us));
                await().atMost(PATIENCE)
                        .failFast(() -> assertThat(failures).isEmpty())
                        .until(() -> repaired.containsAll(changed));
                writing = false;
                await().atMost(PATIENCE).until(() -> checksum(us).equals(checksum(eu)));
                awaitFurtherReports(config);

                assertThat(repaired)
                        .containsExactlyInAnyOrderElementsOf(changed)
                        .hasSize(CHANGED_BY_HAND);
                assertThat(checksum(us)).isEqualTo(checksum(eu));
                assertThat(failures).isEmpty();
                assertThat(broker.readAll(config.deadLetterTopic())).isEmpty();
            }
        } finally {
            closing = true;
            threads.shutdown();
        }
    }

    private static EmbeddedPostgres server() throws IOException {
        return EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .start();
    }

    /** Debezium's connector, whose events are sent as Kafka Connect sends them: keys without schema, values with one. */
    private DebeziumEngine<?> capture(
            EmbeddedPostgres server,
            String replica,
            KafkaProducer<byte[], byte[]> producer,
            Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        properties.putAll(Map.of(
                "name", replica,
                "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
                "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
                "topic.prefix", replica,
                "plugin.name", "pgoutput",
                "database.hostname", "localhost",
                "database.port", Integer.toString(server.getPort()),
                "database.user", "postgres",
                "database.password", "postgres",
                "database.dbname", "postgres"));
        properties.putAll(Map.of(
                "table.include.list", "public.orders",
                "publication.autocreate.mode", "filtered",
                "key.converter.schemas.enable", "false",
                "value.converter.schemas.enable", "true"));
        return DebeziumEngine.create(Json.class)
                .using(properties)
                .notifying((ChangeEvent<String, String> event) -> {
                    var unused = producer.send(
                            new ProducerRecord<>(dataset + "." + replica, bytes(event.key()), bytes(event.value())));
                })
                .build();
    }

    private TrueupConfig attached() {
        Path file = directory.resolve("shop.properties");
        Invocation attached = Invocation.of(
                "attach",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us",
                "--dataset",
                dataset,
                "--output",
                file.toString());
        assertThat(attached.exitCode()).as(attached.out() + attached.err()).isZero();
        TrueupConfig config = TrueupConfig.load(
                file,
                Map.of(
                        "TRUEUP_MODE", "repair",
                        "TRUEUP_ROUND_INTERVAL", "4s",
                        "TRUEUP_GRACE", "3s",
                        "TRUEUP_TOPICS_REPLICATION_FACTOR", "1"));
        assertThat(config.shown())
                .containsEntry("replica.eu.writes.format", "debezium-json")
                .containsEntry("value.canonical", "json")
                .doesNotContainKey("value.ignore");
        return config;
    }

    /** What a sink does that knows nothing of Trueup. */
    private void applyRepairs(EmbeddedPostgres server) {
        JsonMapper json = new JsonMapper();
        try (KafkaConsumer<byte[], byte[]> consumer = broker.consumer(dataset + ".repairs.us");
                Connection connection = server.getPostgresDatabase().getConnection()) {
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> repair : consumer.poll(Duration.ofMillis(200))) {
                    JsonNode key = json.readTree(repair.key());
                    if (repair.value() == null) {
                        try (PreparedStatement delete =
                                connection.prepareStatement("DELETE FROM orders WHERE id = ? AND region = ?")) {
                            delete.setLong(1, key.get("id").longValue());
                            delete.setString(2, key.get("region").textValue());
                            delete.executeUpdate();
                        }
                    } else {
                        try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
                            upsert.setString(1, new String(repair.value(), StandardCharsets.UTF_8));
                            upsert.executeUpdate();
                        }
                    }
                    repaired.add(key.get("id").asText());
                }
            }
        } catch (IOException | SQLException | RuntimeException e) {
            failures.add(e);
        }
    }

    /** Writes that reach both servers, a few milliseconds after each other. */
    private void write(List<EmbeddedPostgres> servers) {
        try {
            for (int i = 0; writing; i++) {
                int id = ROWS / 2 + i % (ROWS / 2);
                for (EmbeddedPostgres server : servers) {
                    run(
                            server,
                            "UPDATE orders SET total = total + 1, note = 'updated " + i + "' WHERE id = " + id,
                            i % 10 == 0 ? "DELETE FROM orders WHERE id = " + (id + 1) : "SELECT 1");
                }
                Thread.sleep(20);
            }
        } catch (InterruptedException | SQLException e) {
            failures.add(e);
        }
    }

    private static Set<String> changeByHand(EmbeddedPostgres server) throws SQLException {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < CHANGED_BY_HAND; i++) {
            int id = 1 + i * 100;
            switch (i % 5) {
                case 0 -> run(server, "DELETE FROM orders WHERE id = " + id);
                case 1 -> run(server, "UPDATE orders SET due = due + 1 WHERE id = " + id);
                case 2 ->
                    run(server, "UPDATE orders SET extra = extra || '{\"a\": null}', note = NULL WHERE id = " + id);
                case 3 ->
                    run(
                            server,
                            "UPDATE orders SET total = total + 0.01, local = local + interval '1 us' WHERE id = " + id);
                default -> {
                    id += 1_000_000;
                    run(
                            server,
                            "INSERT INTO orders SELECT" + ROW + " FROM generate_series(" + id + ", " + id + ") AS i");
                }
            }
            ids.add(Integer.toString(id));
        }
        return ids;
    }

    private static void run(EmbeddedPostgres server, String... statements) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String checksum(EmbeddedPostgres server) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(CHECKSUM)) {
            result.next();
            return result.getString(1);
        }
    }

    /** Waits for the reports of three more rounds: a further repair would be sent by then. */
    private void awaitFurtherReports(TrueupConfig config) {
        int enough = broker.readAll(config.roundsTopic()).size() + 3 * PARTITIONS * 2;
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> broker.readAll(config.roundsTopic()).size() >= enough);
    }

    private void awaitRecords(int count) {
        for (String replica : List.of(".eu", ".us")) {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> broker.readAll(dataset + replica).size() >= count);
        }
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}

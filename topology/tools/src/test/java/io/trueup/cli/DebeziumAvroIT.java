package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.apicurio.registry.utils.converter.AvroConverter;
import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.registry.RegistryServer;
import io.trueup.schema.HeaderNames;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Change events in Avro: two PostgreSQL servers, Debezium's connector for each, the Avro converter that Debezium's documentation names, and
 * a real schema registry.
 */
class DebeziumAvroIT {

    private static final int ROWS = 300;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final JsonMapper JSON = new JsonMapper();

    private static final String TABLE =
            "CREATE TABLE orders (id bigint, region text, total numeric(12,2), weight double precision, share real,"
                    + " paid boolean, at timestamptz, local timestamp, due date, opens time, note text, tags text[], extra jsonb,"
                    + " code uuid, PRIMARY KEY (region, id)); ALTER TABLE orders REPLICA IDENTITY FULL";

    private static final String ROW =
            " i, 'r' || i % 7, i * 1.10, i / 7.0, i / 3.0, i % 3 = 0, '2024-01-01T00:00:00Z'::timestamptz + i *"
                    + " interval '1001 ms', '2024-05-01'::timestamp + i * interval '17 us', '2024-01-01'::date + i % 1000,"
                    + " '08:00'::time + i % 1000 * interval '1 s', CASE WHEN i % 5 = 0 THEN NULL ELSE 'note ' || i END,"
                    + " ARRAY['a', 'b' || i % 4], jsonb_build_object('z', i, 'a', ARRAY[1, 2.5]), md5(i::text)::uuid";

    private static final String CHECKSUM = "SELECT md5(string_agg(o::text, ',' ORDER BY id, region)) FROM orders o";

    private static RegistryServer registry;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("shop");

    @TempDir
    Path directory;

    @BeforeAll
    static void startRegistry() {
        registry = RegistryServer.start();
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
    }

    @Test
    void shouldRepairExactlyTheRowsThatWereChangedByHand() throws Exception {
        broker.createTopics(1, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        ExecutorService threads = Executors.newCachedThreadPool();
        try (EmbeddedPostgres eu = server();
                EmbeddedPostgres us = server();
                KafkaProducer<byte[], byte[]> producer = broker.producer();
                DebeziumEngine<?> ofEu = capture(eu, "eu", producer, Map.of("time.precision.mode", "isostring"));
                DebeziumEngine<?> ofUs = capture(us, "us", producer, Map.of("decimal.handling.mode", "double"))) {
            for (EmbeddedPostgres server : List.of(eu, us)) {
                run(server, TABLE, "INSERT INTO orders SELECT" + ROW + " FROM generate_series(1, " + ROWS + ") AS i");
            }
            threads.execute(ofEu);
            threads.execute(ofUs);
            awaitRecords("eu", ROWS);
            awaitRecords("us", ROWS);
            assertThat(keys("eu")).as("record keys contain ids of schemas").doesNotContainAnyElementsOf(keys("us"));
            TrueupConfig config = attached();
            run(
                    us,
                    "UPDATE orders SET total = total + 0.01 WHERE id = 7",
                    "UPDATE orders SET local = local + interval '1 us', note = NULL WHERE id = 8",
                    "UPDATE orders SET extra = extra || '{\"a\": null}' WHERE id = 9",
                    "DELETE FROM orders WHERE id = 10",
                    "INSERT INTO orders SELECT" + ROW + " FROM generate_series(1000, 1000) AS i");
            awaitRecords("us", ROWS + 6); // a delete is followed by a tombstone
            try (Job job = new Job(config)) {
                job.start();
                Set<String> repaired = new TreeSet<>();
                await().atMost(PATIENCE).until(() -> {
                    repaired.addAll(applyRepairs(config, us));
                    return repaired.size() >= 5;
                });
                await().atMost(PATIENCE).until(() -> checksum(us).equals(checksum(eu)));
                awaitFurtherReports(config);

                assertThat(applyRepairs(config, us))
                        .containsExactlyInAnyOrder("1000 r6", "10 r3", "7 r0", "8 r1", "9 r2");
                assertThat(broker.readAll(config.deadLetterTopic())).isEmpty();
                assertThatWhatCannotBeReadIsADeadLetter(producer, config);
            }
        } finally {
            threads.shutdown();
        }
    }

    private static EmbeddedPostgres server() throws IOException {
        return EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .start();
    }

    /** Each connector has names of its own, so it registers schemas of its own. */
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
        properties.putAll(Map.of("table.include.list", "public.orders", "publication.autocreate.mode", "filtered"));
        AvroConverter<?> keys = converter(true);
        AvroConverter<?> values = converter(false);
        return DebeziumEngine.create(Connect.class)
                .using(properties)
                .notifying((ChangeEvent<SourceRecord, SourceRecord> event) -> {
                    SourceRecord record = event.value();
                    String topic = dataset + "." + replica;
                    var unused = producer.send(new ProducerRecord<>(
                            topic,
                            keys.fromConnectData(topic, record.keySchema(), record.key()),
                            record.value() == null
                                    ? null
                                    : values.fromConnectData(topic, record.valueSchema(), record.value())));
                })
                .build();
    }

    private static AvroConverter<?> converter(boolean ofKeys) {
        AvroConverter<?> converter = new AvroConverter<>();
        converter.configure(
                Map.of(
                        "apicurio.registry.url", registry.url().replace("ccompat/v7", "registry/v2"),
                        "apicurio.registry.as-confluent", "true",
                        "apicurio.registry.use-id", "contentId",
                        "apicurio.registry.auto-register", "true"),
                ofKeys);
        return converter;
    }

    private TrueupConfig attached() throws IOException {
        Path file = directory.resolve("shop.properties");
        Invocation attached = attach(file);
        assertThat(attached.exitCode()).as(attached.out() + attached.err()).isZero();
        assertThat(attached.out()).contains("change events of Debezium in Avro");
        TrueupConfig config = TrueupConfig.load(
                file,
                Map.of(
                        "TRUEUP_MODE", "repair",
                        "TRUEUP_ROUND_INTERVAL", "2s",
                        "TRUEUP_GRACE", "1s",
                        "TRUEUP_AVRO_SCHEMA_MISSING_MS", "2000",
                        "TRUEUP_TOPICS_REPLICATION_FACTOR", "1"));
        assertThat(config.shown())
                .containsEntry("replica.eu.writes.format", "debezium-avro")
                .containsEntry("value.canonical", "json")
                .doesNotContainKey("value.ignore");
        return config;
    }

    private Invocation attach(Path file) throws IOException {
        Path client = Files.writeString(
                directory.resolve("client.properties"), "schema.registry.url=" + registry.url() + "\n");
        return Invocation.of(
                "attach",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--command-config",
                client.toString(),
                "--replica",
                "eu=" + dataset + ".eu",
                "--replica",
                "us=" + dataset + ".us",
                "--dataset",
                dataset,
                "--output",
                file.toString());
    }

    /** What a sink does that knows nothing of Trueup: it reads keys and rows as JSON. */
    private Set<String> applyRepairs(TrueupConfig config, EmbeddedPostgres server) throws Exception {
        Set<String> keys = new TreeSet<>();
        try (Connection connection = server.getPostgresDatabase().getConnection()) {
            for (ConsumerRecord<byte[], byte[]> repair :
                    broker.readAll(config.replica("us").repairsTopic())) {
                JsonNode key = JSON.readTree(repair.key());
                keys.add(key.get("id").asText() + " " + key.get("region").textValue());
                try (PreparedStatement delete =
                        connection.prepareStatement("DELETE FROM orders WHERE id = ? AND region = ?")) {
                    delete.setLong(1, key.get("id").longValue());
                    delete.setString(2, key.get("region").textValue());
                    delete.executeUpdate();
                }
                if (repair.value() != null) {
                    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO orders SELECT"
                            + " (r->>'id')::bigint, r->>'region', ?, (r->>'weight')::float8, (r->>'share')::real,"
                            + " (r->>'paid')::boolean, (r->>'at')::timestamptz, (r->>'local')::timestamptz AT TIME ZONE 'UTC',"
                            + " left(r->>'due', 10)::date, left(r->>'opens', 8)::time, r->>'note',"
                            + " ARRAY(SELECT jsonb_array_elements_text(r->'tags')), (r->>'extra')::jsonb, (r->>'code')::uuid"
                            + " FROM (SELECT ?::jsonb AS r) AS repair")) {
                        byte[] unscaled =
                                JSON.readTree(repair.value()).get("total").binaryValue();
                        insert.setBigDecimal(1, new BigDecimal(new BigInteger(unscaled), 2));
                        insert.setString(2, new String(repair.value(), UTF_8));
                        insert.executeUpdate();
                    }
                }
            }
        }
        return keys;
    }

    private void assertThatWhatCannotBeReadIsADeadLetter(KafkaProducer<byte[], byte[]> producer, TrueupConfig config)
            throws Exception {
        String repairs = config.replica("us").repairsTopic();
        int repaired = broker.readAll(repairs).size();
        ConsumerRecord<byte[], byte[]> event = broker.readAll(dataset + ".us").get(0);
        byte[] cut = Arrays.copyOf(event.value(), event.value().length - 3);
        byte[] unknown = event.value().clone();
        ByteBuffer.wrap(unknown).putInt(1, 999_999);
        for (byte[] value : List.of(cut, unknown)) {
            producer.send(new ProducerRecord<>(event.topic(), event.key(), value))
                    .get();
        }

        await().atMost(PATIENCE)
                .until(() -> broker.readAll(config.deadLetterTopic()).size() >= 2);

        assertThat(broker.readAll(config.deadLetterTopic()))
                .extracting(letter -> new String(
                        letter.headers()
                                .lastHeader(HeaderNames.DEAD_LETTER_REASON)
                                .value(),
                        UTF_8))
                .satisfiesExactly(
                        reason -> assertThat(reason).contains("ends in the middle of a record of us.public.orders"),
                        reason -> assertThat(reason).contains("999999"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(broker.readAll(repairs))
                        .as("what is stored under the key of the record is unknown, so it is sent")
                        .hasSizeGreaterThan(repaired));
        assertThat(new String(broker.readAll(repairs).get(repaired).key(), UTF_8))
                .startsWith("{\"id\":");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Invocation.of("audit", "-c", auditFile(), "--settle", "0s")
                                .out())
                        .contains("2 records of " + dataset + ".us"));
    }

    private String auditFile() {
        return directory.resolve("shop.properties").toString();
    }

    /** The version of a row is a column of it: the newer row wins, whichever side has it, and a delete is newer than its row. */
    @Test
    void shouldRepairOlderRowsOfBothSidesByAColumn() throws Exception {
        broker.createTopics(1, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        Path file = Files.writeString(directory.resolve("shop.properties"), """
                bootstrap.servers = %s
                dataset = %s
                replicas = eu, us
                mode = repair
                state.dir = %s
                hash.secret = 0123456789abcdef
                schema.registry.url = %s
                value.canonical = json
                round.interval = 2s
                grace = 1s
                repair.timeout = 5s
                topics.create = true
                topics.replication.factor = 1
                replica.eu.writes.topic = %2$s.eu
                replica.eu.writes.format = debezium-avro
                replica.eu.writes.version = column:/version
                replica.eu.repairs.format = plain
                replica.us.writes.topic = %2$s.us
                replica.us.writes.format = debezium-avro
                replica.us.writes.version = column:/version
                replica.us.repairs.format = plain
                """.formatted(
                        broker.bootstrapServers(), dataset, directory.resolve("state"), registry.url()));
        try (Rows eu = new Rows("eu", "eu.orders.Key");
                Rows us = new Rows("us", "us.orders.Key")) {
            for (Rows each : List.of(eu, us)) {
                for (long id = 0; id < 10; id++) {
                    each.send("c", id, 1);
                }
            }
            eu.send("u", 3, 2);
            us.send("u", 4, 2);
            eu.send("d", 5, 1);
            us.send("u", 6, 3);
            eu.send("d", 6, 1);
            for (Rows each : List.of(eu, us)) {
                each.send("u", 7, 9);
            }
        }
        TrueupConfig config = TrueupConfig.load(file, Map.of());
        try (Job job = new Job(config)) {
            job.start();
            await().atMost(PATIENCE)
                    .until(() -> repairs(config, "us").size() >= 2
                            && repairs(config, "eu").size() >= 2);
            awaitFurtherReports(config);

            assertThat(repairs(config, "us"))
                    .containsEntry("{\"id\":3}", "{\"id\":3,\"version\":2}")
                    .containsEntry("{\"id\":5}", null)
                    .hasSize(2);
            assertThat(repairs(config, "eu"))
                    .containsExactly(
                            Map.entry("{\"id\":4}", "{\"id\":4,\"version\":2}"),
                            Map.entry("{\"id\":6}", "{\"id\":6,\"version\":3}"));
            assertThat(broker.readAll(config.deadLetterTopic())).isEmpty();
        }
    }

    private Map<String, String> repairs(TrueupConfig config, String target) {
        Map<String, String> repairs = new TreeMap<>();
        broker.readAll(config.replica(target).repairsTopic())
                .forEach(repair -> repairs.put(
                        new String(repair.key(), UTF_8),
                        repair.value() == null ? null : new String(repair.value(), UTF_8)));
        return repairs;
    }

    /** The partition of a row follows from its record key: two connectors must register the same schema of keys. */
    @Test
    void shouldFindTheSameRowsInTheSamePartitionsOnlyIfTheSchemaOfTheirKeysIsTheSame() throws Exception {
        broker.createTopics(3, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        for (String name : List.of("eu", "us")) {
            send(name, "orders.Key");
        }

        assertThat(keys("eu")).hasSize(ROWS).isEqualTo(keys("us"));
        Invocation fit = attach(directory.resolve("fit.properties"));
        assertThat(fit.exitCode()).as(fit.out() + fit.err()).isZero();
        assertThat(fit.out()).contains("300 of 300 values that both samples have are the same bytes");

        send("us", "us.orders.Key");
        Invocation unfit = attach(directory.resolve("unfit.properties"));
        assertThat(unfit.exitCode()).isEqualTo(1);
        assertThat(unfit.out() + unfit.err()).contains("SetSchemaMetadata$Key");
    }

    private void send(String replica, String keyName) throws Exception {
        try (Rows rows = new Rows(replica, keyName)) {
            for (long id = 0; id < ROWS; id++) {
                rows.send("c", id, 1);
            }
        }
    }

    /** Sends events of a table of two columns through the converter. */
    private final class Rows implements AutoCloseable {

        private final String topic;
        private final Schema key;
        private final Schema row;
        private final Schema source = SchemaBuilder.struct()
                .name("Source")
                .field("ts_ms", Schema.INT64_SCHEMA)
                .build();
        private final Schema envelope;
        private final AvroConverter<?> keys = converter(true);
        private final AvroConverter<?> values = converter(false);
        private final KafkaProducer<byte[], byte[]> producer = broker.producer();

        Rows(String replica, String keyName) {
            topic = dataset + "." + replica;
            key = SchemaBuilder.struct()
                    .name(keyName)
                    .field("id", Schema.INT64_SCHEMA)
                    .build();
            row = SchemaBuilder.struct()
                    .name(replica + ".orders.Value")
                    .optional()
                    .field("id", Schema.INT64_SCHEMA)
                    .field("version", Schema.INT64_SCHEMA)
                    .build();
            envelope = SchemaBuilder.struct()
                    .name(replica + ".orders.Envelope")
                    .field("before", row)
                    .field("after", row)
                    .field("source", source)
                    .field("op", Schema.STRING_SCHEMA)
                    .build();
        }

        /** @param version of the row after the change, or of the one that is deleted */
        void send(String op, long id, long version) {
            Struct event = new Struct(envelope)
                    .put(
                            op.equals("d") ? "before" : "after",
                            new Struct(row).put("id", id).put("version", version))
                    .put("source", new Struct(source).put("ts_ms", 1_700_000_000_000L + id))
                    .put("op", op);
            byte[] recordKey = keys.fromConnectData(topic, key, new Struct(key).put("id", id));
            var unused = producer.send(
                    new ProducerRecord<>(topic, recordKey, values.fromConnectData(topic, envelope, event)));
            if (op.equals("d")) {
                var unusedTombstone = producer.send(new ProducerRecord<>(topic, recordKey, null));
            }
        }

        @Override
        public void close() throws IOException {
            producer.close();
            keys.close();
            values.close();
        }
    }

    private Set<ByteBuffer> keys(String replica) {
        Set<ByteBuffer> keys = new HashSet<>();
        broker.readAll(dataset + "." + replica).forEach(record -> keys.add(ByteBuffer.wrap(record.key())));
        return keys;
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

    private void awaitRecords(String replica, int count) {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> broker.readAll(dataset + "." + replica).size() >= count);
    }

    /** Waits for the reports of three more rounds: a further repair would be sent by then. */
    private void awaitFurtherReports(TrueupConfig config) {
        int enough = broker.readAll(config.roundsTopic()).size() + 3 * 2;
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> broker.readAll(config.roundsTopic()).size() >= enough);
    }
}

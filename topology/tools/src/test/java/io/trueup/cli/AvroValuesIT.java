package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.registry.RegistryServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two applications that write the same records by schemas of their own, with a real schema registry. */
class AvroValuesIT {

    private static final int KEYS = 100;
    private static final Duration TIMEOUT = Duration.ofSeconds(90);

    private static final Schema ORDER = SchemaBuilder.record("Order")
            .namespace("shop")
            .fields()
            .requiredInt("id")
            .optionalString("note")
            .requiredFloat("total")
            .endRecord();

    private static final Schema EVENT = SchemaBuilder.record("OrderEvent")
            .fields()
            .requiredDouble("total")
            .name("note")
            .type()
            .unionOf()
            .stringType()
            .and()
            .nullType()
            .endUnion()
            .stringDefault("")
            .requiredLong("id")
            .endRecord();

    private static RegistryServer registry;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("orders");

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
    void shouldFindExactlyTheRecordsThatDiffer() throws Exception {
        broker.createTopics(2, Map.of("cleanup.policy", "compact"), dataset + ".eu", dataset + ".us");
        int order = registry.register(dataset + ".eu-value", ORDER);
        int event = registry.register(dataset + ".us-value", EVENT);
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (int i = 0; i < KEYS; i++) {
                send(producer, ".eu", i, bytes(order, record(ORDER, i, (float) i)));
                send(producer, ".us", i, bytes(event, record(EVENT, (long) i, (double) (i == 7 ? 8 : i))));
            }
        }
        Path client = Files.writeString(
                directory.resolve("client.properties"), "schema.registry.url=" + registry.url() + "\n");
        Path file = directory.resolve("orders.properties");

        Invocation attached = topics("attach", "--command-config", client.toString(), "--output", file.toString());

        assertThat(attached.exitCode()).as(attached.out() + attached.err()).isZero();
        assertThat(attached.out()).contains("are the same bytes, and 99 are the same records");
        assertThat(TrueupConfig.load(file, Map.of()).shown())
                .containsEntry("value.canonical", "avro")
                .containsEntry("schema.registry.url", registry.url())
                .containsEntry("replica.eu.writes.format", "plain");
        Invocation audit = Invocation.of("audit", "--config", file.toString(), "--settle", "0s", "--values");
        assertThat(audit.out())
                .startsWith("DIVERGENT: 1 key differs")
                .contains("order-7")
                .containsPattern("total +7 +8\n")
                .doesNotContain("  id  ");
        assertThat(topics(
                                "audit",
                                "--command-config",
                                client.toString(),
                                "--format",
                                "plain",
                                "--compare",
                                "value",
                                "--resolution",
                                "primary:eu",
                                "--canonical",
                                "avro",
                                "--ignore",
                                "/total",
                                "--settle",
                                "0s")
                        .out())
                .startsWith("EQUAL");
        assertThatTheJobRepairsOnlyWhatDiffers(file);
    }

    private void assertThatTheJobRepairsOnlyWhatDiffers(Path file) throws IOException {
        Files.writeString(
                file,
                Files.readString(file)
                                .replace("mode = observe", "mode = repair")
                                .replace("round.interval = 60s", "round.interval = 1s")
                                .replace("grace = 30s", "grace = 500ms")
                        + "repair.timeout = 5s\ntopics.partitions = 2\ntopics.replication.factor = 1\n");
        try (Job job = new Job(TrueupConfig.load(file, Map.of()))) {
            job.start();
            String repairs = TrueupConfig.load(file, Map.of()).replica("us").repairsTopic();
            await().atMost(TIMEOUT).until(() -> !keys(repairs).isEmpty());
            assertThat(keys(repairs)).containsExactly("order-7");
            assertThat(broker.readAll(dataset + ".dead-letters")).isEmpty();
        }
    }

    private Invocation topics(String command, String... options) {
        String[] all = new String[options.length + 7];
        all[0] = command;
        all[1] = "--bootstrap-server";
        all[2] = broker.bootstrapServers();
        all[3] = "--replica";
        all[4] = "eu=" + dataset + ".eu";
        all[5] = "--replica";
        all[6] = "us=" + dataset + ".us";
        System.arraycopy(options, 0, all, 7, options.length);
        return Invocation.of(all);
    }

    private static GenericRecord record(Schema schema, Object id, Object total) {
        return new GenericRecordBuilder(schema)
                .set("id", id)
                .set("note", "as written")
                .set("total", total)
                .build();
    }

    private static byte[] bytes(int id, GenericRecord record) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5).putInt(1, id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        return out.toByteArray();
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, int key, byte[] value) {
        var unused = producer.send(new ProducerRecord<>(dataset + topic, ("order-" + key).getBytes(UTF_8), value));
    }

    private Set<String> keys(String topic) {
        return broker.readAll(topic).stream()
                .map(record -> new String(record.key(), UTF_8))
                .collect(Collectors.toSet());
    }
}

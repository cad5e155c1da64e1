package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.registry.RegistryServer;
import io.trueup.replica.Intake;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.table.Datastore;
import io.trueup.schema.HeaderNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job, two reference datastores and the commands, with a real schema registry. */
class SchemaRegistryIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final byte SINGLE_OBJECT = (byte) 0xC3;
    private static final byte REGISTRY = 0;

    private static RegistryServer registry;

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("places");
    private final String feed = dataset + ".feed";
    private final List<AutoCloseable> running = new ArrayList<>();
    private final KafkaProducer<byte[], byte[]> producer = broker.promptProducer();

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

    @BeforeEach
    void createTopics() {
        broker.createTopics(2, feed, writes("eu"), writes("us"), repairs("eu"), repairs("us"));
        broker.createTopics(1, deadLetters("eu"), deadLetters("us"));
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = running.size() - 1; i >= 0; i--) {
            running.get(i).close();
        }
        producer.close();
    }

    @Test
    void shouldMoveARunningDatasetToARegistry() throws Exception {
        Job before = job(Map.of());
        Replica eu = replica("eu", Map.of());
        Replica us = replica("us", Map.of());
        feed("lost-by-us-1", "kept-1");
        awaitHeld("us", "lost-by-us-1");

        before.close();
        eu.close();
        Map<String, String> moved = Map.of("schema.registry.url", registry.url());
        replica("eu", moved);
        Map<String, String> settings = new HashMap<>(moved);
        settings.put("replica.us.repairs.encoding", "single-object");
        Path file = write(settings);
        job(settings);
        feed("lost-by-us-2", "lost-by-eu-2");
        awaitHeld("us", "lost-by-us-2");
        awaitHeld("eu", "lost-by-eu-2");

        us.close();
        replica("us", moved);
        feed("lost-by-us-3", "kept-3");
        awaitHeld("us", "lost-by-us-3");

        for (String topic : List.of(writes("eu"), writes("us"), dataset + ".control", dataset + ".rounds")) {
            assertThat(encodings(topic)).as(topic).containsExactlyInAnyOrder(SINGLE_OBJECT, REGISTRY);
        }
        assertThat(encodings(repairs("eu"))).containsExactly(REGISTRY);
        assertThat(encodings(repairs("us"))).as("its datastore was moved last").containsExactly(SINGLE_OBJECT);
        assertThat(allDeadLetters()).isEmpty();
        assertThatTheCommandsReadBoth(file);
    }

    private void assertThatTheCommandsReadBoth(Path file) {
        Invocation audit = Invocation.of("audit", "-c", file.toString());
        assertThat(audit.exitCode()).as(audit.out() + audit.err()).isZero();
        assertThat(audit.out()).contains("EQUAL");
        Invocation history = Invocation.of("history", "-c", file.toString());
        assertThat(history.exitCode()).isZero();
        assertThat(history.err()).isEmpty();
        Invocation repairs = Invocation.of("repairs", "-c", file.toString(), "--count");
        assertThat(repairs.exitCode()).isZero();
        assertThat(repairs.err()).isEmpty();
        Invocation probe = Invocation.of("probe", "kept-1", "--wait", "30s", "-c", file.toString());
        assertThat(probe.exitCode()).as(probe.out() + probe.err()).isZero();
    }

    @Test
    void shouldLoseNothingWhileTheRegistryIsStopped() throws Exception {
        Map<String, String> settings = Map.of("schema.registry.url", registry.url(), "avro.schema.missing.ms", "2000");
        Path file = write(settings);
        registry.stop();
        CompletableFuture<Job> starting = CompletableFuture.supplyAsync(() -> job(settings));
        registry.restart();
        starting.get();
        replica("eu", settings);
        Map<String, String> readsRegistry = new HashMap<>(settings);
        readsRegistry.put("avro.encoding", "single-object");
        Replica us = replica("us", readsRegistry);
        feed("lost-by-us-1");
        awaitHeld("us", "lost-by-us-1");
        GenericRecord later = laterVersion();
        int laterId = registry.register("of-another-writer", later.getSchema());
        Schema unreadable = unreadableVersion();
        int unreadableId = registry.register("of-a-wrong-writer", unreadable);

        registry.stop();
        us.close();
        replica("us", readsRegistry);
        feed("lost-by-us-2", "kept-2");
        awaitHeld("us", "kept-2");
        await().atMost(TIMEOUT).until(() -> keys(repairs("us")).contains("lost-by-us-2"));
        send(writes("eu"), "written-by-another", bytes(laterId, later));
        assertThatTheOtherPartitionGoesOn();
        feed("lost-by-us-3", "kept-3");
        awaitHeld("us", "kept-3");
        await().during(Duration.ofSeconds(2))
                .until(() -> allDeadLetters().isEmpty()
                        && held("us").keySet().stream()
                                .noneMatch(Set.of("lost-by-us-2", "written-by-another")::contains));
        assertThatCommandsSayWhatIsMissing(file);

        registry.restart();
        awaitHeld("us", "lost-by-us-2");
        awaitHeld("us", "written-by-another");
        awaitHeld("us", "lost-by-us-3");
        assertThat(allDeadLetters()).isEmpty();

        for (byte id = 61; id <= 63; id++) {
            send(writes("eu"), "unknown", new byte[] {0, 0, 15, 66, id, 2, 2});
        }
        send(writes("eu"), "unreadable", bytes(unreadableId, new GenericData.Record(unreadable)));
        feed("lost-by-us-4");
        awaitHeld("us", "lost-by-us-4");
        assertThat(reasons())
                .hasSize(4)
                .anySatisfy(reason -> assertThat(reason).contains("schema id 999997", "has no such schema"))
                .anySatisfy(reason -> assertThat(reason).contains("schema id 999999", "has no such schema"))
                .anySatisfy(reason -> assertThat(reason)
                        .contains("schema id " + unreadableId, "WriteEvent", "this release cannot read", "version"));
    }

    /** Its first control message is forged, and has an id that nobody knows: nothing waits for it. */
    private void assertThatTheOtherPartitionGoesOn() throws Exception {
        send(dataset + ".control", 1, "forged", new byte[] {0, 0, 15, 66, 60, 2, 2});
        send(feed, 1, "lost-by-us-in-1", "value".getBytes(UTF_8));
        await().atMost(TIMEOUT).until(() -> keys(repairs("us")).contains("lost-by-us-in-1"));
        assertThat(keys(repairs("us"))).doesNotContain("written-by-another");
    }

    private static void assertThatCommandsSayWhatIsMissing(Path file) {
        Invocation audit = Invocation.of("audit", "-c", file.toString(), "--patience", "1s");
        assertThat(audit.exitCode()).as(audit.out()).isEqualTo(2);
        assertThat(audit.out()).contains("schema registry at " + registry.url(), "does not say what schema id");
        Invocation history = Invocation.of("history", "-c", file.toString(), "--patience", "1s");
        assertThat(history.exitCode()).as(history.out()).isEqualTo(2);
        assertThat(history.err()).contains("The history is not whole", registry.url());
    }

    /** As a later release, or another producer, might write them: another order, other types, and a field more. */
    private static GenericRecord laterVersion() {
        Schema schema = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"source\",\"type\":\"string\"},{\"name\":\"value\",\"type\":\"bytes\"},"
                        + "{\"name\":\"position\",\"type\":\"long\"},{\"name\":\"version\",\"type\":\"long\"}]}");
        GenericRecord record = new GenericData.Record(schema);
        record.put("source", "another producer");
        record.put("value", ByteBuffer.wrap("value".getBytes(UTF_8)));
        record.put("position", System.currentTimeMillis());
        record.put("version", 1_000L);
        return record;
    }

    private static Schema unreadableVersion() {
        return new Schema.Parser()
                .parse(
                        "{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":[]}");
    }

    private static byte[] bytes(int id, GenericRecord record) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5).put(REGISTRY).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        return out.toByteArray();
    }

    private Job job(Map<String, String> more) {
        Job job = new Job(TrueupConfig.of(jobSettings(more)));
        running.add(job);
        job.start();
        return job;
    }

    private Map<String, String> jobSettings(Map<String, String> more) {
        Map<String, String> settings = new TreeMap<>(more);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", dataset);
        settings.put("replicas", "eu,us");
        settings.put("hash.secret", "0123456789abcdef0123456789abcdef");
        settings.put("state.dir", directory.resolve("state").toString());
        settings.put("topics.create", "true");
        settings.put("topics.partitions", "2");
        settings.put("topics.replication.factor", "1");
        settings.put("round.interval", "1s");
        settings.put("grace", "500ms");
        settings.put("repair.timeout", "5s");
        settings.put("tree.segments", "256");
        return settings;
    }

    private Path write(Map<String, String> more) throws IOException {
        return Files.write(
                directory.resolve("trueup.properties"),
                jobSettings(more).entrySet().stream()
                        .map(setting -> setting.getKey() + "=" + setting.getValue())
                        .toList());
    }

    /** Starts a replica that drops the writes of keys that it is to lose. */
    private Replica replica(String name, Map<String, String> more) {
        Map<String, String> settings = new TreeMap<>(more);
        settings.put("name", name);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("group.id", dataset + "-" + name);
        settings.put("feed.topic", feed);
        settings.put("writes.topic", writes(name));
        settings.put("repairs.topic", repairs(name));
        settings.put("dead.letter.topic", deadLetters(name));
        settings.put("jdbc.url", database(name));
        settings.put("progress.interval", "200ms");
        Replica replica = new Replica(
                ReplicaConfig.of(settings),
                record -> new String(record.key(), UTF_8).startsWith("lost-by-" + name)
                        ? Intake.Decision.DROP
                        : Intake.Decision.APPLY);
        running.add(replica);
        replica.start();
        return replica;
    }

    private void feed(String... keys) throws Exception {
        for (String key : keys) {
            send(feed, key, "value".getBytes(UTF_8));
        }
    }

    private void send(String topic, String key, byte[] value) throws Exception {
        send(topic, 0, key, value);
    }

    private void send(String topic, int partition, String key, byte[] value) throws Exception {
        producer.send(new ProducerRecord<>(topic, partition, key.getBytes(UTF_8), value))
                .get();
    }

    private void awaitHeld(String replica, String key) {
        await(key + " in " + replica).atMost(TIMEOUT).until(() -> held(replica).containsKey(key));
    }

    private Map<String, String> held(String replica) {
        Map<String, String> held = new HashMap<>();
        try (Datastore datastore = Datastore.open(database(replica))) {
            datastore.forEach(
                    System.currentTimeMillis(),
                    entry -> held.put(new String(entry.key(), UTF_8), new String(entry.value(), UTF_8)));
        }
        return held;
    }

    private Set<Byte> encodings(String topic) {
        return broker.readAll(topic).stream().map(record -> record.value()[0]).collect(Collectors.toSet());
    }

    private Set<String> keys(String topic) {
        return broker.readAll(topic).stream()
                .map(record -> new String(record.key(), UTF_8))
                .collect(Collectors.toSet());
    }

    private List<ConsumerRecord<byte[], byte[]>> allDeadLetters() {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>(broker.readAll(dataset + ".dead-letters"));
        all.addAll(broker.readAll(deadLetters("eu")));
        all.addAll(broker.readAll(deadLetters("us")));
        return all;
    }

    private List<String> reasons() {
        return allDeadLetters().stream()
                .map(record -> new String(
                        record.headers()
                                .lastHeader(HeaderNames.DEAD_LETTER_REASON)
                                .value(),
                        UTF_8))
                .toList();
    }

    private String writes(String replica) {
        return dataset + ".writes." + replica;
    }

    private String repairs(String replica) {
        return dataset + ".repairs." + replica;
    }

    private String deadLetters(String replica) {
        return dataset + "." + replica + ".dead-letters";
    }

    private String database(String replica) {
        return "jdbc:sqlite:" + directory.resolve(replica + ".db");
    }
}

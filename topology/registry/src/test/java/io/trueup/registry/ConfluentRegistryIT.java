package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.avro.WireFormat;
import io.trueup.confluent.ConfluentClient;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Confluent's client and a real registry. */
class ConfluentRegistryIT {

    private static final String TOPIC = "shop.writes.eu";

    private static RegistryServer server;

    private final List<RecordCodecs> opened = new ArrayList<>();

    @BeforeAll
    static void startServer() {
        server = RegistryServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @AfterEach
    void closeCodecs() {
        opened.forEach(RecordCodecs::close);
    }

    @Test
    void shouldReadInAnotherProcessWhatItWrites() throws Exception {
        byte[] bytes = codec().encode(TOPIC, write());

        assertThat(WireFormat.isMarked(bytes)).isTrue();
        assertThat(codec().decode(TOPIC, bytes)).isEqualTo(write());
        assertThat(server.subjects()).contains("\"io.trueup.schema.WriteEvent\"");
    }

    /** The witness registers and reads with Confluent's client and generic Avro alone. */
    @Test
    void shouldUnderstandConfluentsClientInBothDirections() throws Exception {
        try (ConfluentClient witness = new ConfluentClient(List.of(server.url()), Map.of())) {
            byte[] ours = codec().encode(TOPIC, write());
            Schema written = new SchemaParser()
                    .parse(witness.schema(WireFormat.id(ours)).text())
                    .mainSchema();
            GenericRecord read = new GenericDatumReader<GenericRecord>(written)
                    .read(null, DecoderFactory.get().binaryDecoder(ours, 5, ours.length - 5, null));
            assertThat(read.get("version")).isEqualTo(5L);
            assertThat(read.get("value")).isEqualTo(ByteBuffer.wrap("value".getBytes(StandardCharsets.UTF_8)));

            Schema foreign = new Schema.Parser()
                    .parse(
                            "{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                                    + "{\"name\":\"position\",\"type\":\"long\"},{\"name\":\"version\",\"type\":\"long\"},"
                                    + "{\"name\":\"value\",\"type\":\"bytes\"}]}");
            GenericRecord record = new GenericData.Record(foreign);
            record.put("position", 4L);
            record.put("version", 3L);
            record.put("value", ByteBuffer.wrap(new byte[] {1}));
            byte[] theirs = encoded(witness.register("another-subject", foreign.toString(), false), record);
            WriteEvent event = codec().decode(TOPIC, theirs);
            assertThat(event.getPosition()).isEqualTo(4);
            assertThat(event.getVersion()).isEqualTo(3);
            assertThat(event.getValue()).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        }
    }

    @Test
    void shouldReadASchemaThatRefersToAnother() throws Exception {
        server.register(
                "a-hash",
                new Schema.Parser().parse("{\"type\":\"fixed\",\"name\":\"H\",\"namespace\":\"x\",\"size\":2}"));
        int id = server.registerReferring(
                "referring",
                "{\"type\":\"record\",\"name\":\"ProgressEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"hash\",\"type\":\"x.H\"},{\"name\":\"position\",\"type\":\"long\"}]}",
                "x.H",
                "a-hash");
        byte[] bytes = ByteBuffer.allocate(8)
                .put((byte) 0)
                .putInt(id)
                .put((byte) 1)
                .put((byte) 2)
                .put((byte) 14)
                .array();

        assertThat(codecs().of(ProgressEvent.class).decode(TOPIC, bytes)).isEqualTo(new ProgressEvent(7L));
    }

    @Test
    void shouldRefuseAnUnknownId() {
        byte[] bytes = {0, 0, 1, 0, 0, 9};
        RecordCodec<WriteEvent> codec = codecs("avro.schema.missing.ms", "1000").of(WriteEvent.class);

        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        await().until(() -> codec.isReady(TOPIC, bytes));
        assertThatThrownBy(() -> codec.decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll("schema id 65536", server.url(), "no such schema");
    }

    @Test
    void shouldSayWhyASchemaCannotBeRegistered() {
        server.register(TOPIC + "-value", Schema.createRecord("Order", null, "com.example", false, List.of()));
        server.requireCompatibility(TOPIC + "-value");
        RecordCodec<WriteEvent> codec =
                codecs("value.subject.name.strategy", "TopicNameStrategy").of(WriteEvent.class);

        assertThatThrownBy(() -> codec.prepare(TOPIC))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll(
                        "WriteEvent", TOPIC + "-value", "not compatible", "value.subject.name.strategy");
    }

    @Test
    void shouldRegisterNothingUnlessItMay() throws Exception {
        RecordCodecs codecs =
                codecs("auto.register.schemas", "false", "value.subject.name.strategy", "TopicRecordNameStrategy");
        String subject = "manual-io.trueup.schema.WriteEvent";

        assertThatThrownBy(() -> codecs.of(WriteEvent.class).prepare("manual"))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll("WriteEvent.avsc", subject, "auto.register.schemas=true");
        assertThat(server.subjects()).doesNotContain(subject);

        int id = server.register(subject, published("WriteEvent"));

        assertThat(WireFormat.id(codecs.of(WriteEvent.class).encode("manual", write())))
                .isEqualTo(id);
    }

    @Test
    void shouldTakeTheLatestVersionIfItDescribesTheSameBytes() throws Exception {
        RecordCodecs codecs =
                codecs("use.latest.version", "true", "value.subject.name.strategy", "TopicRecordNameStrategy");
        String subject = "latest-io.trueup.schema.ProgressEvent";
        server.register(subject, ProgressEvent.getClassSchema());
        Schema other = new Schema.Parser()
                .parse(
                        "{\"type\":\"record\",\"name\":\"ProgressEvent\",\"namespace\":\"io.trueup.schema\",\"doc\":\"Ours\","
                                + "\"fields\":[{\"name\":\"position\",\"type\":\"long\"}]}");
        int id = server.register(subject, other);

        assertThat(WireFormat.id(codecs.of(ProgressEvent.class).encode("latest", new ProgressEvent(1L))))
                .isEqualTo(id);

        server.register(
                subject,
                new Schema.Parser()
                        .parse("{\"type\":\"record\",\"name\":\"ProgressEvent\",\"namespace\":\"io.trueup.schema\","
                                + "\"fields\":[{\"name\":\"position\",\"type\":\"string\"}]}"));

        assertThatThrownBy(() -> codecs(
                                "use.latest.version", "true", "value.subject.name.strategy", "TopicRecordNameStrategy")
                        .of(ProgressEvent.class)
                        .prepare("latest"))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll(subject, "use.latest.version=false");
    }

    @Test
    void shouldUseAnotherAddressWhereOneDoesNotAnswer() {
        RecordCodecs codecs = codecs("schema.registry.url", "http://127.0.0.1:1," + server.url());

        assertThatCode(() -> codecs.of(WriteEvent.class).prepare(TOPIC)).doesNotThrowAnyException();
    }

    @Test
    void shouldSendCredentialsOverTls(@TempDir Path directory) {
        try (GuardedRegistry guarded = GuardedRegistry.start(server.url(), directory)) {
            Map<String, String> tls = tls(guarded);

            guarded.expect("Basic " + GuardedRegistry.base64("eu:s3cret"));
            assertThatCode(() -> codecs(tls, "basic.auth.user.info", "eu:s3cret")
                            .of(WriteEvent.class)
                            .prepare(TOPIC))
                    .doesNotThrowAnyException();
            assertThatThrownBy(() -> codecs(tls, "basic.auth.user.info", "eu:wr0ng")
                            .of(WriteEvent.class)
                            .prepare(TOPIC))
                    .isInstanceOf(SchemaRefusedException.class)
                    .hasMessageContainingAll("401", "basic.auth.user.info")
                    .hasMessageNotContaining("wr0ng");

            guarded.expect("Bearer t0ken");
            assertThatCode(() -> codecs(tls, "bearer.auth.token", "t0ken")
                            .of(WriteEvent.class)
                            .prepare(TOPIC))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void shouldRefuseACertificateOfAnotherName(@TempDir Path directory) {
        try (GuardedRegistry guarded = GuardedRegistry.start(server.url(), directory, "dns:registry.example")) {
            guarded.expect("Basic " + GuardedRegistry.base64("eu:s3cret"));
            Map<String, String> settings = new HashMap<>(tls(guarded));
            settings.put("basic.auth.user.info", "eu:s3cret");

            assertThatThrownBy(() -> prepare(settings))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageContainingAll("127.0.0.1", "subject alternative names");

            settings.put("schema.registry.ssl.endpoint.identification.algorithm", "");
            assertThatCode(() -> prepare(settings))
                    .as("who asks for it can have it")
                    .doesNotThrowAnyException();
        }
    }

    private static void prepare(Map<String, String> settings) {
        try (RecordCodecs codecs = ConfiguredCodecs.open(RegistrySettings.of(settings), Duration.ofSeconds(2))) {
            codecs.of(WriteEvent.class).prepare(TOPIC);
        }
    }

    private static Map<String, String> tls(GuardedRegistry guarded) {
        return Map.of(
                "schema.registry.url", guarded.url(),
                "schema.registry.ssl.truststore.location", guarded.trustStore().toString(),
                "schema.registry.ssl.truststore.password", guarded.password(),
                "schema.registry.ssl.truststore.type", "PKCS12");
    }

    @Test
    void shouldWaitForARegistryThatIsStopped() throws Exception {
        byte[] bytes = codec().encode(TOPIC, write());
        RecordCodec<WriteEvent> running = codec();
        running.prepare(TOPIC);
        running.decode(TOPIC, bytes);
        server.stop();
        try {
            RecordCodec<WriteEvent> started = codec();
            assertThat(started.isReady(TOPIC, bytes)).isFalse();
            await().during(Duration.ofMillis(500)).until(() -> !started.isReady(TOPIC, bytes));
            assertThat(running.decode(TOPIC, running.encode(TOPIC, write())))
                    .as("what is known needs no registry")
                    .isEqualTo(write());

            server.restart();

            await().atMost(Duration.ofSeconds(30)).until(() -> started.isReady(TOPIC, bytes));
            assertThat(started.decode(TOPIC, bytes)).isEqualTo(write());
        } finally {
            server.restart();
        }
    }

    @Test
    void shouldNotTakeAnotherServerForTheRegistry() {
        RecordCodecs codecs = codecs("schema.registry.url", server.url() + "/wrong");

        assertThatThrownBy(() -> codecs.of(WriteEvent.class).prepare(TOPIC))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll("404", "schema.registry.url");
        RecordCodec<WriteEvent> codec = codecs.of(WriteEvent.class);
        byte[] bytes = {0, 0, 0, 0, 1, 2};
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        await().during(Duration.ofSeconds(2)).until(() -> !codec.isReady(TOPIC, bytes));
    }

    private RecordCodec<WriteEvent> codec() {
        return codecs().of(WriteEvent.class);
    }

    private RecordCodecs codecs(String... keysAndValues) {
        return codecs(Map.of(), keysAndValues);
    }

    private RecordCodecs codecs(Map<String, String> more, String... keysAndValues) {
        Map<String, String> settings = new HashMap<>();
        settings.put("schema.registry.url", server.url());
        settings.putAll(more);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        RecordCodecs codecs = ConfiguredCodecs.open(RegistrySettings.of(settings));
        opened.add(codecs);
        return codecs;
    }

    private static Schema published(String name) throws IOException {
        return new Schema.Parser().parse(WriteEvent.class.getResourceAsStream("history/" + name + "/1.avsc"));
    }

    private static byte[] encoded(int id, GenericRecord record) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        return out.toByteArray();
    }

    private static WriteEvent write() {
        return WriteEvent.newBuilder()
                .setVersion(5)
                .setPosition(1_700_000_000_000L)
                .setValue(ByteBuffer.wrap("value".getBytes(StandardCharsets.UTF_8)))
                .build();
    }
}

package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ReadObservation;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.WriteEvent;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLHandshakeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A serializer and a deserializer of a user's. */
class SerdeFormatTest {

    private static final String TOPIC = "shop.writes.eu";

    private RecordCodecs codecs;
    private RecordCodec<WriteEvent> codec;
    private int records;

    @BeforeEach
    void open() {
        Registry.ANSWER.set(null);
        Registry.BLOCKED.set(null);
        Registry.ASKED.set(0);
        Registry.ASKED_BLOCKED.set(0);
        codecs = ConfiguredCodecs.open(settings(Map.of()), Duration.ZERO);
        codec = codecs.of(WriteEvent.class);
    }

    @AfterEach
    void close() {
        codecs.close();
    }

    private static RegistrySettings settings(Map<String, String> more) {
        Map<String, String> settings = new java.util.HashMap<>(Map.of(
                "avro.serializer", OwnSerializer.class.getName(),
                "avro.deserializer", OwnDeserializer.class.getName(),
                "avro.serde.own.marker", "77"));
        settings.putAll(more);
        return RegistrySettings.of(settings);
    }

    @Test
    void shouldWriteAndReadByTheClassesOfTheUser() throws Exception {
        byte[] bytes = codec.encode(TOPIC, write());

        assertThat(bytes[0])
                .as("the marker of the setting avro.serde.own.marker")
                .isEqualTo((byte) 77);
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());
    }

    @Test
    void shouldReadSingleObjectEncodingToo() throws Exception {
        byte[] bytes = RecordCodecs.embedded().of(WriteEvent.class).encode(TOPIC, write());

        assertThat(codec.isReady(TOPIC, bytes)).isTrue();
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());
    }

    @Test
    void shouldReadAnotherVersionAndRefuseOneThatItCannotRead() throws Exception {
        Schema other = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"position\",\"type\":\"long\"},{\"name\":\"version\",\"type\":\"int\"}]}");
        GenericData.Record record = new GenericData.Record(other);
        record.put("position", 4L);
        record.put("version", 3);
        assertThat(codec.decode(TOPIC, OwnSerializer.bytes(77, record)).getVersion())
                .isEqualTo(3);

        Schema unreadable = new Schema.Parser()
                .parse(
                        "{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":[]}");
        assertMalformed(OwnSerializer.bytes(77, new GenericData.Record(unreadable)), "cannot read", "version");
        assertMalformed(OwnSerializer.bytes(77, new ProgressEvent(1L)), "io.trueup.schema.ProgressEvent", "WriteEvent");
    }

    @Test
    void shouldTryEverySchemaBeforeItIsUsed() {
        List.of(
                        WriteEvent.class,
                        ProgressEvent.class,
                        ScanEvent.class,
                        ScanMarker.class,
                        RepairEvent.class,
                        RoundReport.class,
                        ConflictEvent.class,
                        ReadObservation.class,
                        ControlMessage.class)
                .forEach(type -> codecs.of(type).prepare(TOPIC));
    }

    @Test
    void shouldTakeForMalformedOnlyWhatIsCertainlySo() {
        assertThatItIsMalformed(new SerializationException("Unknown magic byte!"));
        assertThatItIsMalformed(new SerializationException("Error deserializing", ofAvro("\"long\"")));
        assertThatItIsMalformed(
                new SerializationException("Error deserializing", thrownIn("org.apache.avro.io.parsing.Symbol")));
        assertThatItIsMalformed(new SerializationException(
                "Error deserializing", thrownIn("own.shaded.org.apache.avro.io.parsing.Symbol")));
        assertThatItWaits(new SerializationException("Error", thrownIn("own.http.Client")));
        assertThatItIsMalformed(
                new SerializationException("Error deserializing", new org.apache.avro.AvroTypeException("Found int")));
        assertThatItIsMalformed(
                new SerializationException("Error retrieving schema", new RestClientException("not found", 40403)));

        assertThatItWaits(new SerializationException("Error retrieving schema", new ConnectException("refused")));
        assertThatItWaits(new SerializationException("Error", new RestClientException("Unauthorized", 401)));
        assertThatItWaits(new SerializationException("Error", new RestClientException("unavailable", 50003)));
        assertThatItWaits(new SerializationException(
                "Error retrieving schema",
                new SSLHandshakeException("closed").initCause(new EOFException("SSL peer"))));
        assertThatItWaits(
                new SerializationException("Error retrieving schema", new IOException("HTTP/1.1", new EOFException())));
        assertThatItWaits(new SerializationException("Error retrieving schema", new EOFException("a short answer")));
        assertThatItWaits(new SerializationException("Error", new IndexOutOfBoundsException("a bug of the client")));
        assertThatItWaits(new SerializationException("Error", new IOException("no JSON", ofAvro("\"long\""))));
        assertThatItWaits(new TimeoutException("no answer"));
        assertThatItWaits(new UncheckedIOException(new IOException("reset")));
        assertThatItWaits(new IllegalStateException("whatever this is"));
    }

    /** What Avro throws where it reads these bytes. */
    private static Exception ofAvro(String schema) {
        Exception[] thrown = new Exception[1];
        assertThatThrownBy(() -> new GenericDatumReader<>(new Schema.Parser().parse(schema))
                        .read(null, DecoderFactory.get().binaryDecoder(new byte[0], null)))
                .isInstanceOf(EOFException.class)
                .satisfies(failure -> thrown[0] = (Exception) failure);
        return thrown[0];
    }

    /** A class of Java that has checked an index for another class. */
    private static Exception thrownIn(String type) {
        Exception thrown = new IndexOutOfBoundsException(7);
        thrown.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("java.util.Objects", "checkIndex", null, 1),
            new StackTraceElement(type, "get", null, 1)
        });
        return thrown;
    }

    @Test
    void shouldLearnFromTheUserWhatIsMalformed() {
        codecs = ConfiguredCodecs.open(
                settings(Map.of(
                        "avro.deserializer.malformed",
                        "java.lang.IllegalStateException,java.lang.ArithmeticException")),
                Duration.ZERO);
        codec = codecs.of(WriteEvent.class);

        assertThatItIsMalformed(new IllegalStateException("whatever this is"));
        assertThatItIsMalformed(new RuntimeException(new ArithmeticException()));
        assertThatItWaits(new IllegalArgumentException("something else"));
    }

    @Test
    void shouldGoOnAfterAnOutage() throws Exception {
        byte[] bytes = codec.encode(TOPIC, write());
        Registry.ANSWER.set(new TimeoutException("no answer"));
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        await().until(() -> Registry.ASKED.get() > 0);
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();

        Registry.ANSWER.set(null);

        await().until(() -> codec.isReady(TOPIC, bytes));
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());
    }

    /** What a deserializer has cached may expire between these two calls. */
    @Test
    void shouldNeedNoRegistryForWhatIsReady() throws Exception {
        byte[] bytes = codec.encode(TOPIC, write());
        await().until(() -> codec.isReady(TOPIC, bytes));
        int asked = Registry.ASKED.get();
        Registry.ANSWER.set(new TimeoutException("no answer"));

        assertThat(codec.decode(TOPIC, bytes.clone())).isEqualTo(write());
        assertThat(Registry.ASKED.get()).isEqualTo(asked);
    }

    @Test
    void shouldLetOtherRecordsGoOnWhileOneFails() throws Exception {
        byte[] failing = {77, 99};
        byte[] good = codec.encode(TOPIC, write());
        Registry.BLOCKED.set(failing);
        for (int i = 0; i < 3; i++) {
            assertThat(codec.isReady(TOPIC, failing)).isFalse();
            WriteEvent next = write();
            next.setVersion(10L + i);
            byte[] other = codec.encode(TOPIC, next);
            await().until(() -> codec.isReady(TOPIC, other));
            assertThat(codec.decode(TOPIC, other).getVersion()).isEqualTo(10L + i);
        }
        await().until(() -> codec.isReady(TOPIC, good));
        assertThat(codec.isReady(TOPIC, failing)).isFalse();

        Registry.BLOCKED.set(null);

        await().until(() -> codec.isReady(TOPIC, failing));
    }

    /** In the wire format they begin alike: a record that fails says nothing about the others. */
    @Test
    void shouldLetRecordsOfTheSameSchemaGoOnWhileOneFails() throws Exception {
        codecs = ConfiguredCodecs.open(settings(Map.of("avro.serde.own.marker", "0")), Duration.ZERO);
        codec = codecs.of(WriteEvent.class);
        byte[] good = codec.encode(TOPIC, write());
        byte[] failing = Arrays.copyOf(good, good.length + 1);
        Registry.BLOCKED.set(failing);
        assertThat(codec.isReady(TOPIC, failing)).isFalse();
        await().until(() -> Registry.ASKED_BLOCKED.get() > 0);

        await().until(() -> codec.isReady(TOPIC, good));
        assertThat(codec.isReady(TOPIC, failing)).isFalse();
    }

    @Test
    void shouldNotWaitForADeserializerThatWaits() throws Exception {
        byte[] bytes = codec.encode(TOPIC, write());
        CountDownLatch answer = new CountDownLatch(1);
        Registry.WAITS.set(answer);
        try {
            assertThat(codec.isReady(TOPIC, bytes)).isFalse();
            await().until(() -> Registry.ASKED.get() > 0);
            assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        } finally {
            Registry.WAITS.set(new CountDownLatch(0));
            answer.countDown();
        }
        await().until(() -> codec.isReady(TOPIC, bytes));
    }

    /** One of the registry's servers may not have read the newest schemas yet. */
    @Test
    void shouldDoubtThatThereIsNoSuchSchema() throws Exception {
        codecs = ConfiguredCodecs.open(settings(Map.of("avro.schema.missing.ms", "1500")), Duration.ofSeconds(20));
        codec = codecs.of(WriteEvent.class);
        byte[] bytes = codec.encode(TOPIC, write());
        Registry.ANSWER.set(new SerializationException("Error", new RestClientException("not found", 40403)));
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        await().until(() -> Registry.ASKED.get() > 0);
        Registry.ANSWER.set(null);
        await().until(() -> codec.isReady(TOPIC, bytes));
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());

        Registry.ANSWER.set(new SerializationException("Error", new RestClientException("not found", 40403)));
        byte[] unknown = {77, 55};
        assertThat(codec.isReady(TOPIC, unknown)).isFalse();
        await().until(() -> codec.isReady(TOPIC, unknown));
        assertMalformed(unknown, "not found");
    }

    @Test
    void shouldTryAgainToWriteUnlessItIsRefused() {
        codecs = ConfiguredCodecs.open(settings(Map.of()), Duration.ofSeconds(20));
        codec = codecs.of(WriteEvent.class);
        Registry.WRITING.add(new SerializationException("Error", new ConnectException("refused")));
        assertThat(codec.encode(TOPIC, write())).startsWith((byte) 77);

        Registry.WRITING.add(new SerializationException("Error", new RestClientException("Incompatible", 409)));
        assertThatThrownBy(() -> codecs.of(WriteEvent.class).prepare(TOPIC))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll("avro.serializer", "WriteEvent", "Incompatible");
        Registry.WRITING.add(new InvalidConfigurationException("Unauthorized"));
        assertThatThrownBy(() -> codecs.of(WriteEvent.class).prepare(TOPIC))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContaining("Unauthorized");
    }

    @Test
    void shouldNotTakeAWrongDeserializerForMalformedRecords() {
        codecs = ConfiguredCodecs.open(
                settings(Map.of("avro.deserializer", "org.apache.kafka.common.serialization.StringDeserializer")),
                Duration.ZERO);

        assertThatThrownBy(() -> codecs.of(WriteEvent.class).decode(TOPIC, new byte[] {65}))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContainingAll("avro.deserializer", "java.lang.String", "no record of Avro");
    }

    @Test
    void shouldNameTheMissingJar() {
        assertThatThrownBy(() -> ConfiguredCodecs.open(
                        settings(Map.of("avro.serializer", "io.confluent.kafka.serializers.KafkaAvroSerializer"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(
                        "avro.serializer=io.confluent.kafka.serializers.KafkaAvroSerializer", "lib/ext");
        assertThatThrownBy(() -> ConfiguredCodecs.open(settings(Map.of("avro.deserializer", "java.lang.String"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("avro.deserializer=java.lang.String", "Deserializer of Kafka");
        assertThatThrownBy(() -> ConfiguredCodecs.open(settings(Map.of("avro.serde.own.marker", "no number"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll("avro.deserializer", "refuses its settings", "no number");
    }

    private void assertThatItIsMalformed(RuntimeException failure) {
        Registry.ANSWER.set(failure);
        byte[] bytes = anotherRecord();
        assertMalformed(bytes, "avro.deserializer");
        await().until(() -> codec.isReady(TOPIC, bytes));
        assertMalformed(bytes, "avro.deserializer");
    }

    private void assertThatItWaits(RuntimeException failure) {
        Registry.ANSWER.set(failure);
        byte[] bytes = anotherRecord();
        int asked = Registry.ASKED.get();
        assertThatThrownBy(() -> codec.decode(TOPIC, bytes))
                .as("%s", failure)
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContainingAll("avro.deserializer", TOPIC);
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        await().until(() -> Registry.ASKED.get() >= asked + 2);
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
    }

    private byte[] anotherRecord() {
        return new byte[] {77, (byte) records++};
    }

    private void assertMalformed(byte[] bytes, String... reasons) {
        assertThatThrownBy(() -> codec.decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll(reasons);
    }

    private static WriteEvent write() {
        return WriteEvent.newBuilder()
                .setVersion(5)
                .setPosition(7)
                .setVector(Map.of("eu", 3L))
                .setValue(ByteBuffer.wrap(new byte[] {1, 2}))
                .build();
    }

    /** What the deserializer's registry answers: null is the truth. */
    private static final class Registry {
        private static final AtomicReference<RuntimeException> ANSWER = new AtomicReference<>();
        private static final AtomicInteger ASKED = new AtomicInteger();
        private static final AtomicInteger ASKED_BLOCKED = new AtomicInteger();
        /** A record that it fails for. */
        private static final AtomicReference<byte[]> BLOCKED = new AtomicReference<>();

        private static final AtomicReference<CountDownLatch> WAITS = new AtomicReference<>(new CountDownLatch(0));
        /** What writing ends with next. */
        private static final Queue<RuntimeException> WRITING = new ConcurrentLinkedQueue<>();
    }

    /** Like Confluent's exception. */
    public static final class RestClientException extends Exception {

        private static final long serialVersionUID = 1L;

        private final int errorCode;

        RestClientException(String message, int errorCode) {
            super(message);
            this.errorCode = errorCode;
        }

        public int getErrorCode() {
            return errorCode;
        }

        public int getStatus() {
            return errorCode >= 1_000 ? errorCode / 100 : errorCode;
        }
    }

    /** Writes a marker, the schema and the record. */
    public static final class OwnSerializer implements Serializer<Object> {

        private int marker;

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {
            marker = Integer.parseInt((String) configs.get("own.marker"));
        }

        @Override
        public byte[] serialize(String topic, Object data) {
            RuntimeException failure = Registry.WRITING.poll();
            if (failure != null) {
                throw failure;
            }
            return bytes(marker, (IndexedRecord) data);
        }

        static byte[] bytes(int marker, IndexedRecord record) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(marker);
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            try {
                encoder.writeString(record.getSchema().toString());
                new GenericDatumWriter<IndexedRecord>(record.getSchema()).write(record, encoder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return out.toByteArray();
        }
    }

    /** Reads generic records. */
    public static final class OwnDeserializer implements Deserializer<Object> {

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {
            assertThat(Integer.parseInt((String) configs.get("own.marker"))).isNotNegative();
        }

        @Override
        public Object deserialize(String topic, byte[] data) {
            Registry.ASKED.incrementAndGet();
            try {
                Registry.WAITS.get().await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (Arrays.equals(data, Registry.BLOCKED.get())) {
                Registry.ASKED_BLOCKED.incrementAndGet();
                throw new IllegalStateException("whatever this is");
            }
            RuntimeException answer = Registry.ANSWER.get();
            if (answer != null) {
                throw answer;
            }
            try {
                var decoder = DecoderFactory.get().binaryDecoder(data, 1, data.length - 1, null);
                Schema schema = new Schema.Parser().parse(decoder.readString());
                return new GenericDatumReader<>(schema).read(null, decoder);
            } catch (IOException e) {
                throw new SerializationException("not readable", e);
            }
        }
    }
}

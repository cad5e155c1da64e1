package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.config.ConfigException;
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

    @BeforeEach
    void open() {
        Registry.ANSWER.set(null);
        codecs = ConfiguredCodecs.open(settings(Map.of()));
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
        assertThatItIsMalformed(new SerializationException("Error deserializing", new EOFException()));
        assertThatItIsMalformed(new SerializationException("Error deserializing", new IndexOutOfBoundsException(7)));
        assertThatItIsMalformed(
                new SerializationException("Error deserializing", new org.apache.avro.AvroTypeException("Found int")));
        assertThatItIsMalformed(
                new SerializationException("Error retrieving schema", new RestClientException("not found", 40403)));

        assertThatItWaits(new SerializationException("Error retrieving schema", new ConnectException("refused")));
        assertThatItWaits(new SerializationException("Error", new RestClientException("Unauthorized", 401)));
        assertThatItWaits(new SerializationException("Error", new RestClientException("unavailable", 50003)));
        assertThatItWaits(new TimeoutException("no answer"));
        assertThatItWaits(new UncheckedIOException(new IOException("reset")));
        assertThatItWaits(new IllegalStateException("whatever this is"));
    }

    @Test
    void shouldLearnFromTheUserWhatIsMalformed() {
        codecs = ConfiguredCodecs.open(settings(Map.of(
                "avro.deserializer.malformed", "java.lang.IllegalStateException,java.lang.ArithmeticException")));
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
        int asked = Registry.ASKED.get();
        assertThat(codec.isReady(TOPIC, bytes)).isFalse();
        assertThat(Registry.ASKED.get()).as("it is not asked at each poll").isEqualTo(asked);

        Registry.ANSWER.set(null);

        await().until(() -> codec.isReady(TOPIC, bytes));
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());
    }

    @Test
    void shouldNotTakeAWrongDeserializerForMalformedRecords() {
        codecs = ConfiguredCodecs.open(
                settings(Map.of("avro.deserializer", "org.apache.kafka.common.serialization.StringDeserializer")));

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
        assertMalformed(new byte[] {77, 1}, "avro.deserializer");
        assertThat(codec.isReady(TOPIC, new byte[] {77, 1})).isTrue();
    }

    private void assertThatItWaits(RuntimeException failure) {
        Registry.ANSWER.set(failure);
        assertThatThrownBy(() -> codec.decode(TOPIC, new byte[] {77, 1}))
                .as("%s", failure)
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContainingAll("avro.deserializer", TOPIC);
        assertThat(codec.isReady(TOPIC, new byte[] {77, 1})).isFalse();
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
            assertThat(Integer.parseInt((String) configs.get("own.marker"))).isPositive();
        }

        @Override
        public Object deserialize(String topic, byte[] data) {
            Registry.ASKED.incrementAndGet();
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

package io.trueup.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.schema.ControlMessage;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.Rebuilding;
import io.trueup.schema.WriteEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.BeforeTry;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegistryCodecTest {

    private static final String TOPIC = "shop.writes.eu";

    private InMemoryRegistry registry;

    @BeforeEach
    @BeforeTry
    void emptyRegistry() {
        registry = new InMemoryRegistry();
    }

    @Test
    void shouldWriteWhatTheWireFormatSays() throws IOException {
        byte[] bytes = codec(Encoding.REGISTRY).encode(TOPIC, write());

        int id = registry.ids.get(TOPIC + "-io.trueup.schema.WriteEvent");
        assertThat(bytes).startsWith(0, 0, 0, 0, id);
        GenericRecord read = new GenericDatumReader<GenericRecord>(registry.schemas.get(id))
                .read(null, DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, null));
        assertThat(read.get("version")).isEqualTo(5L);
        assertThat(read.get("value")).isEqualTo(ByteBuffer.wrap("value".getBytes(StandardCharsets.UTF_8)));
        assertThat(bytes)
                .as("the header has 5 bytes instead of 10")
                .hasSize(codec(Encoding.SINGLE_OBJECT).encode(TOPIC, write()).length - 5);
    }

    @Test
    void shouldRegisterTheSchemaAsItIsInItsFile() throws IOException {
        codec(Encoding.REGISTRY).prepare(TOPIC);

        Schema file = new Schema.Parser()
                .parse(getClass().getResourceAsStream("/io/trueup/schema/history/WriteEvent/1.avsc"));
        assertThat(registry.schemas).containsValue(file);
        assertThat(registry.schemas.values().toString()).doesNotContain("avro.java.string");
    }

    @Test
    void shouldReadBothEncodingsWhicheverItWrites() throws Exception {
        for (Encoding writes : Encoding.values()) {
            for (Encoding reads : Encoding.values()) {
                byte[] bytes = codec(writes).encode(TOPIC, write());
                assertThat(codec(reads).decode(TOPIC, bytes))
                        .as("%s by %s", writes, reads)
                        .isEqualTo(write());
            }
        }
    }

    @Test
    void shouldTellTypesOfOneTopicApart() throws Exception {
        RecordCodec<SpecificRecord> codec =
                codecs(Encoding.REGISTRY).anyOf(List.of(WriteEvent.class, ProgressEvent.class));
        ProgressEvent progress = new ProgressEvent(17L);

        assertThat(codec.decode(TOPIC, codec.encode(TOPIC, progress))).isEqualTo(progress);
        assertThat(codec.decode(TOPIC, codec.encode(TOPIC, write()))).isEqualTo(write());
        assertThat(registry.ids.keySet())
                .containsExactlyInAnyOrder(
                        TOPIC + "-io.trueup.schema.WriteEvent", TOPIC + "-io.trueup.schema.ProgressEvent");
    }

    @Test
    void shouldReadAnotherVersionOfTheSchema() throws Exception {
        Schema other = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"added\",\"type\":\"string\"},"
                        + "{\"name\":\"version\",\"type\":\"int\"},{\"name\":\"position\",\"type\":\"long\"}]}");
        GenericRecord record = new GenericData.Record(other);
        record.put("added", "by a later release");
        record.put("version", 3);
        record.put("position", 4L);

        WriteEvent read = codec(Encoding.REGISTRY).decode(TOPIC, encoded(registry.add(other), record));

        assertThat(read.getVersion()).isEqualTo(3);
        assertThat(read.getPosition()).isEqualTo(4);
        assertThat(read.getDeleted()).isFalse();
    }

    @Test
    void shouldRefuseAVersionThatItCannotRead() throws IOException {
        Schema other = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"position\",\"type\":\"string\"}]}");
        GenericRecord record = new GenericData.Record(other);
        record.put("position", "now");

        assertMalformed(
                encoded(registry.add(other), record),
                "schema id 1, a version of WriteEvent that this release cannot read",
                "position");
    }

    /** A megabyte of such items would be read for days. */
    @Test
    void shouldRefuseAVersionThatCouldBeReadForEver() {
        for (String item : List.of(
                "\"null\"",
                "{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}",
                "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"null\"}]}")) {
            Schema endless = new Schema.Parser()
                    .parse(
                            "{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                                    + "{\"name\":\"added\",\"type\":[\"null\",{\"type\":\"map\",\"values\":"
                                    + "{\"type\":\"array\",\"items\":" + item + "}}]},"
                                    + "{\"name\":\"version\",\"type\":\"int\"},{\"name\":\"position\",\"type\":\"long\"}]}");
            assertMalformed(
                    ByteBuffer.allocate(7)
                            .put(WireFormat.header(registry.add(endless)))
                            .array(),
                    "array of items that take no bytes",
                    "WriteEvent");
        }
    }

    @Test
    void shouldReadAListThatRefersToItself() throws Exception {
        Schema list = new Schema.Parser()
                .parse("{\"type\":\"record\",\"name\":\"WriteEvent\",\"namespace\":\"io.trueup.schema\",\"fields\":["
                        + "{\"name\":\"added\",\"type\":{\"type\":\"array\",\"items\":[\"null\",\"WriteEvent\"]}},"
                        + "{\"name\":\"version\",\"type\":\"int\"},{\"name\":\"position\",\"type\":\"long\"}]}");
        GenericRecord record = new GenericData.Record(list);
        record.put("added", List.of());
        record.put("version", 3);
        record.put("position", 4L);

        assertThat(codec(Encoding.REGISTRY)
                        .decode(TOPIC, encoded(registry.add(list), record))
                        .getVersion())
                .isEqualTo(3);
    }

    /** Whoever answers for the registry could exchange two fields of the same type, and the MAC would still be right. */
    @Test
    void shouldReadMessagesWithAMacByReleasedVersionsOnly() throws Exception {
        RecordCodec<ControlMessage> codec = codecs(Encoding.REGISTRY).of(ControlMessage.class);
        Schema released = ControlMessage.getClassSchema();
        List<Schema.Field> exchanged = new ArrayList<>();
        List<String> names = List.of("sealOffset", "cut");
        for (Schema.Field field : released.getFields()) {
            int at = names.indexOf(field.name());
            String name = at < 0 ? field.name() : names.get(1 - at);
            exchanged.add(new Schema.Field(name, field.schema(), field.doc()));
        }
        Schema forged =
                Schema.createRecord(released.getName(), released.getDoc(), released.getNamespace(), false, exchanged);
        ControlMessage message = new ControlMessage("shop", "eu", 1, 10L, 20L, 30L, new Rebuilding(1L, 2L, 3L));
        byte[] bytes = codec.encode(TOPIC, message);
        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(message);

        ByteBuffer.wrap(bytes).putInt(1, registry.add(forged));

        assertThatThrownBy(() -> codec.decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll("no released version of ControlMessage", "MAC");
    }

    @Test
    void shouldRefuseRecordsOfOtherTypes() {
        byte[] progress = codecs(Encoding.REGISTRY).of(ProgressEvent.class).encode(TOPIC, new ProgressEvent(1L));

        assertMalformed(progress, "schema id 1, which is io.trueup.schema.ProgressEvent; expected WriteEvent");
        assertThatThrownBy(() -> codecs(Encoding.REGISTRY)
                        .anyOf(List.of(WriteEvent.class))
                        .encode(TOPIC, new ProgressEvent(1L)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseAnIdThatTheRegistryDoesNotKnow() {
        assertMalformed(new byte[] {0, 0x01, 0x02, 0x03, (byte) 0x84, 1}, "schema id 16909188", "has no schema");
        assertMalformed(new byte[] {0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF}, "schema id -1");
    }

    @Test
    void shouldAskAgainForAnIdThatWasUnknown() throws Exception {
        byte[] bytes = codec(Encoding.REGISTRY).encode(TOPIC, write());
        Schema schema = registry.schemas.remove(1);
        RecordCodec<WriteEvent> codec = codec(Encoding.REGISTRY);
        assertThatThrownBy(() -> codec.decode(TOPIC, bytes)).isInstanceOf(MalformedRecordException.class);

        registry.schemas.put(1, schema);

        assertThat(codec.decode(TOPIC, bytes)).isEqualTo(write());
    }

    @Test
    void shouldNotTakeAnOutageForAMalformedRecord() throws Exception {
        RecordCodec<WriteEvent> codec = codec(Encoding.REGISTRY);
        byte[] bytes = codec.encode(TOPIC, write());
        registry.down = true;
        RecordCodec<WriteEvent> started = codec(Encoding.REGISTRY);

        assertThat(started.isReady(TOPIC, bytes)).isFalse();
        assertThatThrownBy(() -> started.decode(TOPIC, bytes)).isInstanceOf(RegistryUnavailableException.class);
        assertThatThrownBy(() -> started.prepare(TOPIC)).isInstanceOf(RegistryUnavailableException.class);
        assertThat(started.isReady(TOPIC, new byte[0])).as("malformed anyway").isTrue();
        assertThat(started.isReady(TOPIC, null)).as("malformed anyway").isTrue();

        registry.down = false;

        assertThat(started.isReady(TOPIC, bytes)).isTrue();
        assertThat(started.decode(TOPIC, bytes)).isEqualTo(write());
    }

    @Test
    void shouldAskOnceForASchema() throws Exception {
        RecordCodec<WriteEvent> codec = codec(Encoding.REGISTRY);
        codec.prepare(TOPIC);
        byte[] bytes = codec.encode(TOPIC, write());
        codec.decode(TOPIC, bytes);

        registry.down = true;

        assertThat(codec.isReady(TOPIC, bytes)).isTrue();
        assertThat(codec.decode(TOPIC, codec.encode(TOPIC, write()))).isEqualTo(write());
        assertThat(registry.asked).containsExactly("id of " + TOPIC + "-io.trueup.schema.WriteEvent", "schema 1");
    }

    @Test
    void shouldAskForNothingWhileItWritesTheOtherEncoding() throws Exception {
        registry.down = true;
        RecordCodec<WriteEvent> codec = codec(Encoding.SINGLE_OBJECT);

        assertThatCode(() -> codec.prepare(TOPIC)).doesNotThrowAnyException();
        assertThat(codec.decode(TOPIC, codec.encode(TOPIC, write()))).isEqualTo(write());
    }

    @Test
    void shouldReportWhatIsWrongWithTheHeader() {
        assertMalformed(null, "no value; expected WriteEvent");
        assertMalformed(new byte[] {0, 0, 1}, "too short for the wire format of a schema registry: 3 bytes");
        assertMalformed("{}".getBytes(StandardCharsets.UTF_8), "starts with 7b7d");
        byte[] bytes = codec(Encoding.REGISTRY).encode(TOPIC, write());
        assertMalformed(Arrays.copyOf(bytes, bytes.length - 1), "ends in the middle of the WriteEvent");
        assertMalformed(Arrays.copyOf(bytes, bytes.length + 2), "2 bytes too many");
    }

    @Test
    void shouldNameTheMissingSettingWithoutARegistry() {
        byte[] bytes = codec(Encoding.REGISTRY).encode(TOPIC, write());

        assertThatThrownBy(() -> RecordCodecs.embedded().of(WriteEvent.class).decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll("schema id 1", "schema.registry.url");
        assertThatThrownBy(() -> RecordCodecs.embedded().writing(Encoding.REGISTRY))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNameSubjectsAsConfluentDoes() {
        assertThat(SubjectNaming.of("io.confluent.kafka.serializers.subject.TopicNameStrategy"))
                .hasValueSatisfying(
                        naming -> assertThat(naming.subject("t", "a.B")).isEqualTo("t-value"));
        assertThat(SubjectNaming.of("RecordNameStrategy"))
                .hasValueSatisfying(
                        naming -> assertThat(naming.subject("t", "a.B")).isEqualTo("a.B"));
        assertThat(SubjectNaming.of("TopicRecordNameStrategy"))
                .hasValueSatisfying(
                        naming -> assertThat(naming.subject("t", "a.B")).isEqualTo("t-a.B"));
        assertThat(SubjectNaming.of("com.example.OtherStrategy")).isEmpty();
    }

    @Property
    void shouldThrowNothingButMalformedOnRandomBodies(@ForAll byte[] body) {
        RecordCodec<WriteEvent> codec = codec(Encoding.REGISTRY);
        codec.prepare(TOPIC);
        byte[] bytes = Arrays.copyOf(new byte[] {0, 0, 0, 0, 1}, 5 + body.length);
        System.arraycopy(body, 0, bytes, 5, body.length);
        try {
            assertThat(codec.encode(TOPIC, codec.decode(TOPIC, bytes))).isNotEmpty();
        } catch (MalformedRecordException e) {
            assertThat(e).message().isNotBlank();
        }
    }

    private RecordCodecs codecs(Encoding writes) {
        return RecordCodecs.of(registry, SubjectNaming.TOPIC_RECORD, writes);
    }

    private RecordCodec<WriteEvent> codec(Encoding writes) {
        return codecs(writes).of(WriteEvent.class);
    }

    private void assertMalformed(byte[] bytes, String... reasons) {
        assertThatThrownBy(() -> codec(Encoding.REGISTRY).decode(TOPIC, bytes))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContainingAll(reasons);
    }

    private static byte[] encoded(int id, GenericRecord record) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(WireFormat.header(id));
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

    /** Stands for a registry that answers, does not know an id, or is down. */
    private static final class InMemoryRegistry implements SchemaRegistry {

        private final Map<Integer, Schema> schemas = new HashMap<>();
        private final Map<String, Integer> ids = new HashMap<>();
        private final List<String> asked = new ArrayList<>();
        private boolean down;

        int add(Schema schema) {
            schemas.put(schemas.size() + 1, schema);
            return schemas.size();
        }

        @Override
        public Schema schema(int id) throws UnusableSchemaException {
            ask("schema " + id);
            if (!schemas.containsKey(id)) {
                throw new UnusableSchemaException("the registry has no schema of this id");
            }
            return schemas.get(id);
        }

        @Override
        public boolean isSettled(int id) {
            return !down;
        }

        @Override
        public int id(String subject, Schema schema) {
            ask("id of " + subject);
            return ids.computeIfAbsent(subject, any -> add(schema));
        }

        private void ask(String what) {
            if (down) {
                throw new RegistryUnavailableException("down");
            }
            asked.add(what);
        }

        @Override
        public void close() {}
    }
}

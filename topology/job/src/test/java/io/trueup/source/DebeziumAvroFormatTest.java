package io.trueup.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.Encoding;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SubjectNaming;
import io.trueup.source.canonical.OneRegistry;
import io.trueup.source.canonical.ValueForm;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebeziumAvroFormatTest {

    private static final long RECORD_MS = 900;

    private static final String DECIMAL =
            "{\"type\":\"bytes\",\"scale\":2,\"precision\":12,\"connect.version\":1,\"connect.parameters\":{\"scale\":\"2\","
                    + "\"connect.decimal.precision\":\"12\"},\"connect.name\":\"org.apache.kafka.connect.data.Decimal\","
                    + "\"logicalType\":\"decimal\"}";

    private final OneRegistry registry = new OneRegistry();
    private final RecordCodecs codecs = RecordCodecs.of(registry, SubjectNaming.TOPIC, Encoding.REGISTRY);
    private final WriteFormat format = format("debezium-avro");

    @Test
    void shouldHaveOneKeyAndOneDigestForTheRowThatTwoConnectorsCapture() throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        Captured us = new Captured("us", "time", millis());

        byte[] euKey = eu.key(7);
        byte[] usKey = us.key(7);
        Write one = write(euKey, eu.event("c", 7, 1_700_000_000_123_000L));
        Write same = write(usKey, us.event("r", 7, 1_700_000_000_123L));
        Write changed = write(usKey, us.event("u", 7, 1_700_000_000_124L));

        assertThat(euKey).isNotEqualTo(usKey);
        assertThat(text(one.key())).isEqualTo("{\"id\":7}");
        assertThat(same.key()).isEqualTo(one.key());
        assertThat(same.digest()).isEqualTo(one.digest()).isNotEqualTo(changed.digest());
        assertThat(text(one.value())).isEqualTo("{\"id\":7,\"time\":1700000000123000}");
        assertThat(one.positionMs()).isEqualTo(700);
        assertThat(one.deleted()).isFalse();
    }

    @Test
    void shouldHaveTheDigestOfTheSameEventInJson() throws Exception {
        Write avro = write(new Captured("eu", "total", DECIMAL).event("c", 7, ByteBuffer.wrap(new byte[] {4, 26})));
        Write json = write(
                format("debezium-json"),
                avro.key(),
                ("{\"schema\":{\"type\":\"struct\",\"fields\":[{\"field\":\"after\",\"type\":\"struct\",\"fields\":[{\"field\":"
                                + "\"total\",\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":"
                                + "{\"scale\":\"2\"}}]}]},\"payload\":{\"after\":{\"id\":7,\"total\":\"BBo=\"},\"source\":{\"ts_ms\":1},"
                                + "\"op\":\"c\"}}")
                        .getBytes(UTF_8));

        assertThat(avro.digest()).isEqualTo(json.digest());
        assertThat(text(avro.value())).isEqualTo(text(json.value())).contains("\"total\":\"BBo=\"");
        assertThat(avro.digest())
                .as("by its number, and not by its bytes")
                .isEqualTo(write(new Captured("us", "total", "\"double\"").event("c", 7, 10.5))
                        .digest());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}` | `\"double\"` | 10.5",
                "`{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}` | `{\"type\":\"long\",\"connect.name\":\"io.debezium.time.MicroTimestamp\"}` | 5",
                "`{\"type\":\"int\",\"logicalType\":\"date\"}` | `{\"type\":\"int\",\"connect.name\":\"io.debezium.time.Date\"}` | 5",
                "`[\"null\",{\"type\":\"int\",\"logicalType\":\"date\"}]` | `{\"type\":\"int\",\"connect.name\":\"io.debezium.time.Date\"}` | 5",
                "`\"int\"` | `\"long\"` | 5",
            })
    void shouldTakeTheLogicalTypesOfAvroWhereTheConverterLeavesOutItsOwn(String a, String b, double value)
            throws Exception {
        assertThat(write(new Captured("eu", "c", a).event("c", 7, ofType(a, value)))
                        .digest())
                .isEqualTo(write(new Captured("us", "c", b).event("c", 7, ofType(b, value)))
                        .digest());
    }

    private static Object ofType(String schema, double value) {
        if (schema.contains("bytes")) {
            return ByteBuffer.wrap(new byte[] {4, 26});
        }
        if (schema.contains("double")) {
            return value;
        }
        return schema.contains("long") ? (Object) (long) value : (Object) (int) value;
    }

    @Test
    void shouldReadFloatsAsTheyAreWritten() throws Exception {
        assertThat(text(write(new Captured("eu", "f", "\"float\"").event("c", 7, 0.1f))
                        .value()))
                .isEqualTo("{\"id\":7,\"f\":0.1}");
        assertThat(text(write(new Captured("eu", "f", "\"double\"").event("c", 7, Double.NaN))
                        .value()))
                .isEqualTo("{\"id\":7,\"f\":\"NaN\"}");
    }

    @Test
    void shouldReadDeletesAndTombstones() throws Exception {
        Captured eu = new Captured("eu", "time", micros());

        for (byte[] value : Arrays.asList(eu.event("d", 7, null), null)) {
            Write write = write(eu.key(7), value);
            assertThat(write.deleted()).isTrue();
            assertThat(text(write.key())).isEqualTo("{\"id\":7}");
        }
    }

    @Test
    void shouldReadUnwrappedRows() throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        Schema row = schema("{\"type\":\"record\",\"name\":\"Value\",\"namespace\":\"eu.orders\",\"fields\":["
                + "{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"time\",\"type\":[\"null\"," + micros() + "]},"
                + "{\"name\":\"__deleted\",\"type\":[\"null\",\"string\"]}]}");
        GenericRecord unwrapped = new GenericData.Record(row);
        unwrapped.put("id", 7L);
        unwrapped.put("time", 5L);
        unwrapped.put("__deleted", "false");

        assertThat(write(eu.key(7), bytes(row, unwrapped)).digest())
                .isEqualTo(write(eu.event("u", 7, 5L)).digest());
        unwrapped.put("__deleted", "true");
        assertThat(write(eu.key(7), bytes(row, unwrapped)).deleted()).isTrue();
    }

    // keys

    @Test
    void shouldOrderTheColumnsOfAKeyAndCompareNumbersByValue() throws Exception {
        byte[] one = key(
                "{\"name\":\"region\",\"type\":\"string\"},{\"name\":\"nr\",\"type\":" + DECIMAL + "}",
                Map.of("region", "ä\"b", "nr", ByteBuffer.wrap(new byte[] {0x27, 0x10})));
        byte[] other = key(
                "{\"name\":\"nr\",\"type\":\"int\"},{\"name\":\"region\",\"type\":\"string\"}",
                Map.of("region", "ä\"b", "nr", 100));

        assertThat(text(format.datasetKey(one))).isEqualTo("{\"nr\":100,\"region\":\"ä\\\"b\"}");
        assertThat(format.datasetKey(other)).isEqualTo(format.datasetKey(one));
    }

    @Test
    void shouldReadTimesInKeysWhateverTheirUnit() throws Exception {
        byte[] one = key("{\"name\":\"at\",\"type\":" + micros() + "}", Map.of("at", 1_700_000_000_000_000L));
        byte[] other = key("{\"name\":\"at\",\"type\":" + millis() + "}", Map.of("at", 1_700_000_000_000L));

        assertThat(format.datasetKey(one)).isEqualTo(format.datasetKey(other));
        assertThat(text(format.datasetKey(one))).isEqualTo("{\"at\":\"2023-11-14T22:13:20\"}");
    }

    @Test
    void shouldTakeKeysOfOtherConvertersAsTheyAre() throws Exception {
        byte[] key = "{\"id\": 7}".getBytes(UTF_8);

        assertThat(format.datasetKey(key)).isEqualTo(key);
        assertThat(format.datasetKey(null)).isNull();
        assertThat(write(key, new Captured("eu", "time", micros()).event("c", 7, 5L))
                        .key())
                .isEqualTo(key);
    }

    @Test
    void shouldLimitTheKeyOfTheDataset() throws Exception {
        byte[] key = key("{\"name\":\"text\",\"type\":\"string\"}", Map.of("text", "x".repeat(16 * 1024)));

        assertThatThrownBy(() -> write(key, null)).hasMessageContaining("at most 16384 are supported");
    }

    // what is about no row

    @Test
    void shouldPassOverHeartbeatsTransactionsMessagesAndSchemaChanges() throws Exception {
        byte[] server = key("{\"name\":\"serverName\",\"type\":\"string\"}", Map.of("serverName", "eu"));
        byte[] transaction = key("{\"name\":\"id\",\"type\":\"string\"}", Map.of("id", "571:5"));
        byte[] database = key("{\"name\":\"databaseName\",\"type\":\"string\"}", Map.of("databaseName", "shop"));

        assertThat(decode(server, record("{\"name\":\"ts_ms\",\"type\":\"long\"}", Map.of("ts_ms", 5L))))
                .isInstanceOf(Observation.Unrelated.class);
        assertThat(decode(
                        transaction,
                        record(
                                "{\"name\":\"status\",\"type\":\"string\"},{\"name\":\"id\",\"type\":\"string\"},"
                                        + "{\"name\":\"event_count\",\"type\":\"long\"},{\"name\":\"data_collections\",\"type\":\"null\"},"
                                        + "{\"name\":\"ts_ms\",\"type\":\"long\"}",
                                Map.of("status", "END", "id", "571:5", "event_count", 2L, "ts_ms", 5L))))
                .isInstanceOf(Observation.Unrelated.class);
        assertThat(decode(
                        database,
                        record(
                                "{\"name\":\"source\",\"type\":{\"type\":\"map\",\"values\":\"long\"}},{\"name\":\"databaseName\","
                                        + "\"type\":\"string\"},{\"name\":\"ddl\",\"type\":\"string\"},{\"name\":\"tableChanges\",\"type\":"
                                        + "{\"type\":\"array\",\"items\":\"string\"}}",
                                Map.of(
                                        "source",
                                        Map.of(),
                                        "databaseName",
                                        "shop",
                                        "ddl",
                                        "DROP TABLE t",
                                        "tableChanges",
                                        List.of()))))
                .isInstanceOf(Observation.Unrelated.class);
        assertThat(decode(server, new Captured("eu", "time", micros()).event("m", 7, null)))
                .isInstanceOf(Observation.Unrelated.class);
    }

    @Test
    void shouldRefuseATruncate() throws Exception {
        byte[] event = new Captured("eu", "time", micros()).event("t", 7, null);

        assertThatThrownBy(() -> decode(null, event))
                .isInstanceOf(IncompleteChangeException.class)
                .hasMessageContaining("the table was truncated");
    }

    // malformed records

    @Test
    void shouldRefuseRecordsThatCannotBeReadAndStillKnowTheirKey() throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        byte[] event = eu.event("c", 7, 5L);
        byte[] unknown = event.clone();
        unknown[4] = 99;

        assertThatThrownBy(() -> write(eu.key(7), unknown))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("no such schema");
        assertThatThrownBy(() -> write(eu.key(7), Arrays.copyOf(event, event.length - 1)))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("ends in the middle of a record of eu.orders.Envelope");
        assertThatThrownBy(() -> write(eu.key(7), "{}".getBytes(UTF_8)))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("does not begin as a record of a schema registry");
        assertThat(text(format.datasetKey(eu.key(7)))).isEqualTo("{\"id\":7}");
    }

    @Test
    void shouldRefuseAKeyThatCannotBeRead() throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        byte[] unknown = eu.key(7);
        unknown[4] = 99;
        byte[] noText = key("{\"name\":\"text\",\"type\":\"string\"}", Map.of("text", "abc"));
        noText[noText.length - 1] = (byte) 0xff;

        for (byte[] key : List.of(unknown, noText)) {
            assertThatThrownBy(() -> write(key, eu.event("c", 7, 5L))).isInstanceOf(MalformedRecordException.class);
            assertThat(format.datasetKey(key)).isNull();
        }
    }

    @Test
    void shouldWaitForTheRegistryForKeysAndForValues() throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        byte[] key = eu.key(7);
        byte[] event = eu.event("c", 7, 5L);
        assertThat(format.isReady(key, event)).isTrue();

        registry.stop();

        assertThat(format.isReady(key, null)).isFalse();
        assertThat(format.isReady(null, event)).isFalse();
        assertThat(format.isReady("{}".getBytes(UTF_8), null)).isTrue();
        assertThatThrownBy(() -> write(key, event)).isInstanceOf(RegistryUnavailableException.class);
        assertThatThrownBy(() -> format.datasetKey(key)).isInstanceOf(RegistryUnavailableException.class);
    }

    @Test
    void shouldNeedARegistry() {
        assertThatThrownBy(() -> WriteFormat.of("debezium-avro", "topic", RecordCodecs.embedded()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no registry");
    }

    @Property(tries = 2_000)
    void shouldReadOrRefuseAnyBytes(@ForAll byte[] tail) throws Exception {
        Captured eu = new Captured("eu", "time", micros());
        for (byte[] known : List.of(eu.key(7), eu.event("c", 7, 5L))) {
            byte[] bytes = Arrays.copyOf(known, 5 + tail.length);
            System.arraycopy(tail, 0, bytes, 5, tail.length);
            try {
                assertThat(decode(bytes, bytes)).isNotNull();
            } catch (MalformedRecordException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    /** One connector: the schemas that it registers. The row has an id and another column. */
    private final class Captured {

        private final String prefix;
        private final String column;
        private final Schema envelope;

        Captured(String prefix, String column, String type) {
            this.prefix = prefix;
            this.column = column;
            envelope = schema("{\"type\":\"record\",\"name\":\"Envelope\",\"namespace\":\"" + prefix
                    + ".orders\",\"fields\":[{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\","
                    + "\"fields\":[{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"" + column + "\",\"type\":"
                    + (type.startsWith("[") ? type : "[\"null\"," + type + "]") + "}],\"connect.name\":\"" + prefix
                    + ".orders.Value\"}]},{\"name\":\"after\",\"type\":[\"null\",\"Value\"]},{\"name\":\"source\",\"type\":{\"type\":"
                    + "\"record\",\"name\":\"Source\",\"fields\":[{\"name\":\"ts_ms\",\"type\":\"long\"}]}},{\"name\":\"op\","
                    + "\"type\":\"string\"}],\"connect.version\":2,\"connect.name\":\"" + prefix
                    + ".orders.Envelope\"}");
        }

        byte[] key(long id) throws IOException {
            Schema key = schema("{\"type\":\"record\",\"name\":\"Key\",\"namespace\":\"" + prefix
                    + ".orders\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}],\"connect.name\":\"" + prefix
                    + ".orders.Key\"}");
            GenericRecord record = new GenericData.Record(key);
            record.put("id", id);
            return bytes(key, record);
        }

        byte[] event(String op, long id, Object value) throws IOException {
            GenericRecord event = new GenericData.Record(envelope);
            GenericRecord source =
                    new GenericData.Record(envelope.getField("source").schema());
            source.put("ts_ms", 700L);
            event.put("source", source);
            event.put("op", op);
            if (List.of("c", "u", "r").contains(op)) {
                GenericRecord row = new GenericData.Record(
                        envelope.getField("after").schema().getTypes().get(1));
                row.put("id", id);
                row.put(column, value);
                event.put("after", row);
            }
            return bytes(envelope, event);
        }
    }

    private static String micros() {
        return "{\"type\":\"long\",\"connect.version\":1,\"connect.name\":\"io.debezium.time.MicroTimestamp\"}";
    }

    private static String millis() {
        return "{\"type\":\"long\",\"connect.version\":1,\"connect.name\":\"org.apache.kafka.connect.data.Timestamp\","
                + "\"logicalType\":\"timestamp-millis\"}";
    }

    private static Schema schema(String json) {
        return new SchemaParser().parse(json).mainSchema();
    }

    private byte[] key(String fields, Map<String, ?> values) throws IOException {
        return record(fields, values);
    }

    private byte[] record(String fields, Map<String, ?> values) throws IOException {
        Schema schema = schema("{\"type\":\"record\",\"name\":\"Record\",\"fields\":[" + fields + "]}");
        GenericRecord record = new GenericData.Record(schema);
        values.forEach(record::put);
        return bytes(schema, record);
    }

    private byte[] bytes(Schema schema, GenericRecord record) throws IOException {
        int id = registry.register(schema);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private WriteFormat format(String name) {
        return ValueForm.of("json", List.of())
                .applied(
                        WriteFormat.of(name, "topic", codecs),
                        "topic",
                        codecs,
                        new KeyedHash("0123456789abcdef".getBytes(UTF_8)));
    }

    private Write write(byte[] value) throws MalformedRecordException {
        return write("key".getBytes(UTF_8), value);
    }

    private Write write(byte[] key, byte[] value) throws MalformedRecordException {
        return write(format, key, value);
    }

    private static Write write(WriteFormat format, byte[] key, byte[] value) throws MalformedRecordException {
        Observation seen = format.decode(key, value, new RecordHeaders(), RECORD_MS, 3, 950);
        return ((Observation.Observed) seen).write();
    }

    private Observation decode(byte[] key, byte[] value) throws MalformedRecordException {
        return format.decode(key, value, new RecordHeaders(), RECORD_MS, 3, 950);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}

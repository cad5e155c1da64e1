package io.trueup.source.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import io.trueup.avro.Encoding;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SubjectNaming;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalAvroTest {

    private final OneRegistry registry = new OneRegistry();

    @Test
    void shouldCompareFieldsByNameWhateverTheSchema() throws Exception {
        Schema old = schema("""
                {"type":"record","name":"Order","namespace":"old","fields":[
                  {"name":"id","type":"int"},
                  {"name":"note","type":["null","string"],"default":null},
                  {"name":"total","type":"float"},
                  {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID"]}}]}""");
        Schema other = schema("""
                {"type":"record","name":"OrderEvent","doc":"another writer","fields":[
                  {"name":"state","type":"string","aliases":["status"]},
                  {"name":"total","type":"double","default":1.0},
                  {"name":"note","type":["string","null"],"default":""},
                  {"name":"id","type":"long"}]}""");

        byte[] one = record(old, Map.of("id", 7, "note", "x", "total", 1.5f, "state", symbol(old, "PAID")));
        byte[] same = record(other, Map.of("id", 7L, "note", "x", "total", 1.5, "state", "PAID"));
        byte[] changed = record(other, Map.of("id", 7L, "note", "x", "total", 1.5, "state", "NEW"));

        assertThat(form(one)).isEqualTo(form(same)).isNotEqualTo(form(changed));
    }

    /** As members of JSON documents are. */
    @Test
    void shouldNotTakeNullForAbsent() throws Exception {
        byte[] absent = record(schema(fields("{\"name\":\"id\",\"type\":\"int\"}")), Map.of("id", 1));
        byte[] isNull = record(
                schema(fields("{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"note\",\"type\":\"null\"}")),
                Map.of("id", 1));

        assertThat(form(absent)).isNotEqualTo(form(isNull));
        assertThat(form(absent, "/note")).isEqualTo(form(isNull, "/note"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`\"int\"`    | 5   | `\"long\"`   | 5",
                "`\"int\"`    | 5   | `\"double\"` | 5",
                "`\"float\"`  | 0.5 | `\"double\"` | 0.5",
                "`\"long\"`   | 4611686018427387904 | `\"double\"` | 4611686018427387904",
                "`\"double\"` | 0.0 | `\"double\"` | -0.0",
                "`\"float\"`  | NaN | `\"double\"` | NaN",
                "`\"string\"` | a   | `[\"null\",\"string\"]` | a",
                "`{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}` | 17 | `{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}` | 17000",
                "`{\"type\":\"int\",\"logicalType\":\"time-millis\"}` | 17 | `{\"type\":\"long\",\"logicalType\":\"time-micros\"}` | 17000",
                "`{\"type\":\"long\",\"logicalType\":\"local-timestamp-nanos\"}` | 17000000 | `\"int\"` | 17",
            })
    void shouldGiveTheSameFormToTheSameValue(String type, String text, String otherType, String otherText)
            throws Exception {
        assertThat(form(value(type, text))).isEqualTo(form(value(otherType, otherText)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`\"int\"`    | 5   | `\"string\"` | 5",
                "`\"float\"`  | 0.1 | `\"double\"` | 0.1",
                "`\"long\"`   | 9007199254740993 | `\"double\"` | 9007199254740992",
                "`\"long\"`   | 4611686018427388000 | `\"double\"` | 4611686018427387904",
                "`\"double\"` | NaN | `\"string\"` | NaN",
                "`\"double\"` | Infinity | `\"double\"` | -Infinity",
                "`\"bytes\"`  | a   | `\"string\"` | a",
                "`\"bytes\"`  | a   | `\"string\"` | hex:61",
                "`{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}` | 17 | `{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}` | 17",
            })
    void shouldGiveAnotherFormToAnotherValue(String type, String text, String otherType, String otherText)
            throws Exception {
        assertThat(form(value(type, text))).isNotEqualTo(form(value(otherType, otherText)));
    }

    @Test
    void shouldCompareDecimalsAndUuidsByWhatTheyAre() throws Exception {
        byte[] two = value(decimal("\"bytes\"", 2), unscaled("12.50", 2));
        byte[] four = value(
                decimal("{\"type\":\"fixed\",\"name\":\"D\",\"size\":8}", 4),
                new GenericData.Fixed(schema("{\"type\":\"fixed\",\"name\":\"D\",\"size\":8}"), padded("12.50", 4)));
        byte[] sameBytes = value(decimal("\"bytes\"", 4), unscaled("0.1250", 4));
        UUID uuid = new UUID(7, 8);
        Schema fixed = schema("{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}");
        byte[] binary = ByteBuffer.allocate(16).putLong(7).putLong(8).array();

        assertThat(form(two))
                .isEqualTo(form(four))
                .isEqualTo(form(value("\"double\"", "12.5")))
                .isNotEqualTo(form(sameBytes));
        assertThat(form(bytes(fixed, new GenericData.Fixed(fixed, binary))))
                .isEqualTo(form(value("\"string\"", uuid.toString())));
    }

    /** In Java, both texts would be the same character. */
    @Test
    void shouldTellTextsApartThatAreNoUtf8() throws Exception {
        Schema text = schema("\"string\"");

        assertThat(form(framed(text, new byte[] {2, -1})))
                .isNotEqualTo(form(framed(text, new byte[] {2, -2})))
                .isNotEqualTo(form(value("\"string\"", "\uFFFD")));
    }

    @Test
    void shouldCompareBytesThatAreNoRecordOfARegistry() throws Exception {
        byte[] json = "{\"id\":1}".getBytes(StandardCharsets.UTF_8);
        byte[] record = record(schema(fields("{\"name\":\"id\",\"type\":\"int\"}")), Map.of("id", 1));

        assertThat(form(json)).isEqualTo(form(json.clone())).isNotEqualTo(form(record));
        assertThat(form(new byte[] {0, 1})).isEqualTo(form(new byte[] {0, 1}));
        assertThat(form(json)).isNotEqualTo(form("{\"id\": 1}".getBytes(StandardCharsets.UTF_8)));
        assertThat(form(form(record))).as("the form, written as a value").isNotEqualTo(form(record));
    }

    @Test
    void shouldRefuseWhatNoSchemaCanRead() {
        Schema schema = schema(fields("{\"name\":\"id\",\"type\":\"string\"}"));

        assertThatThrownBy(() -> form(new byte[] {0, 0, 0, 0, 99, 2}))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessage("written with schema id 99: the registry has no such schema");
        assertThatThrownBy(() -> form(framed(schema, new byte[] {6, 'a'})))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageStartingWith("ends in the middle of a record of R, after 7 bytes");
        assertThatThrownBy(() -> form(framed(schema, new byte[] {2, 'a', 'b'})))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessage("more bytes than a record of R takes");
        assertThatThrownBy(() -> form(framed(schema("[\"null\",\"int\"]"), new byte[] {14})))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageStartingWith("not a valid record of union");
    }

    @Test
    void shouldWaitForTheRegistry() throws Exception {
        byte[] record = value("\"int\"", "5");
        CanonicalAvro canonical = canonical();
        assertThat(canonical.isReady(() -> record)).isTrue();

        registry.stop();

        assertThat(canonical.isReady(() -> record)).isFalse();
        assertThat(canonical.isReady(() -> new byte[] {1, 2, 3, 4, 5, 6})).isTrue();
        assertThat(canonical.isReady(() -> null)).as("a delete").isTrue();
        assertThatThrownBy(() -> canonical.form(record)).isInstanceOf(RegistryUnavailableException.class);
    }

    /** A few bytes, and a schema of a few lines, would be read for days, or until the stack or the memory is exhausted. */
    @Test
    void shouldCompareTheBytesOfWhatCannotBeRead() throws Exception {
        Schema nulls = schema("{\"type\":\"array\",\"items\":\"null\"}");
        Schema itself = schema(fields("{\"name\":\"next\",\"type\":\"R\"}"));
        Schema list = schema(fields("{\"name\":\"next\",\"type\":[\"null\",\"R\"]}"));
        byte[] deep = new byte[100_000];
        Arrays.fill(deep, (byte) 2);
        deep[deep.length - 1] = 0;
        StringBuilder twice = new StringBuilder("{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}");
        for (int i = 1; i < 40; i++) {
            twice.insert(0, "{\"type\":\"record\",\"name\":\"R" + i + "\",\"fields\":[{\"name\":\"a\",\"type\":")
                    .append("},{\"name\":\"b\",\"type\":\"R")
                    .append(i - 1)
                    .append("\"}]}");
        }
        Schema map = schema("{\"type\":\"map\",\"values\":\"int\"}");

        for (byte[] value : List.of(
                framed(nulls, new byte[] {(byte) 0x80, (byte) 0xA8, (byte) 0xD6, (byte) 0xB9, 7, 0}),
                framed(itself, new byte[] {1}),
                framed(list, deep),
                framed(schema(twice.toString()), new byte[0]),
                framed(map, new byte[] {4, 2, 'a', 2, 2, 'a', 4, 0}))) {
            byte[] form = form(value);
            assertThat(form).hasSize(1 + value.length).startsWith(0).endsWith(value);
        }
        assertThatThrownBy(() ->
                        form(framed(schema("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2000000000}"), new byte[] {1})))
                .isInstanceOf(MalformedRecordException.class);
    }

    private static String fields(String fields) {
        return "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}";
    }

    private static Schema schema(String text) {
        return new SchemaParser().parse(text).mainSchema();
    }

    private static GenericData.EnumSymbol symbol(Schema record, String symbol) {
        return new GenericData.EnumSymbol(record.getField("state").schema(), symbol);
    }

    private static Schema decimal(String type, int scale) {
        String typed = type.startsWith("{") ? type.substring(0, type.length() - 1) : "{\"type\":" + type;
        return schema(typed + ",\"logicalType\":\"decimal\",\"precision\":10,\"scale\":" + scale + "}");
    }

    private static ByteBuffer unscaled(String number, int scale) {
        return ByteBuffer.wrap(
                new BigDecimal(number).setScale(scale).unscaledValue().toByteArray());
    }

    private static byte[] padded(String number, int scale) {
        BigInteger unscaled = new BigDecimal(number).setScale(scale).unscaledValue();
        return ByteBuffer.allocate(8).putLong(unscaled.longValueExact()).array();
    }

    private byte[] record(Schema schema, Map<String, Object> fields) throws IOException {
        GenericData.Record record = new GenericData.Record(schema);
        fields.forEach(record::put);
        return bytes(schema, record);
    }

    private byte[] value(Schema schema, Object value) throws IOException {
        return bytes(schema, value);
    }

    private byte[] value(String type, String text) throws IOException {
        Schema schema = schema(type);
        return bytes(
                schema,
                switch (schema.getType()) {
                    case INT -> Integer.valueOf(text);
                    case LONG -> Long.valueOf(text);
                    case FLOAT -> Float.valueOf(text);
                    case DOUBLE -> Double.valueOf(text);
                    case BYTES -> ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                    default -> text;
                });
    }

    private byte[] bytes(Schema schema, Object value) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<>(schema).write(value, encoder);
        return framed(schema, out.toByteArray());
    }

    private byte[] framed(Schema schema, byte[] body) {
        return ByteBuffer.allocate(5 + body.length)
                .put((byte) 0)
                .putInt(registry.register(schema))
                .put(body)
                .array();
    }

    private byte[] form(byte[] value, String... ignored) throws MalformedRecordException {
        return canonical(ignored).form(value);
    }

    private CanonicalAvro canonical(String... ignored) {
        return new CanonicalAvro(
                RecordCodecs.of(registry, SubjectNaming.TOPIC, Encoding.SINGLE_OBJECT),
                "orders",
                Arrays.stream(ignored).map(JsonPointer::compile).toList());
    }
}

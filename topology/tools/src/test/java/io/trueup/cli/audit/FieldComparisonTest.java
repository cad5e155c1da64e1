package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.ListedSchemas;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.avro.RecordCodecs;
import io.trueup.source.canonical.ValueForm;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

class FieldComparisonTest {

    private static final Schema ORDER = new SchemaParser().parse("""
            {"type": "record", "name": "Order", "fields": [
              {"name": "customer", "type": "string"},
              {"name": "total", "type": "long"},
              {"name": "note", "type": ["null", "string"]},
              {"name": "lines", "type": {"type": "array", "items": "bytes"}},
              {"name": "tags", "type": {"type": "map", "values": "double"}}]}
            """).mainSchema();

    @Test
    void shouldShowTheFieldsOfJsonThatAreNotTheSame() {
        assertThat(text("{\"name\":\"Anna\",\"zip\":1010,\"in\":{\"a.b\":[1,{\"x\":null}],\"same\":true}}", """
                {"in": {"same": true, "a.b": [2, {}], "more": []},
                 "zip": 1010, "name": "Anne"}
                """))
                .isEqualTo("""
                  FIELD           eu      us
                  name            "Anna"  "Anne"
                  in["a.b"][0]    1       2
                  in["a.b"][1].x  null    absent
                  in["a.b"][1]    absent  {}
                  in.more         absent  []
                """);
    }

    @Test
    void shouldSayWhereOnlyTheBytesDiffer() {
        assertThat(text("{\"a\":1,\"b\":2}", "{\"b\":2, \"a\":1}"))
                .isEqualTo("  The values are the same, field by field.\n");
    }

    @Test
    void shouldShowWhatIsComparedAndNameWhatIsLeftOut() {
        ValueForm form = ValueForm.of("json", List.of("/updatedAt", "/meta/etag", "/lines/0", "/none"));

        assertThat(shown(
                        Map.of(
                                "eu",
                                "{\"updatedAt\":7,\"name\":\"\\u00e4\",\"total\":100.0,\"lines\":[1],\"meta\":{\"etag\":1,\"v\":2}}"
                                        .getBytes(UTF_8),
                                "us",
                                "{\"name\":\"\u00e4\", \"total\":250, \"lines\":[1.0], \"meta\":{\"v\":2.0}}"
                                        .getBytes(UTF_8)),
                        form))
                .isEqualTo("""
                  FIELD  eu   us
                  total  100  250
                  Left out, because it is not compared: /meta/etag, /updatedAt.
                """);
        assertThat(shown(Map.of("eu", "1e2".getBytes(UTF_8), "us", "tea".getBytes(UTF_8)), form))
                .as("a number, and no document")
                .contains("(value)  \"1E+2\"  \"tea\"");
        assertThat(shown(Map.of("eu", "{\"a\":1e99}".getBytes(UTF_8)), form)).contains("a      1E+99");
    }

    @Test
    void shouldShowANumberBeyondAllBoundsAsText() {
        assertThat(text("{\"n\":1e99999999999}", "{\"n\":1}")).contains("1e99999999999");
    }

    @Test
    void shouldNotLoseADigit() {
        assertThat(text("[1.10,123456789012345678901]", "[1.1,123456789012345678902]"))
                .contains("[0]    1.10                   1.1", "123456789012345678901  123456789012345678902");
    }

    @Test
    void shouldShowTextAndBytesAsOneField() {
        assertThat(text("tea", "tea pot\u202e\n")).contains("  (value)  \"tea\"  \"tea pot\\u202e\\n\"");
        assertThat(text("{\"a\":1,\"a\":2}", "{\"a\":2}"))
                .as("of two members of one name, none is left out")
                .contains("(value)", "\"{\\\"a\\\":1,\\\"a\\\":2}\"");
        assertThat(shown(Map.of("eu", new byte[] {(byte) 0xff, 0}, "us", new byte[] {(byte) 0xff, 1})))
                .contains("\"hex:ff00\"  \"hex:ff01\"");
    }

    @Test
    void shouldShowWhatDiffersInLongValues() {
        String same = "x".repeat(500);

        String shown = text(same + "A" + same, same + "B" + same);

        assertThat(shown.lines().skip(1))
                .singleElement()
                .asString()
                .hasSizeLessThan(200)
                .contains("xA", "xB");
    }

    @Test
    void shouldShowAllFieldsOfTheOnlyValueThereIs() {
        assertThat(shown(Map.of("eu", "{\"a\":1}".getBytes(UTF_8)))).isEqualTo("""
                  FIELD  eu
                  a      1
                """);
        assertThat(ValueText.of(FieldComparison.of(key(Map.of()), new ValueDecoder(List.of()))))
                .isEqualTo("  The write event of ap contains no value.\n");
    }

    @Test
    void shouldReadAvroByFingerprintBehindARegistryHeaderAndPlain() throws Exception {
        byte[] eu = avro("eu", 1, null);
        byte[] us = avro("us", 1, "late");
        byte[] fingerprint = ByteBuffer.allocate(10)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0xC3)
                .put((byte) 1)
                .putLong(SchemaNormalization.parsingFingerprint64(ORDER))
                .array();
        String expected = """
                  FIELD     eu    us
                  customer  "eu"  "us"
                  note      null  "late"
                """;

        assertThat(shown(Map.of("eu", eu, "us", us))).isEqualTo(expected);
        assertThat(shown(
                        Map.of("eu", join(new byte[] {0, 0, 0, 0, 7}, eu), "us", join(new byte[] {0, 0, 0, 0, 8}, us))))
                .isEqualTo(expected);
        assertThat(shown(Map.of("eu", join(fingerprint, eu), "us", join(fingerprint, us))))
                .isEqualTo(expected);
        fingerprint[5]++;
        assertThat(new ValueDecoder(List.of(ORDER))
                        .decode("orders", join(fingerprint, eu))
                        .encoding())
                .as("an unknown schema")
                .isEqualTo(ValueDecoder.Encoding.BYTES);
        assertThat(new ValueDecoder(List.of(ORDER))
                        .decode("orders", eu)
                        .content()
                        .toString())
                .isEqualTo(
                        "{\"customer\":\"eu\",\"total\":1,\"note\":null,\"lines\":[\"hex:00ff\"],\"tags\":{\"a\":0.5,\"b\":\"NaN\"}}");
    }

    /** As they are compared: what only a schema or its id says is no field that differs. */
    @Test
    void shouldReadRecordsByTheSchemasOfTheirRegistry() throws Exception {
        Schema wider = new SchemaParser()
                .parse("{\"type\":\"record\",\"name\":\"Wider\",\"fields\":[{\"name\":\"total\",\"type\":\"double\"},"
                        + "{\"name\":\"code\",\"type\":\"bytes\"},{\"name\":\"at\",\"type\":\"long\"}]}")
                .mainSchema();
        Schema narrow = new SchemaParser()
                .parse("{\"type\":\"record\",\"name\":\"Narrow\",\"fields\":[{\"name\":\"at\",\"type\":\"long\"},"
                        + "{\"name\":\"code\",\"type\":\"bytes\"},{\"name\":\"total\",\"type\":\"int\"}]}")
                .mainSchema();
        RecordCodecs codecs = ListedSchemas.codecs(wider, narrow);
        byte[] eu = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x59, 0x40, 2, 'a', 2};
        byte[] us = {0, 0, 0, 0, 1, 4, 2, 'b', (byte) 0xC8, 1};

        assertThat(ValueText.of(FieldComparison.of(
                        key(Map.of("eu", eu, "us", us)),
                        new ValueDecoder(List.of()).comparing(ValueForm.of("avro", List.of("/at")), codecs))))
                .isEqualTo("""
                  FIELD  eu        us
                  code   "hex:61"  "hex:62"
                  Left out, because it is not compared: /at.
                """);
    }

    private static byte[] avro(String customer, long total, String note) throws Exception {
        GenericRecord record = new GenericRecordBuilder(ORDER)
                .set("customer", customer)
                .set("total", total)
                .set("note", note)
                .set("lines", List.of(ByteBuffer.wrap(new byte[] {0, (byte) 0xff})))
                .set("tags", Map.of("b", Double.NaN, "a", 0.5))
                .build();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<>(ORDER).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    private static String text(String eu, String us) {
        return shown(Map.of("eu", eu.getBytes(UTF_8), "us", us.getBytes(UTF_8)));
    }

    /** With a third replica whose key is deleted. */
    private static String shown(Map<String, byte[]> values) {
        return shown(values, ValueForm.BYTES);
    }

    private static String shown(Map<String, byte[]> values, ValueForm form) {
        return ValueText.of(FieldComparison.of(
                key(values), new ValueDecoder(List.of(ORDER)).comparing(form, RecordCodecs.embedded())));
    }

    private static DivergentKey key(Map<String, byte[]> values) {
        TreeMap<String, Optional<Entry>> entries = new TreeMap<>();
        values.forEach((replica, value) -> entries.put(replica, Optional.of(entry(State.LIVE, Optional.of(value)))));
        entries.put("ap", Optional.of(entry(values.isEmpty() ? State.LIVE : State.DELETED, Optional.empty())));
        return new DivergentKey(new byte[0], 0, entries, List.of(), List.of(), null, null);
    }

    private static Entry entry(State state, Optional<byte[]> value) {
        return new Entry(
                1, Optional.empty(), 1, state, Optional.empty(), Hash128.ZERO, 0, value, new Place("orders", 0, 1, 1));
    }
}

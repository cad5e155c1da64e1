package io.trueup.cli.audit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.failure.KeyFormat;
import io.trueup.source.canonical.AvroDocuments;
import io.trueup.source.canonical.ValueForm;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Reads values so that their fields can be compared: Avro records whose schema is given, and JSON objects and arrays. Everything
 * else is one text, or one row of bytes. Immutable.
 */
final class ValueDecoder {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final JsonNodeFactory NODES = JSON.getNodeFactory();

    private static final byte[] SINGLE_OBJECT = {(byte) 0xC3, 1};
    private static final int SINGLE_OBJECT_HEADER_BYTES = 10;

    /** A zero and the number of a schema in a registry. */
    private static final int REGISTRY_HEADER_BYTES = 5;

    /** A number is written without an exponent if it has no more digits then. */
    private static final int MAX_DIGITS = 40;

    private final List<Schema> schemas;
    private final ValueForm form;
    private final Optional<AvroDocuments> records;

    /** @param schemas schemas of Avro values; of a value without a fingerprint, the first that fits is taken */
    ValueDecoder(List<Schema> schemas) {
        this(schemas, ValueForm.BYTES, Optional.empty());
    }

    private ValueDecoder(List<Schema> schemas, ValueForm form, Optional<AvroDocuments> records) {
        this.schemas = List.copyOf(schemas);
        this.form = form;
        this.records = records;
    }

    /**
     * The same, for values of which only a form is compared: documents are read in this form, without what it leaves out.
     *
     * @param codecs know the registry of the values, if this is the form of records
     */
    ValueDecoder comparing(ValueForm compared, RecordCodecs codecs) {
        return new ValueDecoder(
                schemas,
                compared,
                compared.kind() == ValueForm.Kind.AVRO ? Optional.of(new AvroDocuments(codecs)) : Optional.empty());
    }

    /** How a value was read. */
    enum Encoding {
        /** An Avro record of one of the schemas, or of one of a registry. */
        AVRO,
        /** A JSON object or array. */
        JSON,
        /** A text in UTF-8. */
        TEXT,
        /** Anything else. */
        BYTES
    }

    /**
     * A value.
     *
     * @param encoding how it was read
     * @param content its fields; of text and bytes one string
     * @param leftOut members that it has and that are not compared, as JSON pointers
     */
    record Decoded(Encoding encoding, JsonNode content, List<String> leftOut) {

        private static Decoded whole(Encoding encoding, JsonNode content) {
            return new Decoded(encoding, content, List.of());
        }
    }

    /** @param topic the topic of the value */
    Decoded decode(String topic, byte[] value) {
        Optional<byte[]> record = records.flatMap(reader -> document(reader, topic, value));
        if (record.isPresent()) {
            JsonNode node = json(form.formOf(record.get())).orElseThrow();
            return new Decoded(Encoding.AVRO, shown(node), leftOut(record.get()));
        }
        byte[] compared = form.kind() == ValueForm.Kind.JSON ? form.formOf(value) : value;
        Optional<Decoded> fields = avro(value)
                .map(node -> Decoded.whole(Encoding.AVRO, node))
                .or(() -> json(compared).map(node -> new Decoded(Encoding.JSON, shown(node), leftOut(value))));
        return fields.or(() -> text(compared).map(text -> Decoded.whole(Encoding.TEXT, NODES.textNode(text))))
                .orElseGet(() ->
                        Decoded.whole(Encoding.BYTES, NODES.textNode(KeyFormat.HEX_PREFIX + KeyFormat.hex(compared))));
    }

    /** The JSON document of a record that is an object or an array. */
    private static Optional<byte[]> document(AvroDocuments records, String topic, byte[] value) {
        try {
            return records.json(topic, value).filter(document -> json(document).isPresent());
        } catch (MalformedRecordException | RegistryUnavailableException e) {
            return Optional.empty(); // the bytes are shown
        }
    }

    /** Which of the members that are not compared a document has. */
    private List<String> leftOut(byte[] value) {
        JsonNode document = json(value).orElseThrow();
        return form.ignored().stream()
                .filter(pointer -> document.at(pointer.head()).isObject()
                        && document.at(pointer.head()).has(pointer.last().getMatchingProperty()))
                .map(JsonPointer::toString)
                .toList();
    }

    /** In canonical form, 100 is 1E+2, which people read more easily with its zeros, and what is no text is marked. */
    private JsonNode shown(JsonNode node) {
        if (form.kind() == ValueForm.Kind.NONE) {
            return node;
        } else if (node instanceof ObjectNode object) {
            object.properties().forEach(member -> member.setValue(shown(member.getValue())));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, shown(array.get(i)));
            }
        } else if (node.isBigDecimal()) {
            BigDecimal number = node.decimalValue();
            boolean isShort = number.scale() < 0 && (long) number.precision() - number.scale() <= MAX_DIGITS;
            return isShort ? NODES.numberNode(number.setScale(0)) : node;
        } else if (node.isTextual() && node.textValue().indexOf(AvroDocuments.NO_TEXT) == 0) {
            return NODES.textNode(node.textValue().substring(1));
        }
        return node;
    }

    private static Optional<JsonNode> json(byte[] value) {
        try {
            JsonNode node = JSON.readTree(value);
            return Optional.ofNullable(node).filter(JsonNode::isContainerNode);
        } catch (IOException | NumberFormatException e) { // no JSON, or an exponent beyond any number
            return Optional.empty();
        }
    }

    /** The value as text, if it is UTF-8. */
    static Optional<String> text(byte[] value) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    private Optional<JsonNode> avro(byte[] value) {
        if (value.length >= SINGLE_OBJECT_HEADER_BYTES
                && Arrays.equals(value, 0, SINGLE_OBJECT.length, SINGLE_OBJECT, 0, SINGLE_OBJECT.length)) {
            long fingerprint =
                    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(SINGLE_OBJECT.length);
            return schemas.stream()
                    .filter(schema -> SchemaNormalization.parsingFingerprint64(schema) == fingerprint)
                    .flatMap(schema -> avro(schema, value, SINGLE_OBJECT_HEADER_BYTES).stream())
                    .findFirst();
        }
        Optional<JsonNode> framed = value.length > REGISTRY_HEADER_BYTES && value[0] == 0
                ? first(value, REGISTRY_HEADER_BYTES)
                : Optional.empty();
        return framed.or(() -> first(value, 0));
    }

    private Optional<JsonNode> first(byte[] value, int from) {
        return schemas.stream()
                .flatMap(schema -> avro(schema, value, from).stream())
                .findFirst();
    }

    /** Reads a value of which no byte may be left. From an array: only then does Avro check each length against what is left. */
    private static Optional<JsonNode> avro(Schema schema, byte[] value, int from) {
        try {
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, null);
            Object datum = new GenericDatumReader<>(schema).read(null, decoder);
            return decoder.isEnd() ? Optional.of(node(datum)) : Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // not of this schema
        }
    }

    private static JsonNode node(Object datum) {
        if (datum == null) {
            return NODES.nullNode();
        } else if (datum instanceof IndexedRecord record) {
            ObjectNode object = NODES.objectNode();
            record.getSchema().getFields().forEach(field -> object.set(field.name(), node(record.get(field.pos()))));
            return object;
        } else if (datum instanceof Map<?, ?> map) {
            ObjectNode object = NODES.objectNode();
            Map<String, JsonNode> sorted = new TreeMap<>();
            map.forEach((key, member) -> sorted.put(key.toString(), node(member)));
            sorted.forEach(object::set);
            return object;
        } else if (datum instanceof Iterable<?> elements) {
            ArrayNode array = NODES.arrayNode();
            elements.forEach(element -> array.add(node(element)));
            return array;
        } else if (datum instanceof ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return NODES.textNode(KeyFormat.HEX_PREFIX + KeyFormat.hex(copy));
        } else if (datum instanceof GenericFixed fixed) {
            return NODES.textNode(KeyFormat.HEX_PREFIX + KeyFormat.hex(fixed.bytes()));
        }
        return scalar(datum);
    }

    private static JsonNode scalar(Object datum) {
        if (datum instanceof Integer number) {
            return NODES.numberNode(number);
        } else if (datum instanceof Long number) {
            return NODES.numberNode(number);
        } else if (datum instanceof Float number && Float.isFinite(number)) {
            return NODES.numberNode(number);
        } else if (datum instanceof Double number && Double.isFinite(number)) {
            return NODES.numberNode(number);
        } else if (datum instanceof Boolean flag) {
            return NODES.booleanNode(flag);
        }
        return NODES.textNode(datum.toString());
    }
}

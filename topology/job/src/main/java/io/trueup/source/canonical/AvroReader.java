package io.trueup.source.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.WrittenRecords.Written;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Reads one record as a document; see {@link AvroDocuments}. Whatever schema somebody has registered, time and memory are bounded by the
 * number of bytes. Reads from an array: only for arrays does Avro check each length against the bytes that are left.
 */
final class AvroReader {

    /** How deep values may be nested: fewer levels than Jackson writes. */
    static final int MAX_DEPTH = 500;

    /** How many values of no bytes a record may have: a schema of a few lines can describe any number of them. */
    private static final int MAX_EMPTY = 100_000;

    /** Longer decimals are compared by their bytes: the time to convert them grows with the square of their length. */
    private static final int MAX_DECIMAL_BYTES = 256;

    private static final int UUID_BYTES = 16;

    private static final char REPLACEMENT = '\uFFFD';

    /** By how many digits a time is shifted to be one in milliseconds. */
    private static final Map<String, Integer> TIMES = Map.of(
            "time-micros", 3,
            "timestamp-micros", 3,
            "local-timestamp-micros", 3,
            "timestamp-nanos", 6,
            "local-timestamp-nanos", 6);

    private final BinaryDecoder in;
    private int left;
    private int depth;

    /** The bytes are a record, and yet no document. */
    private static final class NoDocumentException extends Exception {

        private static final long serialVersionUID = 1L;

        NoDocumentException() {
            super(null, null, false, false);
        }
    }

    private AvroReader(Written record) {
        int length = record.bytes().length - record.from();
        in = DecoderFactory.get().binaryDecoder(record.bytes(), record.from(), length, null);
        left = MAX_EMPTY + length;
    }

    static Optional<JsonNode> read(Written record) throws MalformedRecordException {
        String type = record.schema().getFullName();
        AvroReader reader = new AvroReader(record);
        try {
            JsonNode document = reader.read(record.schema());
            if (!reader.in.isEnd()) {
                throw new MalformedRecordException("more bytes than a record of " + type + " takes");
            }
            return Optional.of(document);
        } catch (NoDocumentException e) {
            return Optional.empty();
        } catch (EOFException e) {
            throw new MalformedRecordException(
                    "ends in the middle of a record of " + type + ", after " + record.bytes().length + " bytes", e);
        } catch (IOException | RuntimeException e) {
            throw new MalformedRecordException("not a valid record of " + type + ": " + e.getMessage(), e);
        }
    }

    private JsonNode read(Schema schema) throws IOException, NoDocumentException {
        left--;
        depth++;
        if (left < 0 || depth > MAX_DEPTH) {
            throw new NoDocumentException();
        }
        JsonNode value = switch (schema.getType()) {
            case RECORD -> record(schema);
            case MAP -> map(schema.getValueType());
            case ARRAY -> array(schema.getElementType());
            case UNION -> read(schema.getTypes().get(in.readIndex()));
            case ENUM -> new TextNode(schema.getEnumSymbols().get(in.readEnum()));
            case STRING -> string(bytes());
            case BYTES -> binary(schema, bytes());
            case FIXED -> binary(schema, fixed(schema.getFixedSize()));
            case INT -> integer(schema, in.readInt());
            case LONG -> integer(schema, in.readLong());
            case FLOAT -> number(in.readFloat());
            case DOUBLE -> number(in.readDouble());
            case BOOLEAN -> BooleanNode.valueOf(in.readBoolean());
            case NULL -> NullNode.getInstance();
        };
        depth--;
        return value;
    }

    private JsonNode record(Schema schema) throws IOException, NoDocumentException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (Schema.Field field : schema.getFields()) {
            object.set(field.name(), read(field.schema()));
        }
        return object;
    }

    private JsonNode map(Schema values) throws IOException, NoDocumentException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        for (long count = in.readMapStart(); count > 0; count = in.mapNext()) {
            for (long i = 0; i < count; i++) {
                String key = string(bytes()).textValue();
                if (object.has(key)) {
                    throw new NoDocumentException();
                }
                object.set(key, read(values));
            }
        }
        return object;
    }

    private JsonNode array(Schema elements) throws IOException, NoDocumentException {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (long count = in.readArrayStart(); count > 0; count = in.arrayNext()) {
            for (long i = 0; i < count; i++) {
                array.add(read(elements));
            }
        }
        return array;
    }

    private byte[] bytes() throws IOException {
        ByteBuffer buffer = in.readBytes(null);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private byte[] fixed(int size) throws IOException {
        if (size > in.remainingBytes()) { // before an array of that size is made
            throw new EOFException();
        }
        byte[] bytes = new byte[size];
        in.readFixed(bytes);
        return bytes;
    }

    /** Bytes that are no UTF-8 all become the same character in Java, and would be equal. */
    private static JsonNode string(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)
                ? new TextNode(text)
                : noText("text:" + HexFormat.of().formatHex(bytes));
    }

    /** The same bytes of another scale are another number. */
    private static JsonNode binary(Schema schema, byte[] bytes) {
        LogicalType type = schema.getLogicalType();
        if (type instanceof LogicalTypes.Decimal decimal) {
            return bytes.length > 0 && bytes.length <= MAX_DECIMAL_BYTES
                    ? DecimalNode.valueOf(new BigDecimal(new BigInteger(bytes), decimal.getScale()))
                    : noText("decimal:" + decimal.getScale() + ":"
                            + HexFormat.of().formatHex(bytes));
        }
        if (type instanceof LogicalTypes.Uuid && bytes.length == UUID_BYTES) {
            ByteBuffer halves = ByteBuffer.wrap(bytes);
            return new TextNode(new UUID(halves.getLong(), halves.getLong()).toString());
        }
        return noText("hex:" + HexFormat.of().formatHex(bytes));
    }

    /** The same number of another unit is another time. */
    private static JsonNode integer(Schema schema, long number) {
        LogicalType type = schema.getLogicalType();
        Integer digits = type == null ? null : TIMES.get(type.getName());
        return digits == null ? LongNode.valueOf(number) : DecimalNode.valueOf(BigDecimal.valueOf(number, digits));
    }

    /**
     * A float is the double of the same value. Whole numbers have all their digits, so that they compare with integers; others have as many
     * as no other double has.
     */
    private static JsonNode number(double number) {
        if (!Double.isFinite(number)) {
            return noText(Double.toString(number));
        }
        return DecimalNode.valueOf(number == Math.rint(number) ? new BigDecimal(number) : BigDecimal.valueOf(number));
    }

    private static JsonNode noText(String what) {
        return new TextNode(AvroDocuments.NO_TEXT + what);
    }
}

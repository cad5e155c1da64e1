package io.trueup.source.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.WrittenRecords.Written;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Reads one record as a document. Whatever schema somebody has registered, time and memory are bounded by the number of bytes. Reads from
 * an array: only for arrays does Avro check each length against the bytes that are left.
 */
public final class AvroReader {

    /** How deep values may be nested: fewer levels than Jackson writes. */
    public static final int MAX_DEPTH = 500;

    /** How many values of no bytes a record may have: a schema of a few lines can describe any number of them. */
    private static final int MAX_EMPTY = 100_000;

    private final BinaryDecoder in;
    private final AvroLeaves leaves;
    private int left;
    private int depth;

    /** The bytes are a record, and yet no document. */
    private static final class NoDocumentException extends Exception {

        private static final long serialVersionUID = 1L;

        NoDocumentException() {
            super(null, null, false, false);
        }
    }

    private AvroReader(Written record, AvroLeaves leaves) {
        this.leaves = leaves;
        int length = record.bytes().length - record.from();
        in = DecoderFactory.get().binaryDecoder(record.bytes(), record.from(), length, null);
        left = MAX_EMPTY + length;
    }

    /**
     * Returns the document that a record is.
     *
     * @param leaves what values without parts become
     * @return empty where there is none: a map has a key twice, or the record is nested deeper than {@value #MAX_DEPTH} levels or has
     *     countless elements of no bytes
     * @throws MalformedRecordException if the bytes are no record of their schema
     */
    public static Optional<JsonNode> read(Written record, AvroLeaves leaves) throws MalformedRecordException {
        String type = record.schema().getFullName();
        AvroReader reader = new AvroReader(record, leaves);
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
            case STRING -> leaves.string(bytes());
            case BYTES -> leaves.binary(schema, bytes());
            case FIXED -> leaves.binary(schema, fixed(schema.getFixedSize()));
            case INT -> leaves.integer(schema, in.readInt());
            case LONG -> leaves.integer(schema, in.readLong());
            case FLOAT -> leaves.number(in.readFloat());
            case DOUBLE -> leaves.number(in.readDouble());
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
                String key = leaves.string(bytes()).textValue();
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
}

package io.trueup.source.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.UUID;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * Values as Kafka Connect's JSON converter writes them: bytes and decimals in Base64, times as their numbers, NaN and infinite numbers as
 * texts. Thread-safe.
 */
public final class ConnectLeaves implements AvroLeaves {

    private static final int UUID_BYTES = 16;

    /** @throws IllegalArgumentException if the bytes are not UTF-8 */
    @Override
    public JsonNode string(byte[] utf8) {
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8));
            return new TextNode(text.toString());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a string is not UTF-8", e);
        }
    }

    @Override
    public JsonNode binary(Schema schema, byte[] bytes) {
        if (schema.getLogicalType() instanceof LogicalTypes.Uuid && bytes.length == UUID_BYTES) {
            ByteBuffer halves = ByteBuffer.wrap(bytes);
            return new TextNode(new UUID(halves.getLong(), halves.getLong()).toString());
        }
        return new TextNode(Base64.getEncoder().encodeToString(bytes));
    }

    @Override
    public JsonNode integer(Schema schema, long number) {
        return LongNode.valueOf(number);
    }

    @Override
    public JsonNode number(float number) {
        return decimal(Float.toString(number), Float.isFinite(number));
    }

    @Override
    public JsonNode number(double number) {
        return decimal(Double.toString(number), Double.isFinite(number));
    }

    private static JsonNode decimal(String text, boolean finite) {
        return finite ? DecimalNode.valueOf(new BigDecimal(text)) : new TextNode(text);
    }
}

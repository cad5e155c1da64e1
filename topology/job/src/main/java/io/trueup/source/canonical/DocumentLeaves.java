package io.trueup.source.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.trueup.source.avro.AvroLeaves;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** Values by what they say, and not by their type; see {@link AvroDocuments}. */
final class DocumentLeaves implements AvroLeaves {

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

    /** Bytes that are no UTF-8 all become the same character in Java, and would be equal. */
    @Override
    public JsonNode string(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)
                ? new TextNode(text)
                : noText("text:" + HexFormat.of().formatHex(bytes));
    }

    /** The same bytes of another scale are another number. */
    @Override
    public JsonNode binary(Schema schema, byte[] bytes) {
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
    @Override
    public JsonNode integer(Schema schema, long number) {
        LogicalType type = schema.getLogicalType();
        Integer digits = type == null ? null : TIMES.get(type.getName());
        return digits == null ? LongNode.valueOf(number) : DecimalNode.valueOf(BigDecimal.valueOf(number, digits));
    }

    /**
     * A float is the double of the same value. Whole numbers have all their digits, so that they compare with integers; others have as many
     * as no other double has.
     */
    @Override
    public JsonNode number(double number) {
        if (!Double.isFinite(number)) {
            return noText(Double.toString(number));
        }
        return DecimalNode.valueOf(number == Math.rint(number) ? new BigDecimal(number) : BigDecimal.valueOf(number));
    }

    private static JsonNode noText(String what) {
        return new TextNode(AvroDocuments.NO_TEXT + what);
    }
}

package io.trueup.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;

/**
 * Values of columns in a form that is independent of the database and the settings of the capture, as far as the schema of the event
 * says what they are: a time in milliseconds, in microseconds and as text is the same time; a decimal is its number, however it is
 * encoded; a JSON column is a document and not its text. Without a schema, a row stays as it is.
 *
 * <p>Source of the names: "Data type mappings" in the documentation of Debezium's connectors, and Connect's logical types.
 */
final class DebeziumTypes {

    /** A document in a column becomes part of its row, which must not be nested deeper than it can be written. */
    private static final int MAX_DEPTH = 500;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final MathContext FLOAT_DIGITS = new MathContext(6, RoundingMode.HALF_EVEN);

    /** Two numbers of so many digits are never the same double. */
    private static final int DOUBLE_DIGITS = 15;

    /** So many digits suffice for any double. */
    private static final int MAX_DOUBLE_DIGITS = 17;

    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long MILLIS_PER_SECOND = 1_000;

    private DebeziumTypes() {}

    /**
     * Returns a copy of a row or a key, in that form.
     *
     * @param type what Connect's schema says of it, or null
     */
    static JsonNode normalised(JsonNode value, ConnectType type) {
        if (type == null || value.isNull()) {
            return value.deepCopy();
        }
        try {
            JsonNode logical = logical(value, type);
            if (logical != null) {
                return logical;
            }
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException | IOException e) {
            return value.deepCopy(); // it is not what its schema says: compared as it is
        }
        if (value instanceof ObjectNode struct) {
            ObjectNode copy = MAPPER.createObjectNode();
            for (Map.Entry<String, JsonNode> member : struct.properties()) {
                copy.set(member.getKey(), normalised(member.getValue(), type.field(member.getKey())));
            }
            return copy;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode copy = MAPPER.createArrayNode();
            array.forEach(item -> copy.add(normalised(item, type.items())));
            return copy;
        }
        return value.deepCopy();
    }

    /** The value of a logical type; null if the type is none. */
    private static JsonNode logical(JsonNode value, ConnectType type) throws IOException {
        return switch (type.name()) {
            case "io.debezium.time.Date", "org.apache.kafka.connect.data.Date" ->
                text(LocalDate.ofEpochDay(number(value)));
            case "io.debezium.time.IsoDate" -> text(LocalDate.parse(date(string(value))));
            case "io.debezium.time.Timestamp", "org.apache.kafka.connect.data.Timestamp" ->
                dateTime(number(value), MILLIS_PER_SECOND);
            case "io.debezium.time.MicroTimestamp" -> dateTime(number(value), MICROS_PER_SECOND);
            case "io.debezium.time.NanoTimestamp" -> dateTime(number(value), NANOS_PER_SECOND);
            case "io.debezium.time.IsoTimestamp" ->
                text(LocalDateTime.ofInstant(Instant.parse(string(value)), ZoneOffset.UTC));
            case "io.debezium.time.ZonedTimestamp" ->
                text(OffsetDateTime.parse(string(value)).toInstant());
            case "io.debezium.time.Time", "org.apache.kafka.connect.data.Time" ->
                time(number(value), MILLIS_PER_SECOND);
            case "io.debezium.time.MicroTime" -> time(number(value), MICROS_PER_SECOND);
            case "io.debezium.time.NanoTime" -> time(number(value), NANOS_PER_SECOND);
            case "io.debezium.time.IsoTime" ->
                text(OffsetTime.parse(string(value))
                        .withOffsetSameInstant(ZoneOffset.UTC)
                        .toLocalTime());
            case "io.debezium.time.ZonedTime" ->
                text(OffsetTime.parse(string(value)).withOffsetSameInstant(ZoneOffset.UTC));
            case "org.apache.kafka.connect.data.Decimal" -> decimal(value, type.scale());
            case "io.debezium.data.VariableScaleDecimal" ->
                decimal(value.path("value"), value.path("scale").asInt());
            case "io.debezium.data.Json" -> document(value);
            case "io.debezium.data.Uuid" -> new TextNode(value.asText().toLowerCase(Locale.ROOT));
            default -> value.isNumber() ? floating(value, type.type()) : null;
        };
    }

    /**
     * A float by six digits, as many as it holds of any number: a snapshot of MySQL shows no more of them, and later events do. A double by
     * as many as no other double has, however many a connector writes.
     */
    private static JsonNode floating(JsonNode value, String type) {
        switch (type) {
            case "float" -> {
                float number = value.floatValue();
                return Float.isFinite(number)
                        ? DecimalNode.valueOf(new BigDecimal(number).round(FLOAT_DIGITS))
                        : value.deepCopy();
            }
            case "double" -> {
                BigDecimal written = value.decimalValue();
                if (written.precision() <= DOUBLE_DIGITS) {
                    return null;
                }
                double number = written.doubleValue();
                return Double.isFinite(number) ? DecimalNode.valueOf(shortest(number)) : value.deepCopy();
            }
            default -> {
                return null;
            }
        }
    }

    private static BigDecimal shortest(double number) {
        BigDecimal exact = new BigDecimal(number);
        BigDecimal rounded = exact;
        for (int digits = MAX_DOUBLE_DIGITS; digits >= DOUBLE_DIGITS; digits--) {
            BigDecimal shorter = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (shorter.doubleValue() != number) {
                break;
            }
            rounded = shorter;
        }
        return rounded;
    }

    private static long number(JsonNode value) {
        if (!value.canConvertToExactIntegral() || !value.canConvertToLong()) {
            throw new IllegalArgumentException("not a whole number of 64 bits");
        }
        return value.longValue();
    }

    private static String string(JsonNode value) {
        if (!value.isTextual()) {
            throw new IllegalArgumentException("not a text");
        }
        return value.textValue();
    }

    private static String date(String text) {
        return text.endsWith("Z") ? text.substring(0, text.length() - 1) : text;
    }

    private static JsonNode dateTime(long value, long perSecond) {
        long seconds = Math.floorDiv(value, perSecond);
        long nanos = Math.floorMod(value, perSecond) * (NANOS_PER_SECOND / perSecond);
        return text(LocalDateTime.ofEpochSecond(seconds, (int) nanos, ZoneOffset.UTC));
    }

    private static JsonNode time(long value, long perSecond) {
        return text(LocalTime.ofNanoOfDay(Math.multiplyExact(value, NANOS_PER_SECOND / perSecond)));
    }

    private static JsonNode text(Object time) {
        return new TextNode(time.toString());
    }

    private static JsonNode decimal(JsonNode value, int scale) throws IOException {
        if (value.isNumber()) {
            return DecimalNode.valueOf(value.decimalValue());
        }
        byte[] unscaled = value.binaryValue();
        if (unscaled == null) {
            throw new IllegalArgumentException("not bytes");
        }
        return DecimalNode.valueOf(new BigDecimal(new BigInteger(unscaled), scale));
    }

    private static JsonNode document(JsonNode value) throws JsonProcessingException {
        JsonNode document = value.isTextual() ? MAPPER.readTree(value.textValue()) : value.deepCopy();
        return document.isMissingNode() || document.isNull()
                ? value
                : document; // JSON's null is a value, SQL's is none
    }
}

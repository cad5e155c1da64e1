package io.trueup.cli.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import io.trueup.failure.KeyFormat;
import io.trueup.plan.PlannedRepair;
import io.trueup.reconcile.rule.Divergence;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A JSON object of a plan, whose members must have the types that the format gives them: numbers are whole, and none is rounded. All
 * methods throw {@link IllegalArgumentException}, whose message names the member.
 */
final class PlanObject {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final String name;
    private final JsonNode object;

    private PlanObject(String name, JsonNode object) {
        this.name = name;
        this.object = object;
    }

    /** Reads a line. */
    static PlanObject parse(String line) {
        JsonNode object;
        try {
            object = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("it is no JSON object: " + e.getOriginalMessage(), e);
        }
        if (!object.isObject()) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        return new PlanObject("", object);
    }

    /** The repair that the object describes. */
    PlannedRepair repair() {
        PlanObject winner = object("winner").orElseThrow(() -> wrong("winner", "an object", object.get("winner")));
        return new PlannedRepair(
                key(),
                (int) number("partition", 0, Integer.MAX_VALUE),
                text("target"),
                reason(),
                new PlannedRepair.Winner(
                        winner.text("replica"),
                        winner.text("topic"),
                        winner.number("offset", 0, Long.MAX_VALUE),
                        winner.number("version", Long.MIN_VALUE, Long.MAX_VALUE),
                        winner.time("position"),
                        winner.flag("deleted")),
                object("observed")
                        .map(observed -> new PlannedRepair.Observed(
                                observed.text("topic"),
                                observed.number("offset", 0, Long.MAX_VALUE),
                                observed.number("version", Long.MIN_VALUE, Long.MAX_VALUE),
                                observed.flag("deleted"))),
                time("since"));
    }

    private byte[] key() {
        String text = required("key", JsonNodeType.STRING, "a text").textValue();
        try {
            return KeyFormat.parse(text, false);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("key: " + e.getMessage(), e);
        }
    }

    private Divergence reason() {
        String text = text("reason");
        return Arrays.stream(Divergence.values())
                .filter(reason -> reason.name().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "reason is none of MISSING, STALE, UNDELETED and CORRUPT, but " + text));
    }

    String text(String member) {
        String text = required(member, JsonNodeType.STRING, "a text").textValue();
        if (text.isEmpty()) {
            throw new IllegalArgumentException(name + member + " is empty");
        }
        return text;
    }

    private boolean flag(String member) {
        return required(member, JsonNodeType.BOOLEAN, "true or false").booleanValue();
    }

    long number(String member, long least, long most) {
        String expected = "a whole number" + (least == 0 ? " from 0 up" : "");
        JsonNode number = required(member, JsonNodeType.NUMBER, expected);
        boolean inRange = number.isIntegralNumber()
                && number.canConvertToLong()
                && number.longValue() >= least
                && number.longValue() <= most;
        if (!inRange) {
            throw wrong(member, expected + " in its range", number);
        }
        return number.longValue();
    }

    long time(String member) {
        String text = text(member);
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    name + member + " is no time such as 2026-11-22T12:00:00Z, but " + text, e);
        }
    }

    List<String> texts(String member) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : required(member, JsonNodeType.ARRAY, "a list of texts")) {
            if (!element.isTextual()) {
                throw wrong(member, "a list of texts", element);
            }
            texts.add(element.textValue());
        }
        return List.copyOf(texts);
    }

    /** An object, or nothing for null; a member that is missing is an error. */
    private Optional<PlanObject> object(String member) {
        JsonNode value = object.get(member);
        if (value != null && value.isNull()) {
            return Optional.empty();
        }
        return Optional.of(new PlanObject(name + member + ".", required(member, JsonNodeType.OBJECT, "an object")));
    }

    private JsonNode required(String member, JsonNodeType type, String expected) {
        JsonNode value = object.get(member);
        if (value == null || value.getNodeType() != type) {
            throw wrong(member, expected, value);
        }
        return value;
    }

    private IllegalArgumentException wrong(String member, String expected, JsonNode found) {
        return new IllegalArgumentException(name
                + member
                + (found == null ? " is missing; it is " + expected : " is not " + expected + ", but " + found));
    }
}

package io.trueup.ops.http;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** The JSON object that a request posts. An action names all fields that it knows, so that a misspelt one is no silent default. */
public final class Body {

    private static final int MAX_SHOWN = 60;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final ObjectNode fields;

    private Body(ObjectNode fields) {
        this.fields = fields;
    }

    /**
     * Reads a body.
     *
     * @throws InvalidBodyException if it is no JSON object
     */
    public static Body parse(byte[] json) throws InvalidBodyException {
        try {
            if (JSON.readTree(json) instanceof ObjectNode object) {
                return new Body(object);
            }
        } catch (IOException e) {
            // the same answer: the text of the exception quotes the body
        }
        throw new InvalidBodyException("the body is not one JSON object whose fields have different names");
    }

    /** Requires that there are no other fields than these. */
    public Body allow(String... names) throws InvalidBodyException {
        Set<String> allowed = new TreeSet<>(List.of(names));
        for (Iterator<String> given = fields.fieldNames(); given.hasNext(); ) {
            String name = given.next();
            if (!allowed.contains(name)) {
                throw new InvalidBodyException(
                        "there is no field '" + shown(name) + "' here; there is " + String.join(", ", allowed));
            }
        }
        return this;
    }

    /** Returns a text; empty if it is not given. */
    public Optional<String> text(String name) throws InvalidBodyException {
        JsonNode value = fields.get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw new InvalidBodyException(name + " is no text");
        }
        return Optional.of(value.textValue());
    }

    /** Returns a text that must be given. */
    public String requiredText(String name) throws InvalidBodyException {
        return text(name).orElseThrow(() -> new InvalidBodyException(name + " is missing"));
    }

    /** Returns a text that must be one of some; the default if it is not given. */
    public String oneOf(String name, String byDefault, List<String> all) throws InvalidBodyException {
        String value = text(name).orElse(byDefault);
        if (!all.contains(value)) {
            throw new InvalidBodyException(name + "='" + shown(value) + "' is none of " + String.join(", ", all));
        }
        return value;
    }

    /** Returns a whole number within bounds; empty if it is not given. */
    public OptionalLong number(String name, long min, long max) throws InvalidBodyException {
        JsonNode value = fields.get(name);
        return value == null ? OptionalLong.empty() : OptionalLong.of(number(name, value, min, max));
    }

    /** Returns whole numbers within bounds; none if they are not given. */
    public List<Integer> numbers(String name, int min, int max) throws InvalidBodyException {
        JsonNode values = fields.get(name);
        List<Integer> numbers = new ArrayList<>();
        if (values == null) {
            return numbers;
        }
        if (!values.isArray() || values.isEmpty()) {
            throw new InvalidBodyException(name + " is no list of at least one number");
        }
        for (JsonNode value : values) {
            numbers.add((int) number(name, value, min, max));
        }
        return numbers;
    }

    private static long number(String name, JsonNode value, long min, long max) throws InvalidBodyException {
        if (value.isIntegralNumber()
                && value.canConvertToLong()
                && value.longValue() >= min
                && value.longValue() <= max) {
            return value.longValue();
        }
        throw new InvalidBodyException(
                name + "=" + shown(value.toString()) + " is not a whole number from " + min + " to " + max);
    }

    private static String shown(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}

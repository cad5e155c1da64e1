package io.trueup.ops.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** What a request asks for. A resource names all that it knows, so that a misspelt one is no silent default. Immutable. */
public final class Query {

    private static final int MAX_SHOWN = 60;

    private final Map<String, List<String>> parameters;
    private final String accept;

    /**
     * @param parameters values by name, decoded
     * @param accept the header {@code Accept}; empty if there is none
     */
    public Query(Map<String, List<String>> parameters, String accept) {
        this.parameters = parameters;
        this.accept = accept;
    }

    /** Whether the client has named a media type among those that it wants. */
    public boolean accepts(String mediaType) {
        return accept.contains(mediaType);
    }

    /** Requires that there are no other parameters than these, and each at most once. */
    public Query allow(String... names) throws InvalidQueryException {
        Set<String> allowed = new TreeSet<>(List.of(names));
        for (Map.Entry<String, List<String>> parameter : parameters.entrySet()) {
            if (!allowed.contains(parameter.getKey())) {
                throw new InvalidQueryException("there is no parameter '" + shown(parameter.getKey()) + "' here; "
                        + (allowed.isEmpty() ? "this path has none" : "there is " + String.join(", ", allowed)));
            }
            if (parameter.getValue().size() > 1) {
                throw new InvalidQueryException(parameter.getKey() + " is given more than once");
            }
        }
        return this;
    }

    /** Returns a whole number within bounds, or the default if it is not given. */
    public int number(String name, int byDefault, int min, int max) throws InvalidQueryException {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.isEmpty()) {
            return byDefault;
        }
        try {
            int number = Integer.parseInt(values.get(0));
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // the same answer
        }
        throw new InvalidQueryException(
                name + "='" + shown(values.get(0)) + "' is not a whole number from " + min + " to " + max);
    }

    /** Returns a time, in milliseconds since the epoch, which is written as RFC 3339 has it; empty if it is not given. */
    public OptionalLong time(String name) throws InvalidQueryException {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Instant.parse(values.get(0)).toEpochMilli());
        } catch (DateTimeException | ArithmeticException e) {
            throw new InvalidQueryException(
                    name + "='" + shown(values.get(0)) + "' is not a time such as 2026-01-31T12:00:00Z");
        }
    }

    /** Returns a text that must be given. */
    public String requiredText(String name) throws InvalidQueryException {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.isEmpty() || values.get(0).isEmpty()) {
            throw new InvalidQueryException(name + " is missing");
        }
        return values.get(0);
    }

    private static String shown(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}

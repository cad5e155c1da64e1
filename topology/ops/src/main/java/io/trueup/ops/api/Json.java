package io.trueup.ops.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** How values are written. Times are in UTC, as RFC 3339 has them. */
final class Json {

    private Json() {}

    /** The answer while the reports were not read yet. */
    static Answer notRead() {
        return Answer.problem(
                503,
                "Service Unavailable",
                "the round reports were not read yet; this takes a few seconds after the start, and the log says if they cannot"
                        + " be read");
    }

    static void time(ObjectNode json, String name, long ms) {
        json.put(name, Instant.ofEpochMilli(ms).toString());
    }

    static void time(ObjectNode json, String name, OptionalLong ms) {
        if (ms.isPresent()) {
            time(json, name, ms.getAsLong());
        } else {
            json.putNull(name);
        }
    }

    static void number(ObjectNode json, String name, OptionalLong number) {
        if (number.isPresent()) {
            json.put(name, number.getAsLong());
        } else {
            json.putNull(name);
        }
    }

    static void number(ObjectNode json, String name, OptionalInt number) {
        number(json, name, number.isPresent() ? OptionalLong.of(number.getAsInt()) : OptionalLong.empty());
    }

    static void counts(ObjectNode json, String name, Map<String, Long> counts) {
        ObjectNode object = json.putObject(name);
        counts.forEach(object::put);
    }

    static void names(ObjectNode json, String name, Collection<String> names) {
        ArrayNode array = json.putArray(name);
        names.forEach(array::add);
    }
}

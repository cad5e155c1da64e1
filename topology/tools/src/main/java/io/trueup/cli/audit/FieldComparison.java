package io.trueup.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.cli.audit.ValueDecoder.Decoded;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The values that replicas hold for a divergent key, side by side. A value that has no fields is one field, {@value #WHOLE}.
 *
 * @param values the values that are known, by replica, in order of name
 * @param unknown replicas with a live entry whose write event contains no value
 * @param fields the fields that are not the same in all values; if only one replica has a value, all of its fields
 * @param leftOut members that a value has and that are not compared, as JSON pointers
 */
record FieldComparison(Map<String, Decoded> values, List<String> unknown, List<Field> fields, List<String> leftOut) {

    /** The name of the only field of a value that has none. */
    static final String WHOLE = "(value)";

    private static final Pattern PLAIN_NAME = Pattern.compile("[\\p{L}\\p{N}_$-]+");

    /**
     * One field.
     *
     * @param path its name: {@code address.lines[0]}; a name with other characters is quoted, as in {@code address["a.b"]}
     * @param values its contents by replica; a replica whose value lacks the field is missing
     */
    record Field(String path, Map<String, JsonNode> values) {}

    static FieldComparison of(DivergentKey key, ValueDecoder decoder) {
        Map<String, Decoded> values = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        key.entries()
                .forEach((replica, held) -> held.filter(entry -> entry.state() == State.LIVE)
                        .ifPresent(entry -> entry.value()
                                .ifPresentOrElse(
                                        value -> values.put(
                                                replica,
                                                decoder.decode(entry.place().topic(), value)),
                                        () -> unknown.add(replica))));
        Map<String, Map<String, JsonNode>> fields = new LinkedHashMap<>();
        values.forEach((replica, value) -> flatten(
                "",
                value.content(),
                (path, content) -> fields.computeIfAbsent(path, added -> new LinkedHashMap<>())
                        .put(replica, content)));
        List<Field> different = new ArrayList<>();
        fields.forEach((path, contents) -> {
            // as texts: numbers of different texts are equal in some ways, and their bytes are not
            boolean same = contents.size() == values.size()
                    && contents.values().stream()
                                    .map(JsonNode::toString)
                                    .distinct()
                                    .count()
                            == 1;
            if (!same || values.size() == 1) {
                different.add(new Field(path, contents));
            }
        });
        List<String> leftOut = values.values().stream()
                .flatMap(value -> value.leftOut().stream())
                .distinct()
                .sorted()
                .toList();
        return new FieldComparison(values, unknown, different, leftOut);
    }

    private interface Sink {
        void accept(String path, JsonNode content);
    }

    private static void flatten(String path, JsonNode node, Sink sink) {
        if (node.isEmpty()) { // a scalar, or an object or array without elements
            sink.accept(path.isEmpty() ? WHOLE : path, node);
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                flatten(path + "[" + i + "]", node.get(i), sink);
            }
        } else {
            node.properties().forEach(field -> flatten(path + step(path, field.getKey()), field.getValue(), sink));
        }
    }

    private static String step(String path, String name) {
        if (!PLAIN_NAME.matcher(name).matches()) {
            return "[" + ValueText.quoted(name) + "]";
        }
        return path.isEmpty() ? name : "." + name;
    }
}

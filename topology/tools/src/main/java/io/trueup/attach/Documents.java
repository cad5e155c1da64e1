package io.trueup.attach;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Iterator;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** JSON documents: what they are, and in which members two of them differ. */
final class Documents {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Documents() {}

    /** Returns the document that bytes encode, or null. */
    static JsonNode parse(byte[] value) {
        try {
            JsonNode document = MAPPER.readTree(value);
            return document == null || document.isMissingNode() ? null : document;
        } catch (IOException | NumberFormatException e) {
            return null;
        }
    }

    /** Whether a document is a change event of a capture such as Debezium, with or without its schema. */
    static boolean isEnvelope(JsonNode document) {
        boolean withSchema = document.has("schema") && document.has("payload") && document.size() == 2;
        JsonNode event = withSchema ? document.get("payload") : document;
        return event.path("op").isTextual() && event.path("source").isObject();
    }

    /** JSON pointers of the members in which two documents differ, as deep as both have objects. */
    static Set<String> differences(JsonNode a, JsonNode b) {
        Set<String> pointers = new TreeSet<>();
        collect("", a, b, pointers);
        return pointers;
    }

    private static void collect(String pointer, JsonNode a, JsonNode b, Set<String> pointers) {
        if (a == null || b == null || !a.isObject() || !b.isObject()) {
            if (!isSame(a, b)) {
                pointers.add(pointer);
            }
            return;
        }
        Set<String> names = new TreeSet<>();
        addNames(a, names);
        addNames(b, names);
        for (String name : names) {
            String escaped = name.replace("~", "~0").replace("/", "~1");
            collect(pointer + "/" + escaped, a.get(name), b.get(name), pointers);
        }
    }

    private static void addNames(JsonNode object, Set<String> names) {
        for (Iterator<String> all = object.fieldNames(); all.hasNext(); ) {
            names.add(all.next());
        }
    }

    private static boolean isSame(JsonNode a, JsonNode b) {
        if (a != null && b != null && a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue()) == 0;
        }
        return Objects.equals(a, b);
    }
}

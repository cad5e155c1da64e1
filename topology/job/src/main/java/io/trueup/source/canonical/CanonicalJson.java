package io.trueup.source.canonical;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The canonical form of JSON documents: members in order of their names, no white space, numbers by their value ({@code 1}, {@code 1.0}
 * and {@code 1e0} are equal; every digit counts), strings by their characters, however they are escaped. The order of arrays counts, and
 * a member that is null is not an absent one. Thread-safe.
 *
 * <p>RFC 8785 is not used: it reads numbers as doubles, so integers above 2^53 that differ would be equal.
 */
final class CanonicalJson implements Canonical {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII) // the encoder would replace half of a surrogate pair
            .build();

    private final List<JsonPointer> ignored;

    /** @param ignored members that are left out */
    CanonicalJson(List<JsonPointer> ignored) {
        this.ignored = List.copyOf(ignored);
    }

    /**
     * Returns the canonical form of a document. Bytes that are no JSON document, that name a member twice, or whose nesting or numbers
     * are beyond the bounds of the parser, are their own canonical form: only the same bytes are equal to them.
     */
    @Override
    public byte[] form(byte[] value) {
        try {
            JsonNode document = MAPPER.readTree(value);
            if (document == null || document.isMissingNode()) {
                return value;
            }
            return form(document);
        } catch (IOException | NumberFormatException e) { // no JSON, no text, or an exponent beyond any number
            return value;
        }
    }

    /**
     * Returns the canonical form of a document, which may be changed.
     */
    byte[] form(JsonNode document) {
        for (JsonPointer pointer : ignored) {
            remove(document, pointer);
        }
        try {
            return MAPPER.writeValueAsBytes(canonical(document));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a document that was read can be written", e);
        }
    }

    private static void remove(JsonNode document, JsonPointer pointer) {
        JsonNode parent = document.at(pointer.head());
        if (parent instanceof ObjectNode object) {
            object.remove(pointer.last().getMatchingProperty());
        }
    }

    private static JsonNode canonical(JsonNode node) {
        if (node instanceof ObjectNode object) {
            TreeMap<String, JsonNode> members = new TreeMap<>();
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                members.put(member.getKey(), canonical(member.getValue()));
            }
            object.removeAll();
            object.setAll(members);
            return object;
        }
        if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, canonical(array.get(i)));
            }
            return array;
        }
        return node.isNumber() ? number(node.decimalValue()) : node;
    }

    private static JsonNode number(BigDecimal number) {
        if (number.signum() == 0) {
            return DecimalNode.valueOf(BigDecimal.ZERO);
        }
        try {
            return DecimalNode.valueOf(number.stripTrailingZeros());
        } catch (ArithmeticException e) {
            return DecimalNode.valueOf(number); // without its zeros, its exponent would be beyond any
        }
    }
}

package io.trueup.ops.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * An answer to a request.
 *
 * @param status the status code
 * @param contentType the media type of the body
 * @param body the body; must not be changed
 * @param headers headers that it has in place of those that every answer has, or besides them
 */
public record Answer(int status, String contentType, byte[] body, Map<String, String> headers) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** An answer with the headers that every answer has. */
    public Answer(int status, String contentType, byte[] body) {
        this(status, contentType, body, Map.of());
    }

    /** An answer with a JSON body. */
    public static Answer json(int status, JsonNode body) {
        return new Answer(status, "application/json", bytes(body));
    }

    /**
     * An answer that says what is wrong with a request, as RFC 9457 has it.
     *
     * @param title the kind of problem, the same for each status
     * @param detail what is wrong, and what to do
     */
    public static Answer problem(int status, String title, String detail) {
        ObjectNode body = JsonNodeFactory.instance
                .objectNode()
                .put("type", "about:blank")
                .put("title", title)
                .put("status", status)
                .put("detail", detail);
        return new Answer(status, "application/problem+json", bytes(body));
    }

    private static byte[] bytes(JsonNode body) {
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of JSON nodes can be written", e);
        }
    }
}

package io.trueup.ops.health;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.ops.http.Answer;
import java.util.List;

/** The answer to a probe: 200 if nothing is missing, 503 with what is missing otherwise. */
final class Health {

    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private Health() {}

    /** @param missing what is missing, each as a sentence that names no secret and no cause, because anybody may ask */
    static Answer of(List<String> missing) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("status", missing.isEmpty() ? "up" : "down");
        missing.forEach(body.putArray("missing")::add);
        return Answer.json(missing.isEmpty() ? OK : UNAVAILABLE, body);
    }
}

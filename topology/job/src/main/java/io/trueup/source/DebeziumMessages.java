package io.trueup.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Set;

/**
 * Messages of Debezium that are about no row: messages in the log of the database ({@code op=m}), heartbeats, and where a transaction
 * begins or ends. A connector sends them to topics of their own, unless a transformation routes all its records to one topic.
 *
 * <p>A row is not taken for a heartbeat: a row contains the columns of its key, and a heartbeat does not. The boundary of a transaction is
 * recognised by exactly its members, with the id as the only member of the key. Source: the chapters "Message events" and "Transaction
 * metadata" and the property {@code heartbeat.interval.ms} in the documentation of Debezium's connectors.
 */
final class DebeziumMessages {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String TIME = "ts_ms";
    private static final String ID = "id";
    private static final Set<String> BOUNDARIES = Set.of("BEGIN", "END");

    private DebeziumMessages() {}

    /** What a document says, without Connect's schema; the document itself if it has none. */
    static JsonNode payload(JsonNode document) {
        return hasSchema(document) ? document.get("payload") : document;
    }

    /** Whether the converter has put the schema beside the payload. */
    static boolean hasSchema(JsonNode document) {
        return document.has("schema") && document.has("payload") && document.size() == 2;
    }

    /** Whether an event is in Debezium's envelope. */
    static boolean isEnvelope(JsonNode event) {
        return event.path("op").isTextual() && event.path("source").isObject();
    }

    /**
     * Whether a record is such a message.
     *
     * @param key record key, or null
     * @param document record value
     */
    static boolean isAboutNoRow(byte[] key, JsonNode document) {
        JsonNode event = payload(document);
        if (isEnvelope(event)) {
            return event.get("op").textValue().equals("m");
        }
        return isHeartbeat(event) && has(key, "serverName", null)
                || isBoundary(event) && has(key, ID, event.get(ID).textValue());
    }

    private static boolean isHeartbeat(JsonNode event) {
        return event.size() == 1 && event.path(TIME).isIntegralNumber();
    }

    private static boolean isBoundary(JsonNode event) {
        int members = event.has(TIME) ? 5 : 4;
        return event.size() == members
                && BOUNDARIES.contains(event.path("status").asText())
                && event.path(ID).isTextual()
                && event.has("event_count")
                && event.has("data_collections");
    }

    /**
     * Whether a key consists of one member with a text.
     *
     * @param text the text; null for any
     */
    private static boolean has(byte[] key, String member, String text) {
        if (key == null) {
            return false;
        }
        try {
            JsonNode only = payload(MAPPER.readTree(key));
            String found = only.path(member).textValue();
            return only.size() == 1 && found != null && (text == null || found.equals(text));
        } catch (IOException e) {
            return false; // no JSON
        }
    }
}

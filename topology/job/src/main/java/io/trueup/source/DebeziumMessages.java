package io.trueup.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
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

    private static final String TIME = "ts_ms";
    private static final String ID = "id";
    private static final String DATABASE = "databaseName";
    private static final Set<String> BOUNDARIES = Set.of("BEGIN", "END");

    private DebeziumMessages() {}

    /** Whether an event is in Debezium's envelope. */
    static boolean isEnvelope(JsonNode event) {
        return event.path("op").isTextual() && event.path("source").isObject();
    }

    /**
     * Whether a record is such a message.
     *
     * @param records reads the key
     * @param key record key, or null
     * @param event what the record value says
     * @throws MalformedRecordException if the key cannot be read
     */
    static boolean isAboutNoRow(DebeziumRecords records, byte[] key, JsonNode event) throws MalformedRecordException {
        if (isEnvelope(event)) {
            return event.get("op").textValue().equals("m");
        }
        if (isHeartbeat(event)) {
            return has(records, key, "serverName", null);
        }
        if (isBoundary(event)) {
            return has(records, key, ID, event.get(ID).textValue());
        }
        return isSchemaChange(event)
                && has(records, key, DATABASE, event.get(DATABASE).textValue());
    }

    private static boolean isHeartbeat(JsonNode event) {
        return event.size() == 1 && event.path(TIME).isIntegralNumber();
    }

    /** {@code position} was added later than the others, and {@code schemaName} is not there in all versions. */
    private static boolean isSchemaChange(JsonNode event) {
        return event.path("source").isObject()
                && event.path(DATABASE).isTextual()
                && event.path("ddl").isTextual()
                && event.path("tableChanges").isArray();
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
    private static boolean has(DebeziumRecords records, byte[] key, String member, String text)
            throws MalformedRecordException {
        DebeziumRecords.Content read = key == null ? null : records.key(key);
        if (read == null) {
            return false;
        }
        String found = read.content().path(member).textValue();
        return read.content().size() == 1 && found != null && (text == null || found.equals(text));
    }
}

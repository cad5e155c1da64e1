package io.trueup.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.Write;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Headers;

/**
 * Change events of Debezium, in JSON or in Avro, in the envelope or unwrapped by {@code ExtractNewRecordState}. The value of an entry is the row: {@code after}, as JSON. A delete is an event with {@code op=d}, a row
 * with {@code __deleted=true}, or a null value. What else a connector sends is {@link Observation.Unrelated}: see {@link DebeziumMessages}.
 *
 * <p>Position and version are the time at which the database committed the change ({@code source.ts_ms}), and the record's timestamp
 * where there is none: they are each capture's own, so only values can be compared, unless versions come from a {@link DebeziumVersion}.
 * See the chapters on connectors and on
 * ExtractNewRecordState in the documentation of Debezium.
 */
public final class DebeziumFormat implements WriteFormat {

    /** Debezium's default for a column that the database did not report, because the change left it as it was. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final byte[] UNAVAILABLE_BYTES = UNAVAILABLE.getBytes(StandardCharsets.UTF_8);

    /** The placeholder of a text, of bytes in each {@code binary.handling.mode}, and of a UUID. */
    private static final Set<String> UNAVAILABLE_TEXTS = Set.of(
            UNAVAILABLE,
            Base64.getEncoder().encodeToString(UNAVAILABLE_BYTES),
            HexFormat.of().formatHex(UNAVAILABLE_BYTES),
            UUID.nameUUIDFromBytes(UNAVAILABLE_BYTES).toString());

    /** The placeholder of an array of numbers. */
    private static final JsonNode UNAVAILABLE_NUMBERS = numbers(UNAVAILABLE_BYTES);

    /** What ExtractNewRecordState adds to a row. Other members may be columns, also if their names begin alike. */
    private static final Pattern ADDED =
            Pattern.compile("__(deleted|op|table|db|schema|lsn|(ts|source|transaction)_.+)");

    private final DebeziumRecords records;
    private final int maxKeyBytes;
    private final Function<JsonNode, Hash128> digest;
    private final DebeziumVersion versions;

    private DebeziumFormat(
            DebeziumRecords records, int maxKeyBytes, Function<JsonNode, Hash128> digest, DebeziumVersion versions) {
        this.versions = versions;
        this.records = records;
        this.maxKeyBytes = maxKeyBytes;
        this.digest = digest;
    }

    /**
     * Events of Connect's JSON converter.
     *
     * @param maxKeyBytes maximum size of a record key in bytes
     */
    public static DebeziumFormat json(int maxKeyBytes) {
        return new DebeziumFormat(new DebeziumJson(), maxKeyBytes, row -> null, null);
    }

    /**
     * Events of an Avro converter.
     *
     * @param codecs know the registry
     * @param topic the writes topic
     * @param maxKeyBytes maximum size of a key of the dataset in bytes
     * @throws IllegalStateException if there is no registry
     */
    public static DebeziumFormat avro(RecordCodecs codecs, String topic, int maxKeyBytes) {
        return new DebeziumFormat(new DebeziumAvro(codecs, topic), maxKeyBytes, row -> null, null);
    }

    /**
     * Returns the same format with digests. It is thread-safe if {@code digest} is.
     *
     * @param digest digest of a row whose values are independent of the database and the capture; it may change the row
     */
    public DebeziumFormat digesting(Function<JsonNode, Hash128> digest) {
        return new DebeziumFormat(records, maxKeyBytes, digest, versions);
    }

    /** Returns the same format with versions that order the changes of a row on all replicas. It reads envelopes alone. */
    DebeziumFormat versioned(DebeziumVersion by) {
        return new DebeziumFormat(records, maxKeyBytes, digest, by);
    }

    @Override
    public Observation decode(
            byte[] key, byte[] value, Headers headers, long recordTimestampMs, long offset, long appendTimeMs)
            throws MalformedRecordException {
        Observation progress = TrueupHeaders.progress(key, value, headers);
        if (progress != null) {
            return progress;
        }
        DebeziumRecords.Content event = value == null ? null : records.value(value);
        if (event != null && DebeziumMessages.isAboutNoRow(records, key, event.content())) {
            return new Observation.Unrelated();
        }
        if (versions != null && (event == null || event.content().isNull())) {
            return new Observation.Unrelated(); // it follows a delete, which has the version
        }
        Change change = event == null ? Change.tombstone() : change(event);
        byte[] datasetKey = key == null ? null : records.datasetKey(key);
        WriteChecks.key(datasetKey, maxKeyBytes);
        long positionMs = position(change, recordTimestampMs);
        String repairId = TrueupHeaders.text(headers, HeaderNames.REPAIR_ID);
        boolean deleted = change.row == null;
        JsonNode row = deleted ? null : DebeziumTypes.normalised(change.row, change.type);
        return new Observation.Observed(new Write(
                datasetKey,
                versions == null ? positionMs : version(change, row, event.type()),
                positionMs,
                deleted,
                deleted ? null : bytes(change.row),
                deleted ? null : digest.apply(row),
                Entry.NEVER,
                repairId,
                offset,
                appendTimeMs));
    }

    /**
     * What an event says.
     *
     * @param row the row as it is now; null if it was deleted
     * @param type what Connect's schema says of the row, or null
     * @param committedMs when the database committed the change, or null
     * @param envelope the event, if it is in the envelope; otherwise null
     */
    private record Change(ObjectNode row, ConnectType type, Long committedMs, ObjectNode envelope) {

        static Change tombstone() {
            return new Change(null, null, null, null);
        }
    }

    private long version(Change change, JsonNode row, ConnectType type) throws MalformedRecordException {
        if (change.envelope == null) {
            throw new MalformedRecordException(
                    "the version is taken from the envelope, and this is a row without one: remove ExtractNewRecordState, or"
                            + " set compare=value and leave writes.version out");
        }
        JsonNode stated = row;
        if (row == null && change.envelope.get("before") instanceof ObjectNode before) {
            stated = DebeziumTypes.normalised(before, type == null ? null : type.field("before"));
        }
        return WriteChecks.version(versions.of(change.envelope, stated, row == null), row == null);
    }

    @Override
    public byte[] datasetKey(byte[] key) {
        try {
            return key == null ? null : records.datasetKey(key);
        } catch (MalformedRecordException e) {
            return null;
        }
    }

    @Override
    public boolean isReady(byte[] key, byte[] value) {
        return records.isReady(key, value);
    }

    private static Change change(DebeziumRecords.Content document) throws MalformedRecordException {
        JsonNode payload = document.content();
        if (payload.isNull()) {
            return Change.tombstone();
        }
        if (!(payload instanceof ObjectNode event)) {
            throw new MalformedRecordException("payload is no object, so it is neither a change event nor a row");
        }
        return DebeziumMessages.isEnvelope(event) ? ofEnvelope(event, document.type()) : ofRow(event, document.type());
    }

    private static Change ofEnvelope(ObjectNode event, ConnectType type) throws MalformedRecordException {
        JsonNode time = event.path("source").path("ts_ms");
        Long committedMs = time.canConvertToLong() ? time.longValue() : null;
        String op = event.get("op").textValue();
        switch (op) {
            case "c", "u", "r" -> {
                if (!(event.get("after") instanceof ObjectNode row)) {
                    throw new MalformedRecordException("an event with op=" + op + " has no object after");
                }
                requireAllColumns(row);
                return new Change(row, type == null ? null : type.field("after"), committedMs, event);
            }
            case "d" -> {
                return new Change(null, null, committedMs, event);
            }
            case "t" ->
                throw IncompleteChangeException.ofAllKeys(
                        "the table was truncated, and the event names no keys: delete row by row, or"
                                + " let the connector skip such events (skipped.operations=t) and take a snapshot into a new topic");
            default ->
                throw new MalformedRecordException("an event with op=" + op
                        + " is no change of a row; c, u, r and d are. Let the connector send it to"
                        + " another topic, or skip it (skipped.operations)");
        }
    }

    private static Change ofRow(ObjectNode row, ConnectType type) throws MalformedRecordException {
        boolean deleted = row.path("__deleted").asText("").equals("true");
        JsonNode time = row.path("__source_ts_ms");
        Long committedMs = time.canConvertToLong() ? time.longValue() : null;
        for (Iterator<String> names = row.fieldNames(); names.hasNext(); ) {
            if (ADDED.matcher(names.next()).matches()) {
                names.remove();
            }
        }
        if (!deleted) {
            requireAllColumns(row);
        }
        return new Change(deleted ? null : row, type, committedMs, null);
    }

    /**
     * Refuses a row with a column that the database did not report. Debezium has put in what it knows of the row before the change, so
     * the value is nowhere in the event.
     */
    private static void requireAllColumns(ObjectNode row) throws IncompleteChangeException {
        for (Map.Entry<String, JsonNode> column : row.properties()) {
            if (isUnavailable(column.getValue())) {
                throw IncompleteChangeException.ofKey("the value of column " + column.getKey()
                        + " was not captured, because the change left it as it was: set REPLICA IDENTITY FULL on the"
                        + " table, or leave the column out of the capture (column.exclude.list) on all replicas");
            }
        }
    }

    /** Whether a value is the placeholder, in one of the forms that it has for the types of columns. */
    private static boolean isUnavailable(JsonNode value) {
        if (value.isArray()) {
            return UNAVAILABLE_NUMBERS.equals(value) || value.size() == 1 && isUnavailable(value.get(0));
        }
        if (value.isObject()) {
            return value.size() == 1 && value.has(UNAVAILABLE);
        }
        String text = value.textValue();
        return text != null && (UNAVAILABLE_TEXTS.contains(text) || text.startsWith("{\"" + UNAVAILABLE + "\""));
    }

    private static long position(Change change, long recordTimestampMs) throws MalformedRecordException {
        if (change.committedMs != null) {
            return WriteChecks.time(change.committedMs, "source.ts_ms");
        }
        if (recordTimestampMs <= 0) {
            throw new MalformedRecordException("neither source.ts_ms nor a record timestamp");
        }
        return recordTimestampMs;
    }

    private static JsonNode numbers(byte[] bytes) {
        ArrayNode numbers = JsonNodeFactory.instance.arrayNode();
        for (byte value : bytes) {
            numbers.add((int) value);
        }
        return numbers;
    }

    private static byte[] bytes(JsonNode row) {
        try {
            return DebeziumJson.MAPPER.writeValueAsBytes(row);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a row that was read can be written", e);
        }
    }
}

package io.trueup.attach;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.WireFormat;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.WriteEvent;
import io.trueup.source.DebeziumFormat;
import io.trueup.source.DefaultPartitioner;
import io.trueup.source.QuickWrite;
import io.trueup.source.canonical.AvroDocuments;
import io.trueup.topic.TopicInspector;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A topic, and what a sample of its records shows. Not thread-safe.
 */
public final class SampledTopic {

    /** A clock may be ahead by so much before it is remarked. */
    private static final long MAX_AHEAD_MS = 60_000;

    /** If the first values are no records of the registry, it is not asked for others: each answer takes a while. */
    private static final int MOST_UNKNOWN = 3;

    /** The types of records that a topic in the format {@code trueup} has. */
    private static final Set<String> EVENTS = Stream.of(
                    WriteEvent.getClassSchema(),
                    ProgressEvent.getClassSchema(),
                    ScanEvent.getClassSchema(),
                    ScanMarker.getClassSchema())
            .map(Schema::getFullName)
            .collect(Collectors.toSet());

    private final String replica;
    private final String name;
    private final TopicInspector.Topic state;
    private final Map<String, String> settings;
    private final List<TopicInspector.OpenTransaction> openTransactions;
    private final Optional<RecordCodecs> registry;
    private final Map<ByteBuffer, Held> latest = new HashMap<>();
    private int records;
    private int values;
    private int withoutKey;
    private int writeEvents;
    private int versioned;
    private int withoutTimestamp;
    private int ahead;
    private int documents;
    private int envelopes;
    private int inAvro;
    private int inConfluentFormat;
    private int ofRegistry;
    private int withoutSchema;
    private int registered;
    private int otherPartition;
    private int unreadable;
    private String reason;

    /**
     * The latest record of a key in the sample.
     *
     * @param partition its partition
     * @param value its value; null for a delete
     * @param document the JSON document of a value that was read by a schema of the registry; null for others
     */
    record Held(int partition, byte[] value, byte[] document) {}

    /**
     * @param replica name of the replica
     * @param name name of the topic
     * @param settings configuration of the topic; empty if it may not be read
     * @param registry reads values by the schemas of a registry, if there is one
     */
    SampledTopic(
            String replica,
            String name,
            TopicInspector.Topic state,
            Map<String, String> settings,
            List<TopicInspector.OpenTransaction> openTransactions,
            Optional<RecordCodecs> registry) {
        this.replica = replica;
        this.name = name;
        this.state = state;
        this.settings = Map.copyOf(settings);
        this.openTransactions = List.copyOf(openTransactions);
        this.registry = registry;
    }

    void accept(ConsumerRecord<ByteBuffer, ByteBuffer> record, long nowMs) {
        records++;
        withoutTimestamp += record.timestamp() <= 0 ? 1 : 0;
        ahead += record.timestamp() > nowMs + MAX_AHEAD_MS ? 1 : 0;
        versioned += record.headers().lastHeader(HeaderNames.VERSION) != null ? 1 : 0;
        byte[] value = bytes(record.value());
        byte[] document = null;
        if (value != null) {
            values++;
            if (classify(value)) {
                value = row(DebeziumFormat.json(Integer.MAX_VALUE), record, value);
            } else {
                document = document(value);
                if (document != null && Documents.isEnvelope(Documents.parse(document))) {
                    inAvro++;
                    value = row(avro(), record, value);
                    document = null;
                }
            }
        }
        if (record.key() == null) {
            withoutKey++;
            return;
        }
        byte[] key = bytes(record.key());
        boolean asByDefault = DefaultPartitioner.partitionOf(key, state.partitions()) == record.partition();
        otherPartition += asByDefault ? 0 : 1;
        latest.put(ByteBuffer.wrap(inAvro > 0 ? datasetKey(key) : key), new Held(record.partition(), value, document));
    }

    /** Counts what a value is; returns whether it is a change event of a capture. */
    private boolean classify(byte[] value) {
        if (QuickWrite.isWriteEvent(ByteBuffer.wrap(value))) {
            writeEvents++;
            return false;
        }
        JsonNode document = Documents.parse(value);
        if (document != null && document.isContainerNode()) {
            documents++;
            envelopes += Documents.isEnvelope(document) ? 1 : 0;
            return Documents.isEnvelope(document);
        }
        inConfluentFormat += WireFormat.isMarked(value) ? 1 : 0;
        return false;
    }

    /**
     * Reads a value by the schema of its id.
     *
     * @throws io.trueup.avro.RegistryUnavailableException if the registry does not answer
     */
    private byte[] document(byte[] value) {
        if (registry.isEmpty() || !WireFormat.isMarked(value)) {
            return null;
        }
        if (withoutSchema >= MOST_UNKNOWN && ofRegistry == 0 && registered == 0) {
            withoutSchema++;
            return null;
        }
        try {
            String type = registry.get()
                    .written()
                    .find(name, value)
                    .map(record -> record.schema().getFullName())
                    .orElse("");
            if (EVENTS.contains(type)) {
                writeEvents++;
                inConfluentFormat--;
                registered++;
                return null;
            }
            Optional<byte[]> document = new AvroDocuments(registry.get()).json(name, value);
            ofRegistry++;
            return document.orElse(null);
        } catch (MalformedRecordException e) {
            withoutSchema++;
            reason = e.getMessage();
            return null;
        }
    }

    /** The row that a change event states, as it is compared; null for a delete. */
    private byte[] row(DebeziumFormat format, ConsumerRecord<ByteBuffer, ByteBuffer> record, byte[] value) {
        byte[][] row = new byte[1][];
        try {
            format.digesting(content -> {
                        row[0] = content.toString().getBytes(StandardCharsets.UTF_8);
                        return null;
                    })
                    .decode(
                            bytes(record.key()),
                            value,
                            record.headers(),
                            record.timestamp(),
                            record.offset(),
                            record.timestamp());
        } catch (MalformedRecordException e) {
            unreadable++;
            reason = e.getMessage();
        }
        return row[0];
    }

    private DebeziumFormat avro() {
        return DebeziumFormat.avro(registry.orElseThrow(), name, Integer.MAX_VALUE);
    }

    /** The key of the dataset in the key of a change event in Avro; the key itself if it cannot be read. */
    private byte[] datasetKey(byte[] key) {
        byte[] read = avro().datasetKey(key);
        return read == null ? key : read;
    }

    /** Change events that cannot be read. */
    int unreadable() {
        return unreadable;
    }

    /** Values in the wire format of a registry that are no records of one of its schemas. */
    int withoutSchema() {
        return withoutSchema;
    }

    /** Why the latest value that cannot be read cannot be; null if all can. */
    String reason() {
        return reason;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** Name of the replica. */
    public String replica() {
        return replica;
    }

    /** Name of the topic. */
    public String name() {
        return name;
    }

    TopicInspector.Topic state() {
        return state;
    }

    List<TopicInspector.OpenTransaction> openTransactions() {
        return openTransactions;
    }

    /** A setting of the topic, or null. */
    String setting(String key) {
        return settings.get(key);
    }

    /** The latest record of each key in the sample. */
    Map<ByteBuffer, Held> latest() {
        return latest;
    }

    /** Records in the sample. */
    public int records() {
        return records;
    }

    int withoutKey() {
        return withoutKey;
    }

    int withoutTimestamp() {
        return withoutTimestamp;
    }

    int ahead() {
        return ahead;
    }

    /** Records whose partition is not that of Kafka's default partitioner. */
    int otherPartition() {
        return otherPartition;
    }

    /** Whether the records are write events of the format {@code trueup}; some may be in the wire format of a registry by now. */
    boolean isTrueup() {
        return writeEvents > 0 && possibleEvents() == values;
    }

    private int possibleEvents() {
        return writeEvents + inConfluentFormat - ofRegistry;
    }

    /** Whether values are in both encodings, and those of a registry may be write events: the topic is being moved to it, or from it. */
    boolean isMoving() {
        return isTrueup() && inConfluentFormat > 0;
    }

    /** Whether some records are write events, and others cannot be. */
    boolean isMixed() {
        return writeEvents > 0 && possibleEvents() < values;
    }

    /** Whether all records have a version that is the same on every replica. */
    boolean isVersioned() {
        return isTrueup() || records > 0 && versioned == records;
    }

    /** Whether all values are JSON documents. */
    boolean isJson() {
        return values > 0 && documents == values;
    }

    /** Whether most values are change events of a capture. */
    boolean hasEnvelopes() {
        return 2 * (envelopes + inAvro) > values;
    }

    /** Whether change events are in Avro, with schemas in the registry. */
    boolean hasEnvelopesInAvro() {
        return hasEnvelopes() && inAvro > 0;
    }

    /** Whether most values begin as those of Confluent's serializers do, and are no write events as far as that is known. */
    boolean isInConfluentFormat() {
        return 2 * inConfluentFormat > values;
    }

    /** Whether most values were read by the schemas of a registry, and are no write events. */
    boolean isOfRegistry() {
        return 2 * ofRegistry > values;
    }

    /** Whether a job needs the registry to read the topic. */
    boolean needsRegistry() {
        return isOfRegistry() || registered > 0;
    }
}

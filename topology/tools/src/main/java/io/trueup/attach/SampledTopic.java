package io.trueup.attach;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.schema.HeaderNames;
import io.trueup.source.DebeziumJsonFormat;
import io.trueup.source.DefaultPartitioner;
import io.trueup.source.QuickWrite;
import io.trueup.topic.TopicInspector;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A topic, and what a sample of its records shows. Not thread-safe.
 */
public final class SampledTopic {

    /** A clock may be ahead by so much before it is remarked. */
    private static final long MAX_AHEAD_MS = 60_000;

    private static final byte CONFLUENT_MAGIC = 0;
    private static final int CONFLUENT_HEADER_BYTES = 5;

    private final String replica;
    private final String name;
    private final TopicInspector.Topic state;
    private final Map<String, String> settings;
    private final List<TopicInspector.OpenTransaction> openTransactions;
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
    private int inConfluentFormat;
    private int otherPartition;
    private int unreadable;
    private String reason;

    /**
     * The latest record of a key in the sample.
     *
     * @param partition its partition
     * @param value its value; null for a delete
     */
    record Held(int partition, byte[] value) {}

    /**
     * @param replica name of the replica
     * @param name name of the topic
     * @param settings configuration of the topic; empty if it may not be read
     */
    SampledTopic(
            String replica,
            String name,
            TopicInspector.Topic state,
            Map<String, String> settings,
            List<TopicInspector.OpenTransaction> openTransactions) {
        this.replica = replica;
        this.name = name;
        this.state = state;
        this.settings = Map.copyOf(settings);
        this.openTransactions = List.copyOf(openTransactions);
    }

    void accept(ConsumerRecord<ByteBuffer, ByteBuffer> record, long nowMs) {
        records++;
        withoutTimestamp += record.timestamp() <= 0 ? 1 : 0;
        ahead += record.timestamp() > nowMs + MAX_AHEAD_MS ? 1 : 0;
        versioned += record.headers().lastHeader(HeaderNames.VERSION) != null ? 1 : 0;
        byte[] value = bytes(record.value());
        if (value != null) {
            values++;
            value = classify(value) ? row(record, value) : value;
        }
        if (record.key() == null) {
            withoutKey++;
            return;
        }
        byte[] key = bytes(record.key());
        boolean asByDefault = DefaultPartitioner.partitionOf(key, state.partitions()) == record.partition();
        otherPartition += asByDefault ? 0 : 1;
        latest.put(ByteBuffer.wrap(key), new Held(record.partition(), value));
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
        if (value.length > CONFLUENT_HEADER_BYTES && value[0] == CONFLUENT_MAGIC) {
            inConfluentFormat++;
        }
        return false;
    }

    /** The row that a change event states, as it is compared; null for a delete. */
    private byte[] row(ConsumerRecord<ByteBuffer, ByteBuffer> record, byte[] value) {
        byte[][] row = new byte[1][];
        try {
            new DebeziumJsonFormat(Integer.MAX_VALUE)
                    .digesting(content -> {
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

    /** Change events that cannot be read. */
    int unreadable() {
        return unreadable;
    }

    /** Why the latest of them cannot be read; null if all can. */
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
        return writeEvents > 0 && writeEvents + inConfluentFormat == values;
    }

    /** Whether write events are in both encodings: the topic is being moved to a registry, or from one. */
    boolean isMoving() {
        return isTrueup() && inConfluentFormat > 0;
    }

    /** Whether some records are write events, and others cannot be. */
    boolean isMixed() {
        return writeEvents > 0 && writeEvents + inConfluentFormat < values;
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
        return 2 * envelopes > values;
    }

    /** Whether most values begin as those of Confluent's serializers do. */
    boolean isInConfluentFormat() {
        return 2 * inConfluentFormat > values;
    }
}

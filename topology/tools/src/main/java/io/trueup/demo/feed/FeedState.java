package io.trueup.demo.feed;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The state that every replica should hold: the last value of each key, read from the feed topic itself. Values are kept as
 * digests. Each read continues where the previous one stopped. Not thread-safe.
 */
public final class FeedState implements AutoCloseable {

    private static final Hasher128 HASHER = Hashing.xxh3_128();

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Row> live = new HashMap<>();

    public FeedState(String bootstrapServers, String topic) {
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /**
     * The row that a replica should hold for a key.
     *
     * @param version offset in the feed
     * @param digest digest of the value
     * @param expiryMs time of expiry in ms since the epoch, or {@link StoredEntry#NEVER}
     */
    public record Row(long version, HashValue128 digest, long expiryMs) {}

    /**
     * Reads up to the current end of the feed.
     *
     * @param nowMs rows that expire at or before this time are left out
     * @return live rows by key; the caller must not change the map, and the next call changes it
     */
    public Map<String, Row> readToEnd(long nowMs) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                String key = new String(record.key(), StandardCharsets.UTF_8);
                if (record.value() == null) {
                    live.remove(key);
                } else {
                    live.put(key, new Row(record.offset(), digest(record.value()), expiryMs(record.headers())));
                }
            });
        }
        live.values().removeIf(row -> row.expiryMs() <= nowMs);
        return live;
    }

    /** Offset after the last record read, by partition. */
    public Map<TopicPartition, Long> positions() {
        return consumer.assignment().stream().collect(Collectors.toMap(partition -> partition, consumer::position));
    }

    private static long expiryMs(Headers headers) {
        Header expiry = headers.lastHeader(HeaderNames.EXPIRY);
        return expiry == null ? StoredEntry.NEVER : Long.parseLong(new String(expiry.value(), StandardCharsets.UTF_8));
    }

    static HashValue128 digest(byte[] value) {
        return HASHER.hashBytesTo128Bits(value);
    }

    @Override
    public void close() {
        consumer.close();
    }
}

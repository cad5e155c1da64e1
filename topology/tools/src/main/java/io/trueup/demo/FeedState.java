package io.trueup.demo;

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
 * What the feed says that every replica holds: the last value of each key, read from the feed topic itself. Values are
 * kept as digests. Reading goes on where it stopped. Not thread-safe.
 */
final class FeedState implements AutoCloseable {

    private static final Hasher128 HASHER = Hashing.xxh3_128();

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<String, Row> live = new HashMap<>();

    FeedState(String bootstrapServers) {
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.FEED).stream()
                .map(partition -> new TopicPartition(Topics.FEED, partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /**
     * What a replica is to hold for a key.
     *
     * @param version the offset in the feed
     * @param digest digest of the value
     * @param expiryMs when it expires, or {@link StoredEntry#NEVER}
     */
    record Row(long version, HashValue128 digest, long expiryMs) {}

    /** Reads up to what is the end of the feed now, and returns what is live by key, and does not expire until then. */
    Map<String, Row> readToEnd(long nowMs) {
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

    /** What is read up to now, as offsets behind it. */
    Map<TopicPartition, Long> positions() {
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

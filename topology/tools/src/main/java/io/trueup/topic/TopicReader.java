package io.trueup.topic;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads ranges of several partitions at once, from one or several clusters, with a consumer for each cluster that is kept
 * from one call to the next. A range ends when the consumer's position, not a record, has passed its end: markers and aborted
 * records take up offsets and are never returned. Used by one thread.
 */
public final class TopicReader implements RecordSource, AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration POLL_OF_SEVERAL_CLUSTERS = Duration.ofMillis(20);
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String clientId;
    private final ProgressCounter progress;
    private final Duration patience;
    private final Function<Map<String, Object>, Consumer<ByteBuffer, ByteBuffer>> opening;
    private final Map<Cluster, Consumer<ByteBuffer, ByteBuffer>> consumers = new HashMap<>();

    /**
     * @param clientId beginning of the client ids of the consumers
     * @param progress counts what is read, and ends the reading once it is stopped
     * @param patience how long no partition may make progress before the rest is given up
     */
    public TopicReader(String clientId, ProgressCounter progress, Duration patience) {
        this(clientId, progress, patience, KafkaConsumer::new);
    }

    /**
     * The same with consumers of the caller.
     *
     * @param opening opens a consumer with the given properties
     */
    public TopicReader(
            String clientId,
            ProgressCounter progress,
            Duration patience,
            Function<Map<String, Object>, Consumer<ByteBuffer, ByteBuffer>> opening) {
        this.clientId = clientId;
        this.progress = progress;
        this.patience = patience;
        this.opening = opening;
    }

    /** Ranges of one cluster that are still being read: index by partition. */
    private static final class Reading {

        private final Cluster cluster;
        private final Consumer<ByteBuffer, ByteBuffer> consumer;
        private final Map<TopicPartition, Integer> open = new LinkedHashMap<>();

        Reading(Cluster cluster, Consumer<ByteBuffer, ByteBuffer> consumer) {
            this.cluster = cluster;
            this.consumer = consumer;
        }
    }

    @Override
    public Map<Integer, Long> read(List<OffsetRange> ranges, Sink sink) {
        List<Reading> readings = open(ranges);
        long[] positions = ranges.stream().mapToLong(OffsetRange::start).toArray();
        long movedAtNanos = System.nanoTime();
        while (!readings.isEmpty()) {
            for (Reading reading : readings) {
                progress.checkStopped();
                Duration wait = readings.size() > 1 ? POLL_OF_SEVERAL_CLUSTERS : POLL;
                try {
                    movedAtNanos = poll(reading, wait, ranges, positions, sink) ? System.nanoTime() : movedAtNanos;
                } catch (KafkaException e) {
                    throw failed(reading, positions, e);
                }
            }
            readings.removeIf(reading -> reading.open.isEmpty());
            if (System.nanoTime() - movedAtNanos > patience.toNanos()) {
                break;
            }
        }
        Map<Integer, Long> unfinished = new TreeMap<>();
        readings.forEach(reading -> reading.open.values().forEach(i -> unfinished.put(i, positions[i])));
        return unfinished;
    }

    private List<Reading> open(List<OffsetRange> ranges) {
        Map<Cluster, Reading> byCluster = new LinkedHashMap<>();
        for (int i = 0; i < ranges.size(); i++) {
            OffsetRange range = ranges.get(i);
            if (!range.isEmpty()) {
                byCluster
                        .computeIfAbsent(range.cluster(), cluster -> new Reading(cluster, consumer(cluster)))
                        .open
                        .put(range.partition(), i);
            }
        }
        byCluster.values().forEach(reading -> {
            reading.consumer.assign(reading.open.keySet());
            reading.consumer.resume(reading.open.keySet()); // some may have been read, and paused, before
            reading.open.forEach((partition, i) ->
                    reading.consumer.seek(partition, ranges.get(i).start()));
        });
        return new ArrayList<>(byCluster.values());
    }

    private Consumer<ByteBuffer, ByteBuffer> consumer(Cluster cluster) {
        return consumers.computeIfAbsent(
                cluster, added -> opening.apply(added.consumerProperties(clientId + "-" + consumers.size())));
    }

    /** Returns whether any position has moved. */
    private boolean poll(Reading reading, Duration wait, List<OffsetRange> ranges, long[] positions, Sink sink) {
        ConsumerRecords<ByteBuffer, ByteBuffer> records = reading.consumer.poll(wait);
        boolean moved = false;
        for (Map.Entry<TopicPartition, Integer> open : List.copyOf(reading.open.entrySet())) {
            TopicPartition partition = open.getKey();
            int index = open.getValue();
            OffsetRange range = ranges.get(index);
            pass(records.records(partition), index, range, sink);
            long position = Math.min(reading.consumer.position(partition), range.end());
            if (position > positions[index]) {
                moved = true;
                progress.passed(position - positions[index]);
                positions[index] = position;
            }
            if (position >= range.end()) {
                reading.consumer.pause(List.of(partition));
                reading.open.remove(partition);
            }
        }
        return moved;
    }

    private static ReadFailedException failed(Reading reading, long[] positions, KafkaException cause) {
        String places = reading.open.entrySet().stream()
                .map(open -> open.getKey() + "@" + positions[open.getValue()])
                .collect(Collectors.joining(", "));
        return new ReadFailedException(BrokerRefusal.describe(places, reading.cluster, cause), cause);
    }

    private void pass(List<ConsumerRecord<ByteBuffer, ByteBuffer>> records, int index, OffsetRange range, Sink sink) {
        long bytes = 0;
        for (ConsumerRecord<ByteBuffer, ByteBuffer> record : records) {
            if (record.offset() >= range.end()) {
                break;
            }
            bytes += Math.max(record.serializedKeySize(), 0) + Math.max(record.serializedValueSize(), 0);
            sink.accept(index, record);
        }
        progress.read(records.size(), bytes);
    }

    @Override
    public void close() {
        consumers.values().forEach(consumer -> consumer.close(CloseOptions.timeout(CLOSE)));
        consumers.clear();
    }
}

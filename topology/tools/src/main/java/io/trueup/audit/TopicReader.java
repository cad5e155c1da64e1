package io.trueup.audit;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads stretches of several partitions at once, from one or several clusters, with a consumer for each cluster that is kept
 * from one call to the next. A stretch ends when the consumer's position, not a record, has passed its end: markers and aborted
 * records take up offsets and are never returned. Used by one thread.
 */
final class TopicReader implements RecordSource, AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration POLL_IN_TURN = Duration.ofMillis(20);
    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final String clientId;
    private final Gauge gauge;
    private final Duration patience;
    private final Map<Cluster, KafkaConsumer<ByteBuffer, ByteBuffer>> consumers = new HashMap<>();

    /** @param patience how long nothing new may come before what is left is given up */
    TopicReader(String clientId, Gauge gauge, Duration patience) {
        this.clientId = clientId;
        this.gauge = gauge;
        this.patience = patience;
    }

    /** Stretches of one cluster that are still being read, by partition. */
    private static final class Reading {

        private final KafkaConsumer<ByteBuffer, ByteBuffer> consumer;
        private final Map<TopicPartition, Integer> open = new LinkedHashMap<>();

        Reading(KafkaConsumer<ByteBuffer, ByteBuffer> consumer) {
            this.consumer = consumer;
        }
    }

    @Override
    public Map<Integer, Long> read(List<Stretch> stretches, Sink sink) {
        List<Reading> readings = open(stretches);
        long[] positions = stretches.stream().mapToLong(Stretch::start).toArray();
        long movedAtNanos = System.nanoTime();
        while (!readings.isEmpty()) {
            for (Reading reading : readings) {
                gauge.checkStopped();
                if (poll(reading, readings.size() > 1 ? POLL_IN_TURN : POLL, stretches, positions, sink)) {
                    movedAtNanos = System.nanoTime();
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

    private List<Reading> open(List<Stretch> stretches) {
        Map<Cluster, Reading> byCluster = new LinkedHashMap<>();
        for (int i = 0; i < stretches.size(); i++) {
            Stretch stretch = stretches.get(i);
            if (!stretch.isEmpty()) {
                byCluster
                        .computeIfAbsent(stretch.cluster(), cluster -> new Reading(consumer(cluster)))
                        .open
                        .put(stretch.partition(), i);
            }
        }
        byCluster.values().forEach(reading -> {
            reading.consumer.assign(reading.open.keySet());
            reading.consumer.resume(reading.open.keySet()); // some may have been read, and paused, before
            reading.open.forEach((partition, i) ->
                    reading.consumer.seek(partition, stretches.get(i).start()));
        });
        return new ArrayList<>(byCluster.values());
    }

    private KafkaConsumer<ByteBuffer, ByteBuffer> consumer(Cluster cluster) {
        return consumers.computeIfAbsent(
                cluster, added -> new KafkaConsumer<>(added.consumerProperties(clientId + "-" + consumers.size())));
    }

    /** Returns whether any position has moved. */
    private boolean poll(Reading reading, Duration wait, List<Stretch> stretches, long[] positions, Sink sink) {
        ConsumerRecords<ByteBuffer, ByteBuffer> records = reading.consumer.poll(wait);
        boolean moved = false;
        for (Map.Entry<TopicPartition, Integer> open : List.copyOf(reading.open.entrySet())) {
            TopicPartition partition = open.getKey();
            int index = open.getValue();
            Stretch stretch = stretches.get(index);
            hand(records.records(partition), index, stretch, sink);
            long position = Math.min(reading.consumer.position(partition), stretch.end());
            if (position > positions[index]) {
                moved = true;
                gauge.passed(position - positions[index]);
                positions[index] = position;
            }
            if (position >= stretch.end()) {
                reading.consumer.pause(List.of(partition));
                reading.open.remove(partition);
            }
        }
        return moved;
    }

    private void hand(List<ConsumerRecord<ByteBuffer, ByteBuffer>> records, int index, Stretch stretch, Sink sink) {
        long bytes = 0;
        for (ConsumerRecord<ByteBuffer, ByteBuffer> record : records) {
            if (record.offset() >= stretch.end()) {
                break;
            }
            bytes += Math.max(record.serializedKeySize(), 0) + Math.max(record.serializedValueSize(), 0);
            sink.accept(index, record);
        }
        gauge.read(records.size(), bytes);
    }

    @Override
    public void close() {
        consumers.values().forEach(consumer -> consumer.close(CloseOptions.timeout(CLOSE)));
        consumers.clear();
    }
}

package io.trueup.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads topics from beginning to end with plain consumers of byte arrays that only count the records. */
final class PlainRead {

    private static final Duration POLL = Duration.ofMillis(200);

    private final Map<String, Object> properties;
    private final List<String> topics;
    private final int partitions;
    private final int threads;

    /**
     * @param properties properties of each consumer
     * @param threads how many consumers share the partitions, each with a thread of its own
     */
    PlainRead(Map<String, Object> properties, List<String> topics, int partitions, int threads) {
        this.properties = properties;
        this.topics = topics;
        this.partitions = partitions;
        this.threads = threads;
    }

    /** Reads everything, and returns the rate in records per second. */
    double run() {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        long startNanos = System.nanoTime();
        try {
            List<Future<Long>> reads = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                List<TopicPartition> share = share(thread);
                reads.add(workers.submit(() -> read(share)));
            }
            long records = 0;
            for (Future<Long> read : reads) {
                records += read.get();
            }
            return records * 1e9 / (System.nanoTime() - startNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }

    private List<TopicPartition> share(int thread) {
        List<TopicPartition> share = new ArrayList<>();
        for (String topic : topics) {
            for (int partition = thread; partition < partitions; partition += threads) {
                share.add(new TopicPartition(topic, partition));
            }
        }
        return share;
    }

    private long read(List<TopicPartition> share) {
        long records = 0;
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(share);
            consumer.seekToBeginning(share);
            Map<TopicPartition, Long> ends = consumer.endOffsets(share);
            Set<TopicPartition> open = new HashSet<>(share);
            while (!open.isEmpty()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() >= 0) {
                        records++;
                    }
                }
                open.removeIf(partition -> consumer.position(partition) >= ends.get(partition));
            }
        }
        return records;
    }
}

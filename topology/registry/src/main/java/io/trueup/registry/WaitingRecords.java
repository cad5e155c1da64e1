package io.trueup.registry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** The partitions of which a record is held back, for those who watch a process. Thread-safe. */
public final class WaitingRecords {

    private final Map<TopicPartition, Long> sinceNanos = new ConcurrentHashMap<>();

    void held(TopicPartition partition) {
        sinceNanos.putIfAbsent(partition, System.nanoTime());
    }

    void released(TopicPartition partition) {
        sinceNanos.remove(partition);
    }

    /** How many partitions wait. */
    public int partitions() {
        return sinceNanos.size();
    }

    /** How long the one waits that waits longest, in milliseconds; 0 if none does. */
    public long oldestMs() {
        long nowNanos = System.nanoTime();
        return sinceNanos.values().stream()
                        .mapToLong(since -> nowNanos - since)
                        .max()
                        .orElse(0)
                / 1_000_000;
    }
}

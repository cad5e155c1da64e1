package io.trueup.replica;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Decides when progress events are due: for a partition of the feed, when no event was sent for an interval. Not thread-safe.
 */
final class ProgressSchedule {

    private final long intervalNanos;
    private final Map<Integer, Long> lastSentNanos = new HashMap<>();

    ProgressSchedule(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /** Notes that a write event or a progress event of a partition was sent. */
    void sent(int partition, long nowNanos) {
        lastSentNanos.put(partition, nowNanos);
    }

    /** Returns the partitions for which an event is due. For a partition that is new in the assignment, the interval begins now. */
    List<TopicPartition> due(Collection<TopicPartition> assigned, long nowNanos) {
        Set<Integer> partitions =
                Set.copyOf(assigned.stream().map(TopicPartition::partition).toList());
        lastSentNanos.keySet().retainAll(partitions);
        partitions.forEach(partition -> lastSentNanos.putIfAbsent(partition, nowNanos));
        return assigned.stream()
                .filter(partition -> nowNanos - lastSentNanos.get(partition.partition()) >= intervalNanos)
                .toList();
    }
}

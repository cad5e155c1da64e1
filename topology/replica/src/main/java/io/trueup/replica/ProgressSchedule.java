package io.trueup.replica;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** Knows which partitions of the feed have been silent for so long that a progress event is due. Not thread-safe. */
final class ProgressSchedule {

    private final long intervalNanos;
    private final Map<Integer, Long> toldNanos = new HashMap<>();

    ProgressSchedule(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /** Something was told about a partition. */
    void told(int partition, long nowNanos) {
        toldNanos.put(partition, nowNanos);
    }

    /** The partitions for which an event is due. Those that are seen for the first time have their interval before them. */
    List<TopicPartition> due(Collection<TopicPartition> assigned, long nowNanos) {
        Set<Integer> partitions =
                Set.copyOf(assigned.stream().map(TopicPartition::partition).toList());
        toldNanos.keySet().retainAll(partitions);
        partitions.forEach(partition -> toldNanos.putIfAbsent(partition, nowNanos));
        return assigned.stream()
                .filter(partition -> nowNanos - toldNanos.get(partition.partition()) >= intervalNanos)
                .toList();
    }
}

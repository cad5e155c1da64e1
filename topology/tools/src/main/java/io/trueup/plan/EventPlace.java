package io.trueup.plan;

import org.apache.kafka.common.TopicPartition;

/**
 * Where a write event lies.
 *
 * @param partition topic and partition
 * @param offset its offset
 */
record EventPlace(TopicPartition partition, long offset) {

    static EventPlace ofWinner(PlannedRepair repair) {
        return new EventPlace(
                new TopicPartition(repair.winner().topic(), repair.partition()),
                repair.winner().offset());
    }

    static EventPlace ofObserved(PlannedRepair repair, PlannedRepair.Observed observed) {
        return new EventPlace(new TopicPartition(observed.topic(), repair.partition()), observed.offset());
    }

    /** As {@code orders.eu-0@17}. */
    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}

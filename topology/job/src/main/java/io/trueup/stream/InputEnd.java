package io.trueup.stream;

import org.apache.kafka.common.TopicPartition;

/**
 * Waits until a writes partition is consumed up to its end: once for the cut of a round, once for probes, independently of
 * each other. Used by the task's thread.
 */
final class InputEnd {

    private final CatchUp catchUp;
    private final CatchUp probeCatchUp;

    InputEnd(TopicPartition writes, EndOffsets ends, ConsumerPositions positions) {
        catchUp = new CatchUp(writes, ends, positions);
        probeCatchUp = new CatchUp(writes, ends, positions);
    }

    /** The state contains records of the partition before an offset: it cannot end before that. */
    void stateContains(long before) {
        catchUp.stateContains(before);
        probeCatchUp.stateContains(before);
    }

    /** The wait that seals the cut of a round. */
    CatchUp catchUp() {
        return catchUp;
    }

    /** The wait after which probes are answered. */
    CatchUp probeCatchUp() {
        return probeCatchUp;
    }

    /** Notes that the record at an offset of the writes partition is processed. */
    void processed(long offset) {
        catchUp.processed(offset);
        probeCatchUp.processed(offset);
    }
}

package io.trueup.stream;

import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/**
 * What a writes partition still contains, and what was consumed of it. Thread-safe. Each method blocks.
 *
 * @see StateRebuild
 */
public interface WritesHistory {

    /** In place of a time: deletes are kept for ever. */
    long KEPT_FOR_EVER = Long.MAX_VALUE;

    /**
     * The offsets of a writes partition.
     *
     * @param beginning offset of the first record that is left
     * @param end offset behind the last record
     * @param committed offset at which the application continues; empty if it has committed none
     */
    record Offsets(long beginning, long end, OptionalLong committed) {

        /** Whether records are gone that the application has consumed: it has committed an offset that the partition has not reached. */
        boolean wentBack() {
            return committed.orElse(0) > end;
        }
    }

    /**
     * What a partition still contains, and what was consumed of it.
     *
     * @throws RuntimeException if that cannot be found out; nothing must be concluded then
     */
    Offsets offsets(TopicPartition writes);

    /**
     * When the first record that is left was appended, in milliseconds since the epoch; empty if the broker has not dated it.
     *
     * @throws RuntimeException if that cannot be found out
     */
    OptionalLong beginningMs(TopicPartition writes);

    /**
     * For how long the topic keeps the record of a delete, in milliseconds; {@link #KEPT_FOR_EVER} if it is not compacted.
     *
     * @throws RuntimeException if that cannot be found out
     */
    long deletesKeptMs(TopicPartition writes);
}

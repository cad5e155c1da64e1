package io.trueup.stream;

import org.apache.kafka.common.TopicPartition;

/** Finds out what a state that has just been created will not contain, although the writes partition contained it. */
public interface NewState {

    /**
     * Returns the time from which on the state will contain every write, or {@link Long#MIN_VALUE} if it will contain all. Blocks.
     *
     * @param nowMs the time now
     * @throws RuntimeException if that cannot be found out; nothing must be concluded then
     */
    long knownFromMs(TopicPartition writes, long nowMs);
}

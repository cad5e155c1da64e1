package io.trueup.stream;

import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/** How far the input is read. Called on the stream thread that reads the partition. */
public interface ConsumerPositions {

    /** Returned where nothing is known. */
    long UNKNOWN = -1;

    /**
     * The offset after the last one that was read, or {@link #UNKNOWN}. It skips transaction markers and aborted records,
     * which are never returned, and stays before the first record of an open transaction.
     */
    long readTo(TopicPartition partition);

    /**
     * The offset of the last record returned since the partition was assigned or its position was set, whether processed or
     * not, or {@link #UNKNOWN}.
     */
    long lastReturned(TopicPartition partition);

    /** Reads on from an offset. */
    void rewind(TopicPartition partition, long offset);

    /**
     * Whether the partition was found not to contain the position, or another history before it, since this was asked last.
     *
     * @return the last offset returned before that, or {@link #UNKNOWN}; empty if the position was always valid
     */
    OptionalLong takeInvalid(TopicPartition partition);
}

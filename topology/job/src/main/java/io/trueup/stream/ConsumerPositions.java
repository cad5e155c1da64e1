package io.trueup.stream;

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
}

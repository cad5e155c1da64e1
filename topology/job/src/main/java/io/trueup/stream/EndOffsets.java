package io.trueup.stream;

import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;

/** Looks up end offsets of partitions. */
public interface EndOffsets {

    /**
     * Returns the end of a partition at some moment after this call: its high watermark, records of open transactions
     * included. Does not block; the result may complete on another thread.
     */
    CompletionStage<Long> latest(TopicPartition partition);
}

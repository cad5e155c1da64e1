package io.trueup.stream;

import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;

/** Where partitions end. */
public interface EndOffsets {

    /**
     * The end of a partition at some moment after this call: its high watermark, records of open transactions included.
     * Does not block; the answer may come on another thread.
     */
    CompletionStage<Long> latest(TopicPartition partition);
}

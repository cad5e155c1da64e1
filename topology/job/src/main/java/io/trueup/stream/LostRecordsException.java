package io.trueup.stream;

import org.apache.kafka.common.TopicPartition;

/** A writes partition ends before records that the state contains. */
final class LostRecordsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    LostRecordsException(TopicPartition writes, long seenTo, long end) {
        super(writes + " ends at offset " + end + ", but the state contains records up to offset " + (seenTo - 1));
    }
}

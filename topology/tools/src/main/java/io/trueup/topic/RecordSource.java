package io.trueup.topic;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Where the records of partitions come from. */
@FunctionalInterface
public interface RecordSource {

    /** Receives the records of each range in order of offset. */
    @FunctionalInterface
    interface Sink {

        /**
         * Receives the next record of a range.
         *
         * @param range index of the range in the list that is read
         */
        void accept(int range, ConsumerRecord<ByteBuffer, ByteBuffer> record);
    }

    /**
     * Passes every committed record of the ranges to the sink. An exception of the sink ends the reading.
     *
     * @return positions of the ranges whose end could not be reached in time, by index; an open transaction is a possible cause
     * @throws ReadFailedException if the brokers refuse or do not answer: the ranges are then not read to their ends
     */
    Map<Integer, Long> read(List<OffsetRange> ranges, Sink sink);
}

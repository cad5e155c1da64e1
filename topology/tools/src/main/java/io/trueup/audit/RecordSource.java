package io.trueup.audit;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Where the records of partitions come from. */
@FunctionalInterface
interface RecordSource {

    /** Receives the records of one stretch, in order of offset. */
    @FunctionalInterface
    interface Sink {
        void accept(int stretch, ConsumerRecord<ByteBuffer, ByteBuffer> record);
    }

    /**
     * Hands every committed record of the stretches to the sink. What the sink throws ends the reading.
     *
     * @return positions of the stretches whose end could not be reached in time, by index; an open transaction does that
     * @throws org.apache.kafka.common.KafkaException if the brokers refuse or do not answer
     */
    Map<Integer, Long> read(List<Stretch> stretches, Sink sink);
}

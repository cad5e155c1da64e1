package io.trueup.history;

import io.trueup.avro.MalformedRecordException;
import io.trueup.topic.Place;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * One topic to be replayed.
 *
 * @param topic the topic
 * @param partition the only partition of it that is of interest; null: all
 * @param reader understands its records
 */
public record ReplayedTopic(String topic, Integer partition, Reader reader) {

    /** Understands records. */
    @FunctionalInterface
    public interface Reader {

        /**
         * Returns what a record tells; null if it is of no interest.
         *
         * @throws MalformedRecordException if it cannot be understood; the message is the reason, without the place
         */
        Event read(Place place, ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException;
    }
}

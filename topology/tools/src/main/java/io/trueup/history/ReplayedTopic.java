package io.trueup.history;

import io.trueup.avro.MalformedRecordException;
import io.trueup.topic.Place;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A topic to be replayed.
 *
 * @param name its name
 * @param partition the only partition to be read; null: all
 * @param reader reads the contents of its records
 */
public record ReplayedTopic(String name, Integer partition, Reader reader) {

    /** Reads the contents of records. */
    @FunctionalInterface
    public interface Reader {

        /**
         * Returns the contents of a record; null if they are of no interest.
         *
         * @throws MalformedRecordException if it is malformed; the message is the reason, without the place
         */
        Event read(Place place, ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException;
    }
}

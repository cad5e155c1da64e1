package io.trueup.replica;

import io.trueup.avro.MalformedRecordException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads repair events from the replica's repair topic. Thread-safe. */
interface RepairFormat {

    /**
     * Reads one event. Its key is not checked.
     *
     * @throws MalformedRecordException if it is none, or one for another replica
     */
    Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException;

    /** Refuses the repair of another replica. */
    static void checkTarget(String target, String replica) throws MalformedRecordException {
        if (!target.equals(replica)) {
            throw new MalformedRecordException("a repair of replica " + target + ", not of " + replica
                    + ": is repairs.topic the topic of another replica?");
        }
    }
}

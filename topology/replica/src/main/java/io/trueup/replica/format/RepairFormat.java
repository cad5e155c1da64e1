package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.replica.entry.Repair;
import io.trueup.schema.RepairEvent;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads repair events from the replica's repair topic. Thread-safe. */
public interface RepairFormat {

    /**
     * The Avro format.
     *
     * @param replica the replica whose repairs are read
     */
    static RepairFormat trueup(String replica) {
        return new TrueupRepairFormat(replica, SingleObjectCodec.of(RepairEvent.class));
    }

    /**
     * The plain format.
     *
     * @param replica the replica whose repairs are read
     */
    static RepairFormat plain(String replica) {
        return new PlainRepairFormat(replica);
    }

    /**
     * Reads one record. Its key is not checked.
     *
     * @throws MalformedRecordException if the record is not a repair event, or if it is for another replica
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

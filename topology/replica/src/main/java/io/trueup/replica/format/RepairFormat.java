package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.replica.entry.Repair;
import io.trueup.schema.RepairEvent;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads repair events from the replica's repair topic. Thread-safe. */
public interface RepairFormat {

    /**
     * The Avro format.
     *
     * @param replica the replica whose repairs are read
     * @param codecs read its records
     */
    static RepairFormat trueup(String replica, RecordCodecs codecs) {
        return new TrueupRepairFormat(replica, codecs.of(RepairEvent.class));
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
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException;

    /** Whether a record can be read, or is malformed, without a further answer of a registry. Never waits. */
    default boolean isReady(ConsumerRecord<byte[], byte[]> record) {
        return true;
    }

    /** Refuses the repair of another replica. */
    static void checkTarget(String target, String replica) throws MalformedRecordException {
        if (!target.equals(replica)) {
            throw new MalformedRecordException("a repair of replica " + target + ", not of " + replica
                    + ": is repairs.topic the topic of another replica?");
        }
    }
}

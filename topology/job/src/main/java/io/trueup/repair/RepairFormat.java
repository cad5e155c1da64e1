package io.trueup.repair;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.reconcile.Repair;
import io.trueup.schema.RepairEvent;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;

/** Writes and reads the repair events of one target's repair topic. Implementations are thread-safe. */
public interface RepairFormat {

    /** Names of the formats, as in the configuration. */
    List<String> NAMES = List.of("trueup", "plain");

    /**
     * Returns the format of a name.
     *
     * @param name one of {@link #NAMES}
     * @param dataset the dataset
     * @param target the replica that the topic belongs to
     * @param topic the repair topic
     * @param codecs read and write its Avro records
     * @throws IllegalArgumentException if there is no such format
     */
    static RepairFormat of(String name, String dataset, String target, String topic, RecordCodecs codecs) {
        return switch (name) {
            case "trueup" -> new TrueupRepairFormat(codecs.of(RepairEvent.class), dataset, target, topic);
            case "plain" -> new PlainRepairFormat(target);
            default -> throw new IllegalArgumentException("unknown format " + name + "; known are " + NAMES);
        };
    }

    /**
     * Encodes a repair.
     *
     * @param repair a repair of this format's target
     * @param partition the partition of the dataset
     * @param value the value read back, or null; ignored for a delete
     * @param reference where the value can be fetched, or null; ignored for a delete or if there is a value
     * @return the record; empty if the format cannot express it: a plain record cannot carry a reference, and neither null
     *     nor an empty value would be correct
     * @throws IllegalArgumentException if the repair is for another target, or has neither value nor reference and is not
     *     a delete
     */
    Optional<EncodedRepair> encode(Repair repair, int partition, byte[] value, ValueReference reference);

    /**
     * Decodes a record of the repair topic.
     *
     * @throws MalformedRecordException if it is not a repair event of this dataset and target; the message is the reason,
     *     without the place
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    SentRepair decode(byte[] key, byte[] value, Headers headers) throws MalformedRecordException;

    /** Whether a record value can be decoded, or is malformed, without a further answer of a registry. Never waits. */
    default boolean isReady(byte[] value) {
        return true;
    }
}

package io.trueup.replica.format;

import io.trueup.avro.RecordCodecs;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import java.util.Arrays;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Encodes write events and progress events for the replica's writes topic. Record timestamps are left to the producer: they are the
 * time of sending, so that the retention of the topic does not remove events of old writes at once. Thread-safe.
 */
public interface WriteEvents {

    /**
     * The Avro format, for a writes topic.
     *
     * @param codecs write its records
     */
    static WriteEvents trueup(String topic, RecordCodecs codecs) {
        return new TrueupWriteEvents(topic, codecs);
    }

    /** The plain format, for a writes topic. */
    static WriteEvents plain(String topic) {
        return new PlainWriteEvents(topic);
    }

    /**
     * The write event "the replica now holds this entry".
     *
     * @param repairId the id of the repair that the event answers, or null
     */
    ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId);

    /**
     * The progress event "every write of this partition up to this position is applied". Its key is
     * {@link HeaderNames#progressKey}, because a compacted topic refuses records without key.
     *
     * @param positionMs milliseconds since the epoch
     */
    ProducerRecord<byte[], byte[]> progress(int partition, long positionMs);

    /**
     * Asks a registry for what these events need, so that nothing waits for it later.
     *
     * @throws io.trueup.avro.SchemaRefusedException if the registry refuses a schema
     * @throws io.trueup.avro.RegistryUnavailableException if the registry gives no answer
     */
    default void prepare() {}

    /** Whether a record key is that of progress events. It begins with a zero byte and must not be a key of the dataset. */
    static boolean isProgressKey(byte[] key) {
        return key.length > 0 && key[0] == 0 && Arrays.equals(key, HeaderNames.progressKey());
    }

    /** Whether a record key is that of scan markers, which is reserved in the same way. */
    static boolean isScanKey(byte[] key) {
        return key.length > 0 && key[0] == 0 && Arrays.equals(key, HeaderNames.scanKey());
    }
}

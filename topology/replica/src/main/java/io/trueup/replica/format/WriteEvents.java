package io.trueup.replica.format;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import java.util.Arrays;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Encodes what the replica tells in its writes topic. Record timestamps are left to the producer: they are the time of sending, so that
 * old writes do not fall to the topic's retention at once. Thread-safe.
 */
public interface WriteEvents {

    /** The Avro format, for a writes topic. */
    static WriteEvents trueup(String topic) {
        return new TrueupWriteEvents(topic);
    }

    /** The plain format, for a writes topic. */
    static WriteEvents plain(String topic) {
        return new PlainWriteEvents(topic);
    }

    /**
     * "The replica now holds this entry."
     *
     * @param repairId the repair that the event answers, or null
     */
    ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId);

    /**
     * "Every write of this partition up to this position is applied." Has the key {@link HeaderNames#progressKey}: a compacted topic refuses records without key.
     */
    ProducerRecord<byte[], byte[]> progress(int partition, long positionMs);

    /** The record key of progress events: begins with a zero byte, and no key of a dataset may be the same. */
    static boolean isProgressKey(byte[] key) {
        return key.length > 0 && key[0] == 0 && Arrays.equals(key, HeaderNames.progressKey());
    }

    /** The record key of scan markers, reserved in the same way. */
    static boolean isScanKey(byte[] key) {
        return key.length > 0 && key[0] == 0 && Arrays.equals(key, HeaderNames.scanKey());
    }
}

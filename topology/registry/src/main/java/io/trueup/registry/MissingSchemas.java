package io.trueup.registry;

import io.trueup.avro.WireFormat;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Since when a registry answers a user's deserializer that it has no such schema. Records with the same beginning have the same schema: in
 * the wire format these are its header, elsewhere as many bytes as any known header has. Thread-safe.
 */
final class MissingSchemas {

    private static final int MOST = 10_000;

    /** That of AWS Glue, the longest. */
    private static final int LONGEST_HEADER_BYTES = 18;

    private final long missingNanos;
    private final Map<String, Long> sinceNanos = new LinkedHashMap<>() {

        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST;
        }
    };

    /** @param missing how long it must answer so until that counts */
    MissingSchemas(Duration missing) {
        missingNanos = missing.toNanos();
    }

    /** Notes the answer for a record; returns whether it counts. */
    synchronized boolean isMissing(String topic, byte[] bytes) {
        long nowNanos = System.nanoTime();
        Long since = sinceNanos.putIfAbsent(key(topic, bytes), nowNanos);
        return nowNanos - (since == null ? nowNanos : since) >= missingNanos;
    }

    /** Forgets the answers for a record, because there was another one. */
    synchronized void found(String topic, byte[] bytes) {
        if (!sinceNanos.isEmpty()) {
            sinceNanos.remove(key(topic, bytes));
        }
    }

    private static String key(String topic, byte[] bytes) {
        int length = WireFormat.isMarked(bytes) ? WireFormat.HEADER_BYTES : LONGEST_HEADER_BYTES;
        return topic + Arrays.toString(Arrays.copyOf(bytes, Math.min(length, bytes.length)));
    }
}

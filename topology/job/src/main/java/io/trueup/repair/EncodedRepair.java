package io.trueup.repair;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A repair event as a Kafka record. The arrays are not copied.
 *
 * @param key record key
 * @param value record value; null for a delete in the plain format
 * @param headers record headers
 */
public record EncodedRepair(byte[] key, byte[] value, Headers headers) {

    /** Size of key, value and headers in bytes, as it counts for the limits of producer and topic, without overhead. */
    public int bytes() {
        int bytes = key.length + (value == null ? 0 : value.length);
        for (Header header : headers) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }
}

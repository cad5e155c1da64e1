package io.trueup.stream.record;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * How large a record may be, by the settings of its topic and of the producer. Sizes are checked before a record is sent: in a
 * transaction no record can be left out afterwards. Thread-safe.
 */
public final class MessageLimits {

    private static final int BATCH_OVERHEAD = 61;

    /** Offset, timestamp, attributes, and the lengths of record, key, value and headers, as numbers of variable length. */
    private static final int RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5 + 5 + 5;

    private static final int HEADER_OVERHEAD = 5 + 5;

    private final int maxRequestBytes;
    private volatile Map<String, Integer> maxMessageBytes = Map.of();

    /** @param maxRequestBytes {@code max.request.size} of the producer */
    public MessageLimits(int maxRequestBytes) {
        this.maxRequestBytes = maxRequestBytes;
    }

    /** Takes up {@code max.message.bytes} of each topic. */
    public void topics(Map<String, Integer> maxMessageBytes) {
        this.maxMessageBytes = Map.copyOf(maxMessageBytes);
    }

    /** The largest record in bytes that can be sent to a topic. */
    public int maxBytes(String topic) {
        return Math.min(maxRequestBytes, maxMessageBytes.getOrDefault(topic, maxRequestBytes));
    }

    /** The size in bytes that a record has at most, as a batch of its own without compression. */
    public static int bytes(byte[] key, byte[] value, Headers headers) {
        int bytes = BATCH_OVERHEAD + RECORD_OVERHEAD + length(key) + length(value);
        for (Header header : headers) {
            bytes += HEADER_OVERHEAD + header.key().getBytes(StandardCharsets.UTF_8).length + length(header.value());
        }
        return bytes;
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}

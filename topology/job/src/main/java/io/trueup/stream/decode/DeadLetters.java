package io.trueup.stream.decode;

import io.trueup.failure.RateLimitedLog;
import io.trueup.schema.HeaderNames;
import io.trueup.stream.record.MessageLimits;
import io.trueup.stream.record.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes dead letters: malformed records with their own key, value and headers, and with further headers that name the reason
 * and the origin. What does not fit into one record is left out: the value first, then the headers, then the key. Counts and
 * logs them. Thread-safe.
 */
public final class DeadLetters {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private final String replica;
    private final IntConsumer malformed;
    private final IntSupplier maxBytes;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    /**
     * @param malformed counts a malformed record of a partition
     * @param maxBytes how large a dead letter may be
     */
    public DeadLetters(String replica, IntConsumer malformed, IntSupplier maxBytes) {
        this.replica = replica;
        this.malformed = malformed;
        this.maxBytes = maxBytes;
    }

    /** Returns the dead letter of a record, and counts it. */
    public Record<byte[], OutputRecord> letter(
            Record<byte[], byte[]> record, RecordMetadata from, String reason, long nowMs) {
        malformed.accept(from.partition());
        warnings.warn(from.topic() + "-" + from.partition() + "@" + from.offset()
                + ": malformed record, sent to the dead-letter topic: " + reason);
        Headers origin = new RecordHeaders();
        add(origin, HeaderNames.DEAD_LETTER_REASON, reason);
        add(origin, HeaderNames.DEAD_LETTER_REPLICA, replica);
        add(origin, HeaderNames.DEAD_LETTER_TOPIC, from.topic());
        add(origin, HeaderNames.DEAD_LETTER_PARTITION, Integer.toString(from.partition()));
        add(origin, HeaderNames.DEAD_LETTER_OFFSET, Long.toString(from.offset()));
        // Control messages and repairs are read with timestamp 0, so that they come first: theirs is not known here.
        if (record.timestamp() > 0) {
            add(origin, HeaderNames.DEAD_LETTER_TIMESTAMP, Long.toString(record.timestamp()));
        }
        return letter(record, origin, from.partition(), nowMs);
    }

    /** With the value, the headers and the key of the record, as far as they fit into one record together. */
    private Record<byte[], OutputRecord> letter(
            Record<byte[], byte[]> record, Headers origin, int partition, long nowMs) {
        Headers all = new RecordHeaders(record.headers());
        origin.forEach(all::add);
        byte[] key = record.key();
        if (fits(key, record.value(), all)) {
            return new Record<>(key, new OutputRecord(partition, record.value()), nowMs, all);
        }
        Headers headers = fits(key, null, all) ? all : origin;
        return new Record<>(fits(key, null, headers) ? key : null, new OutputRecord(partition, null), nowMs, headers);
    }

    private boolean fits(byte[] key, byte[] value, Headers headers) {
        return MessageLimits.bytes(key, value, headers) <= maxBytes.getAsInt();
    }

    /** Returns what stands for a record that cannot be sent: its key and its headers, as far as they fit. */
    public Record<byte[], OutputRecord> unsent(
            String topic, int partition, byte[] key, Headers headers, String reason, long nowMs) {
        warnings.warn(topic + "-" + partition + ": a record was not sent, and leaves a dead letter: " + reason);
        Headers origin = new RecordHeaders();
        add(origin, HeaderNames.DEAD_LETTER_REASON, "not sent: " + reason);
        add(origin, HeaderNames.DEAD_LETTER_REPLICA, replica);
        add(origin, HeaderNames.DEAD_LETTER_TOPIC, topic);
        add(origin, HeaderNames.DEAD_LETTER_PARTITION, Integer.toString(partition));
        return letter(new Record<>(key, null, nowMs, headers), origin, partition, nowMs);
    }

    public static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}

package io.trueup.stream.decode;

import io.trueup.failure.RateLimitedLog;
import io.trueup.schema.HeaderNames;
import io.trueup.stream.record.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes dead letters: malformed records with their own key, value and headers, and with further headers that name the reason
 * and the origin. Counts and logs them. Thread-safe.
 */
public final class DeadLetters {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    private final String replica;
    private final IntConsumer malformed;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    /** @param malformed counts a malformed record of a partition */
    public DeadLetters(String replica, IntConsumer malformed) {
        this.replica = replica;
        this.malformed = malformed;
    }

    /** Returns the dead letter of a record, and counts it. */
    public Record<byte[], OutputRecord> letter(
            Record<byte[], byte[]> record, RecordMetadata from, String reason, long nowMs) {
        malformed.accept(from.partition());
        warnings.warn(from.topic() + "-" + from.partition() + "@" + from.offset()
                + ": malformed record, sent to the dead-letter topic: " + reason);
        Headers headers = new RecordHeaders(record.headers());
        add(headers, HeaderNames.DEAD_LETTER_REASON, reason);
        add(headers, HeaderNames.DEAD_LETTER_REPLICA, replica);
        add(headers, HeaderNames.DEAD_LETTER_TOPIC, from.topic());
        add(headers, HeaderNames.DEAD_LETTER_PARTITION, Integer.toString(from.partition()));
        add(headers, HeaderNames.DEAD_LETTER_OFFSET, Long.toString(from.offset()));
        // Control messages and repairs are read with timestamp 0, so that they come first: theirs is not known here.
        if (record.timestamp() > 0) {
            add(headers, HeaderNames.DEAD_LETTER_TIMESTAMP, Long.toString(record.timestamp()));
        }
        return new Record<>(record.key(), new OutputRecord(from.partition(), record.value()), nowMs, headers);
    }

    public static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}

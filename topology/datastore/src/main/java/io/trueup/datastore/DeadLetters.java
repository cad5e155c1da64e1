package io.trueup.datastore;

import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * Makes dead letters: records with their own key, value and headers, and with further headers that name the reason and the origin. What
 * does not fit into one record is left out, and the reason says so: the value first, then the headers, then the key. Thread-safe.
 */
final class DeadLetters {

    /** A longer key is no key of a dataset. */
    private static final int MAX_KEY_BYTES = 16 * 1024;

    /** Reasons may repeat what a record contains. */
    private static final int MAX_REASON_CHARS = 1024;

    private final ReplicaTopics topics;
    private final Predicate<ProducerRecord<byte[], byte[]>> fits;

    /** @param fits whether a record is small enough to be sent, as far as this is known */
    DeadLetters(ReplicaTopics topics, Predicate<ProducerRecord<byte[], byte[]>> fits) {
        this.topics = topics;
        this.fits = fits;
    }

    /** What is left out of a record; each constant includes the ones before it. */
    private enum Omitted {
        NOTHING,
        VALUE,
        HEADERS,
        KEY
    }

    /** With as much of the record as fits. */
    ProducerRecord<byte[], byte[]> letter(ConsumerRecord<byte[], byte[]> record, String reason) {
        return Stream.of(Omitted.NOTHING, Omitted.VALUE, Omitted.HEADERS)
                .map(omitted -> without(omitted, record, reason))
                .filter(fits)
                .findFirst()
                .orElseGet(() -> without(Omitted.KEY, record, reason));
    }

    /** With neither the value nor the headers of the record, for a topic that has refused {@link #letter} as too large. */
    ProducerRecord<byte[], byte[]> smallest(ConsumerRecord<byte[], byte[]> record, String reason) {
        boolean isLong = record.key() != null && record.key().length > MAX_KEY_BYTES;
        return without(isLong ? Omitted.KEY : Omitted.HEADERS, record, reason);
    }

    private ProducerRecord<byte[], byte[]> without(
            Omitted omitted, ConsumerRecord<byte[], byte[]> record, String reason) {
        boolean value = omitted.compareTo(Omitted.VALUE) < 0;
        boolean headers = omitted.compareTo(Omitted.HEADERS) < 0;
        boolean key = omitted.compareTo(Omitted.KEY) < 0;
        List<String> missing = new ArrayList<>();
        if (!value && record.value() != null) {
            missing.add("the value of " + record.value().length + " bytes");
        }
        if (!headers && record.headers().toArray().length > 0) {
            missing.add("the headers");
        }
        if (!key && record.key() != null) {
            missing.add("the key of " + record.key().length + " bytes");
        }
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(
                topics.deadLetters(),
                null,
                key ? record.key() : null,
                value ? record.value() : null,
                headers ? record.headers() : null);
        add(letter.headers(), HeaderNames.DEAD_LETTER_REASON, cut(reason) + leftOut(missing));
        add(letter.headers(), HeaderNames.DEAD_LETTER_REPLICA, topics.replica());
        add(letter.headers(), HeaderNames.DEAD_LETTER_TOPIC, record.topic());
        add(letter.headers(), HeaderNames.DEAD_LETTER_PARTITION, Integer.toString(record.partition()));
        add(letter.headers(), HeaderNames.DEAD_LETTER_OFFSET, Long.toString(record.offset()));
        add(letter.headers(), HeaderNames.DEAD_LETTER_TIMESTAMP, Long.toString(record.timestamp()));
        return letter;
    }

    private static String leftOut(List<String> missing) {
        return missing.isEmpty()
                ? ""
                : "; left out of this dead letter, which would be too large: " + String.join(", ", missing);
    }

    private static String cut(String reason) {
        return reason == null || reason.length() <= MAX_REASON_CHARS
                ? String.valueOf(reason)
                : reason.substring(0, MAX_REASON_CHARS) + "...";
    }

    private static void add(Headers headers, String name, String text) {
        headers.add(name, text.getBytes(StandardCharsets.UTF_8));
    }
}

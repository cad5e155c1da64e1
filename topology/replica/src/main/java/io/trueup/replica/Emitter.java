package io.trueup.replica;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.WriteEvents;
import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends write events, progress events, scans and dead letters. When {@link #flush} returns, every record that was sent is delivered.
 * Records of a partition are delivered in the order in which they were sent, because the producer is idempotent. Not thread-safe.
 */
final class Emitter {

    private static final Logger LOG = LoggerFactory.getLogger(Emitter.class);

    /** A longer key is no key of a dataset. */
    private static final int MAX_KEY_BYTES = 16 * 1024;

    /** Reasons may repeat what a record contains. */
    private static final int MAX_REASON_CHARS = 1024;

    private final Producer<byte[], byte[]> producer;
    private final WriteEvents events;
    private final String deadLetterTopic;
    private final List<Sent> pending = new ArrayList<>();

    /**
     * A record that was sent.
     *
     * @param smaller a record that is sent in its place if it is too large, or null
     */
    private record Sent(
            ProducerRecord<byte[], byte[]> record,
            Future<RecordMetadata> delivered,
            ProducerRecord<byte[], byte[]> smaller) {}

    Emitter(ReplicaConfig config, WriteEvents events) {
        this(producer(config), events, config.deadLetterTopic());
    }

    /** @param producer is closed with this */
    Emitter(Producer<byte[], byte[]> producer, WriteEvents events, String deadLetterTopic) {
        this.producer = producer;
        this.events = events;
        this.deadLetterTopic = deadLetterTopic;
    }

    static Producer<byte[], byte[]> producer(ReplicaConfig config) {
        return new KafkaProducer<>(config.clients().producer(), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Sends a write event.
     *
     * @param repairId the id of the repair that the event answers, or null
     */
    void write(StoredEntry entry, String repairId) {
        send(events.write(entry, repairId));
    }

    /** Sends a progress event: every write of the partition up to a position, in milliseconds since the epoch, is applied. */
    void progress(int partition, long positionMs) {
        send(events.progress(partition, positionMs));
    }

    /**
     * Sends a malformed record to the dead-letter topic: as it is, or, if that is too large, without its value, its headers
     * and a long key. The reason says what was left out.
     */
    void deadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {
        ProducerRecord<byte[], byte[]> whole =
                new ProducerRecord<>(deadLetterTopic, null, record.key(), record.value(), record.headers());
        send(withOrigin(whole, record, reason), smaller(record, reason));
    }

    private ProducerRecord<byte[], byte[]> smaller(ConsumerRecord<byte[], byte[]> record, String reason) {
        List<String> leftOut = new ArrayList<>();
        if (record.value() != null) {
            leftOut.add("the value of " + record.value().length + " bytes");
        }
        if (record.headers().toArray().length > 0) {
            leftOut.add("the headers");
        }
        boolean isLong = record.key() != null && record.key().length > MAX_KEY_BYTES;
        if (isLong) {
            leftOut.add("the key of " + record.key().length + " bytes");
        }
        String shortened = reason.length() <= MAX_REASON_CHARS ? reason : reason.substring(0, MAX_REASON_CHARS) + "...";
        return withOrigin(
                new ProducerRecord<>(deadLetterTopic, isLong ? null : record.key(), null),
                record,
                shortened + "; left out of this dead letter, which would be too large: " + String.join(", ", leftOut));
    }

    private static ProducerRecord<byte[], byte[]> withOrigin(
            ProducerRecord<byte[], byte[]> letter, ConsumerRecord<byte[], byte[]> record, String reason) {
        Headers headers = letter.headers();
        headers.add(HeaderNames.DEAD_LETTER_REASON, utf8(reason));
        headers.add(HeaderNames.DEAD_LETTER_TOPIC, utf8(record.topic()));
        headers.add(HeaderNames.DEAD_LETTER_PARTITION, utf8(Integer.toString(record.partition())));
        headers.add(HeaderNames.DEAD_LETTER_OFFSET, utf8(Long.toString(record.offset())));
        return letter;
    }

    /**
     * Waits until all records that were sent are delivered.
     *
     * @throws DeliveryException if a record sent since the last call was not delivered
     */
    void flush() {
        producer.flush();
        try {
            List.copyOf(pending).stream().filter(Emitter::isToBeShortened).forEach(this::sendLess);
            pending.stream().filter(sent -> !isToBeShortened(sent)).forEach(this::check);
        } finally {
            pending.clear();
        }
    }

    /**
     * Sends a record and waits until it, and all records that were sent before it, are delivered.
     *
     * @return the offset of the record
     * @throws DeliveryException if a record sent since the last {@link #flush} was not delivered
     */
    long deliver(ProducerRecord<byte[], byte[]> record) {
        send(record);
        Sent sent = pending.get(pending.size() - 1);
        flush();
        RecordMetadata delivered = check(sent);
        if (!delivered.hasOffset()) {
            throw new DeliveryException(
                    record.topic(),
                    new KafkaException(
                            "the broker did not return the offset of the record in " + delivered + "; try again"));
        }
        return delivered.offset();
    }

    /** Closes the producer. */
    void close(Duration timeout) {
        producer.close(timeout);
    }

    /**
     * Sends a record. A failure that is known at once ends the batch, because each further record might wait as long for a broker that
     * cannot be reached.
     */
    void send(ProducerRecord<byte[], byte[]> record) {
        send(record, null);
    }

    private void send(ProducerRecord<byte[], byte[]> record, ProducerRecord<byte[], byte[]> smaller) {
        Sent sent = new Sent(record, producer.send(record), smaller);
        if (isToBeShortened(sent)) {
            sendLess(sent);
            return;
        }
        pending.add(sent);
        if (sent.delivered.isDone()) {
            try {
                check(sent);
            } catch (DeliveryException e) {
                producer.flush();
                pending.clear();
                throw e;
            }
        }
    }

    private void sendLess(Sent sent) {
        LOG.warn(
                "A dead letter is too large for {} or its producer, and is sent without its value",
                sent.record.topic());
        send(sent.smaller, null);
    }

    /** Whether a record was refused as too large, and there is a smaller one. */
    private static boolean isToBeShortened(Sent sent) {
        if (sent.smaller == null || !sent.delivered.isDone()) {
            return false;
        }
        try {
            return sent.delivered.get() == null;
        } catch (ExecutionException e) {
            return e.getCause() instanceof RecordTooLargeException;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private RecordMetadata check(Sent sent) {
        try {
            return sent.delivered.get();
        } catch (ExecutionException e) {
            throw new DeliveryException(sent.record.topic(), e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

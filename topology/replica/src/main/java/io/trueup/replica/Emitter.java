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
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends write events, progress events, scans and dead letters. When {@link #flush} returns, every record that was sent is delivered.
 * Records of a partition are delivered in the order in which they were sent, because the producer is idempotent. Not thread-safe.
 */
final class Emitter {

    private final Producer<byte[], byte[]> producer;
    private final WriteEvents events;
    private final String deadLetterTopic;
    private final List<Future<RecordMetadata>> pending = new ArrayList<>();

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

    /** Sends a malformed record, as it is, to the dead-letter topic. */
    void deadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(deadLetterTopic, null, record.key(), record.value(), record.headers());
        Headers headers = letter.headers();
        headers.add(HeaderNames.DEAD_LETTER_REASON, utf8(reason));
        headers.add(HeaderNames.DEAD_LETTER_TOPIC, utf8(record.topic()));
        headers.add(HeaderNames.DEAD_LETTER_PARTITION, utf8(Integer.toString(record.partition())));
        headers.add(HeaderNames.DEAD_LETTER_OFFSET, utf8(Long.toString(record.offset())));
        send(letter);
    }

    /**
     * Waits until all records that were sent are delivered.
     *
     * @throws DeliveryException if a record sent since the last call was not delivered
     */
    void flush() {
        producer.flush();
        try {
            pending.forEach(this::check);
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
        Future<RecordMetadata> sent = pending.get(pending.size() - 1);
        flush();
        RecordMetadata delivered = check(sent);
        if (!delivered.hasOffset()) {
            throw new DeliveryException(new KafkaException(
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
        Future<RecordMetadata> sent = producer.send(record);
        pending.add(sent);
        if (sent.isDone()) {
            try {
                check(sent);
            } catch (DeliveryException e) {
                producer.flush();
                pending.clear();
                throw e;
            }
        }
    }

    private RecordMetadata check(Future<RecordMetadata> sent) {
        try {
            return sent.get();
        } catch (ExecutionException e) {
            throw new DeliveryException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

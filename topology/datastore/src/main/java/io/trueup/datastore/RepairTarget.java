package io.trueup.datastore;

import io.trueup.avro.MalformedRecordException;
import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Headers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies repairs to a datastore and answers them, one record at a time. Not thread-safe but for the counts. */
final class RepairTarget {

    private static final Logger LOG = LoggerFactory.getLogger(RepairTarget.class);

    /** So often something is repeated at once because another writer was faster; then after a pause. */
    private static final int MAX_RACES = 100;

    final LongAdder applied = new LongAdder();
    final LongAdder declined = new LongAdder();
    final LongAdder deadLetters = new LongAdder();

    private final ReplicaTopics topics;
    private final RepairRecords records;
    private final WriteEventProducer producer;
    private final Datastore datastore;
    private final ReferenceSource references;

    RepairTarget(
            ReplicaTopics topics,
            RepairRecords records,
            WriteEventProducer producer,
            Datastore datastore,
            ReferenceSource references) {
        this.topics = topics;
        this.records = records;
        this.producer = producer;
        this.datastore = datastore;
        this.references = references;
    }

    /**
     * What was sent for a record.
     *
     * @param key its key; null for a dead letter
     * @param held the entry in the answer; null: nothing is held
     */
    record Answer(ConsumerRecord<byte[], byte[]> record, Key key, Entry held, CompletableFuture<Long> sent) {}

    /**
     * Applies the repair in a record if its condition holds, and sends what is then held; or sends the record to the dead letters.
     *
     * @throws RetriableException if the answer could not be sent for now: each further one might wait as long
     */
    Answer answer(ConsumerRecord<byte[], byte[]> record) throws Exception {
        Answer answer = sent(record);
        if (answer.sent().isCompletedExceptionally()) {
            try {
                var unused = WriteEventProducer.delivered(answer.sent());
            } catch (RetriableException e) {
                throw e;
            } catch (KafkaException e) {
                LOG.debug("settle() decides what follows", e);
            }
        }
        return answer;
    }

    private Answer sent(ConsumerRecord<byte[], byte[]> record) throws Exception {
        try {
            Repair repair = fetched(records.decode(record));
            return producer.exclusively(repair.key(), () -> answer(record, repair));
        } catch (MalformedRecordException e) {
            return deadLetter(record, e.getMessage());
        }
    }

    /**
     * Waits until answers are delivered. Then reads their keys again, and sends what has changed, until nothing has.
     *
     * @throws KafkaException if an event is not delivered
     */
    void settle(List<Answer> answers) throws Exception {
        Map<Key, Entry> reported = new HashMap<>();
        for (Answer answer : answers) {
            if (isDelivered(answer) && answer.key() != null) {
                reported.put(answer.key(), answer.held());
            }
        }
        for (int race = 0; !reported.isEmpty(); race++) {
            checkRaces(race);
            reported = changed(reported);
        }
    }

    private Map<Key, Entry> changed(Map<Key, Entry> reported) throws Exception {
        Map<Key, Entry> changed = new HashMap<>();
        List<CompletableFuture<Long>> sent = new ArrayList<>();
        for (Map.Entry<Key, Entry> each : reported.entrySet()) {
            Key key = each.getKey();
            producer.exclusively(key, () -> {
                Entry held = datastore.read(key);
                if (held != null && !held.equals(each.getValue())) {
                    changed.put(key, held);
                    sent.add(producer.write(key, held));
                }
                return null;
            });
        }
        sent.forEach(WriteEventProducer::delivered);
        return changed;
    }

    private boolean isDelivered(Answer answer) {
        try {
            return WriteEventProducer.delivered(answer.sent()) >= 0;
        } catch (RecordTooLargeException e) {
            if (answer.key() == null) {
                throw e;
            }
            WriteEventProducer.delivered(unanswerable(answer.record(), e).sent());
            return false;
        }
    }

    private Answer answer(ConsumerRecord<byte[], byte[]> record, Repair repair) throws Exception {
        for (int race = 0; ; race++) {
            checkRaces(race);
            Entry held = datastore.read(repair.key());
            Repair.Decision decision = repair.decide(held, System.currentTimeMillis());
            boolean apply = decision == Repair.Decision.APPLY;
            if (!apply || datastore.replace(repair.key(), held, repair.winner())) {
                LOG.debug("Repair {} of {}: {}", repair.id(), repair.key(), decision);
                (apply ? applied : declined).increment();
                return send(record, repair, apply ? datastore.read(repair.key()) : held);
            }
        }
    }

    private Answer send(ConsumerRecord<byte[], byte[]> record, Repair repair, Entry held) {
        try {
            return new Answer(record, repair.key(), held, producer.answer(repair, held));
        } catch (IllegalArgumentException e) {
            return unanswerable(record, e);
        }
    }

    private Repair fetched(Repair repair) throws InterruptedException {
        if (repair.source() == null) {
            return repair;
        }
        Repair completed = repair;
        try {
            completed = repair.completed(references.fetch(repair.source(), repair.key()));
        } catch (InterruptedException | InterruptException e) {
            throw e;
        } catch (Exception e) {
            LOG.warn("Replica {} cannot be asked for {}", repair.source(), repair.key(), e);
        }
        if (completed.source() != null) {
            LOG.warn(
                    "Repair {} of {} is declined: its value, version {}, was not fetched from replica {}",
                    repair.id(),
                    repair.key(),
                    repair.winner().version(),
                    repair.source());
        }
        return completed;
    }

    private static void checkRaces(int race) {
        if (race >= MAX_RACES) {
            throw new IllegalStateException("what is held has changed " + MAX_RACES
                    + " times in a row, or Datastore.replace returns false although nothing has changed");
        }
    }

    private Answer unanswerable(ConsumerRecord<byte[], byte[]> record, Exception reason) {
        return deadLetter(record, "its answer cannot be sent: " + reason.getMessage());
    }

    private Answer deadLetter(ConsumerRecord<byte[], byte[]> record, String reason) {
        LOG.error(
                "{}-{}@{} is sent to {}: {}",
                record.topic(),
                record.partition(),
                record.offset(),
                topics.deadLetters(),
                reason);
        deadLetters.increment();
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(topics.deadLetters(), null, record.key(), record.value(), record.headers());
        add(letter.headers(), HeaderNames.DEAD_LETTER_REASON, reason);
        add(letter.headers(), HeaderNames.DEAD_LETTER_REPLICA, topics.replica());
        add(letter.headers(), HeaderNames.DEAD_LETTER_TOPIC, record.topic());
        add(letter.headers(), HeaderNames.DEAD_LETTER_PARTITION, Integer.toString(record.partition()));
        add(letter.headers(), HeaderNames.DEAD_LETTER_OFFSET, Long.toString(record.offset()));
        add(letter.headers(), HeaderNames.DEAD_LETTER_TIMESTAMP, Long.toString(record.timestamp()));
        return new Answer(record, null, null, producer.send(letter));
    }

    private static void add(Headers headers, String name, String text) {
        headers.add(name, text.getBytes(StandardCharsets.UTF_8));
    }
}

package io.trueup.datastore;

import io.trueup.avro.MalformedRecordException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
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
    private final DeadLetters letters;

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
        letters = new DeadLetters(topics, producer::fits);
    }

    /**
     * What was sent for a record.
     *
     * @param key its key; null for a dead letter
     * @param held the entry in the answer; null: nothing is held
     * @param reason why it is a dead letter; null for an answer
     */
    record Answer(
            ConsumerRecord<byte[], byte[]> record, Key key, Entry held, String reason, CompletableFuture<Long> sent) {}

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
        Map<Key, CompletableFuture<Long>> sent = new HashMap<>();
        for (Map.Entry<Key, Entry> each : reported.entrySet()) {
            Key key = each.getKey();
            producer.exclusively(key, () -> {
                Entry held = datastore.read(key);
                if (held != null && !held.equals(each.getValue())) {
                    changed.put(key, held);
                    sent.put(key, written(key, held));
                }
                return null;
            });
        }
        sent.forEach((key, event) -> {
            try {
                var unused = WriteEventProducer.delivered(event);
            } catch (RecordTooLargeException e) {
                LOG.error("What is now held for {} was not sent: {}", key, e.getMessage());
                changed.remove(key);
            }
        });
        return changed;
    }

    /** An entry that is too large is not a matter of repairs: it was written meanwhile, and its own event has failed in the same way. */
    private CompletableFuture<Long> written(Key key, Entry held) {
        try {
            return producer.write(key, held);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(new RecordTooLargeException(e.getMessage()));
        }
    }

    /** Waits until an answer is delivered, or a dead letter in place of it; then returns false. */
    private boolean isDelivered(Answer answer) {
        try {
            var unused = WriteEventProducer.delivered(answer.sent());
            return answer.key() != null;
        } catch (RecordTooLargeException e) {
            if (answer.key() == null) {
                LOG.warn("{} is sent again, with less: {}", topics.deadLetters(), e.getMessage());
                WriteEventProducer.delivered(producer.send(letters.smallest(answer.record(), answer.reason())));
                return false;
            }
            return isDelivered(unanswerable(answer.record(), e));
        }
    }

    private Answer answer(ConsumerRecord<byte[], byte[]> record, Repair repair) throws Exception {
        for (int race = 0; ; race++) {
            checkRaces(race);
            Entry held = datastore.read(repair.key());
            Repair.Decision decision = repair.decide(held, System.currentTimeMillis());
            boolean apply = decision == Repair.Decision.APPLY;
            IllegalArgumentException refusal = apply ? refusal(repair) : null;
            if (refusal != null) {
                return deadLetter(record, "not applied, because its answer cannot be sent: " + refusal.getMessage());
            }
            if (!apply || datastore.replace(repair.key(), held, repair.winner())) {
                LOG.debug("Repair {} of {}: {}", repair.id(), repair.key(), decision);
                (apply ? applied : declined).increment();
                return send(record, repair, apply ? datastore.read(repair.key()) : held);
            }
        }
    }

    /** Why a repair could not be answered once it is applied; null if it could. */
    private IllegalArgumentException refusal(Repair repair) {
        Entry reported = datastore.reported(repair.winner());
        try {
            producer.checkAnswer(repair, reported);
            return null;
        } catch (IllegalArgumentException e) {
            return e;
        }
    }

    private Answer send(ConsumerRecord<byte[], byte[]> record, Repair repair, Entry held) {
        try {
            return new Answer(record, repair.key(), held, null, producer.answer(repair, held));
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
        return new Answer(record, null, null, reason, producer.send(letters.letter(record, reason)));
    }
}

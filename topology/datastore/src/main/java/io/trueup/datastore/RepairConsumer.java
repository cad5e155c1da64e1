package io.trueup.datastore;

import io.trueup.avro.RecordCodecs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the repairs of a replica to its {@link Datastore}, and answers each, applied or declined, with a write event of what the
 * datastore then holds. Instances with the same {@code group.id} share the partitions. The phases of a cycle:
 *
 * <ol>
 *   <li>poll repairs, committed ones only;
 *   <li>for each: read what is held, decide, store the winning entry if nothing else was stored meanwhile, and send what is then held;
 *   <li>wait until the answers are delivered;
 *   <li>read the keys again, and send what has changed since, until nothing has: an instance that was taken for dead may have sent an
 *       answer after newer events of its successor;
 *   <li>commit the offsets.
 * </ol>
 *
 * <p>So whatever fails or ends in between, the repairs are read again, and doing them again changes nothing. Failures of the datastore, of
 * the network and of a schema registry are logged, and the repairs of the partition are tried again after a pause of up to 10 s, for as
 * long as it takes, from the first one that has failed; other partitions go on. What is no repair of this replica, or cannot be answered
 * because the answer is too large, is sent to the dead letters and logged. What is too large for a dead letter, too, is left out of it.
 *
 * <p>{@link #run} is for one thread. The other methods may be called from any thread.
 */
public final class RepairConsumer implements Runnable, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RepairConsumer.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(60);
    private static final long MIN_PAUSE_MS = 100;
    private static final long MAX_PAUSE_MS = 10_000;

    private final String topic;
    private final RepairTarget target;
    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Pause> pauses = new HashMap<>();

    /** Offsets up to which all repairs are answered, of assigned partitions, until they are committed. */
    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();

    private final LongAdder failures = new LongAdder();
    private final AtomicBoolean started = new AtomicBoolean();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * A consumer of repairs in single-object encoding, which declines repairs that refer to a value.
     *
     * @param kafka settings of Kafka's consumer, at least {@code bootstrap.servers} and {@code group.id}; those of producers are ignored
     * @param producer sends the answers; the caller closes it, after this
     * @throws IllegalArgumentException if a setting is missing or would lose repairs
     * @throws KafkaException if Kafka's consumer cannot be made
     */
    public RepairConsumer(
            ReplicaTopics topics, Map<String, ?> kafka, WriteEventProducer producer, Datastore datastore) {
        this(topics, kafka, producer, datastore, (replica, key) -> null, RecordCodecs.embedded());
    }

    /**
     * A consumer of repairs.
     *
     * @param references fetches values to which repairs refer
     * @param codecs read the repairs; the caller closes them
     */
    public RepairConsumer(
            ReplicaTopics topics,
            Map<String, ?> kafka,
            WriteEventProducer producer,
            Datastore datastore,
            ReferenceSource references,
            RecordCodecs codecs) {
        topic = topics.repairs();
        target = new RepairTarget(topics, new RepairRecords(topics, codecs), producer, datastore, references);
        consumer = new KafkaConsumer<>(
                ClientSettings.consumer(kafka), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Consumes until {@link #close} is called or the thread is interrupted. Call it once.
     *
     * @throws KafkaException if the brokers refuse what would be refused for ever, such as credentials or rights; repairs that are not
     *     answered by then are read again after the next start
     */
    @Override
    public void run() {
        if (!started.compareAndSet(false, true)) {
            if (closing.getCount() == 0) {
                return;
            }
            throw new IllegalStateException("a repair consumer runs once");
        }
        try (consumer) {
            consumer.subscribe(List.of(topic), new Reassigned());
            while (closing.getCount() > 0) {
                guardedCycle();
            }
        } catch (InterruptException e) {
            LOG.info("Interrupted: repairs of {} that are not answered will be read again", topic);
        } finally {
            ended.countDown();
        }
    }

    /** Finishes the current cycle and leaves the group. Waits for at most 60 s. */
    @Override
    public void close() {
        closing.countDown();
        if (started.compareAndSet(false, true)) {
            consumer.close();
            ended.countDown();
        }
        try {
            if (!ended.await(CLOSE.toSeconds(), TimeUnit.SECONDS)) {
                LOG.warn("The current cycle of {} takes longer than {}", topic, CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Counts since the start. */
    public Status status() {
        return new Status(target.applied.sum(), target.declined.sum(), target.deadLetters.sum(), failures.sum());
    }

    /**
     * Counts since the start. A repair that is read again counts again.
     *
     * @param applied repairs that were applied
     * @param declined repairs that were declined; their answers say what is held
     * @param deadLetters records that were sent to the dead letters
     * @param failures failures after which repairs are tried again
     */
    public record Status(long applied, long declined, long deadLetters, long failures) {}

    private void guardedCycle() {
        try {
            cycle();
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            if (isFinal(e)) {
                throw e;
            }
            failures.increment();
            LOG.warn("{} was not read, or its offsets were not committed; trying again: {}", topic, e.toString());
            await(MIN_PAUSE_MS);
        }
    }

    private void cycle() {
        consumer.resume(consumer.paused());
        consumer.pause(pauses.keySet().stream()
                .filter(partition -> pauses.get(partition).isLeft())
                .toList());
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
        List<Batch> batches = polled.partitions().stream()
                .map(partition -> new Batch(
                        partition,
                        polled.records(partition),
                        polled.nextOffsets().get(partition)))
                .toList();
        batches.forEach(this::send);
        batches.forEach(this::settle);
        batches.forEach(this::conclude);
        commit();
    }

    /** Sends answers up to the first record that fails. */
    private void send(Batch batch) {
        for (ConsumerRecord<byte[], byte[]> record : batch.records) {
            if (!succeeds(batch, () -> batch.answers.add(target.answer(record)))) {
                batch.next = new OffsetAndMetadata(record.offset());
                return;
            }
        }
    }

    private void settle(Batch batch) {
        if (!succeeds(batch, () -> target.settle(batch.answers))) {
            batch.next = new OffsetAndMetadata(batch.first());
        }
    }

    /** A failure concerns the partition alone, unless it is Kafka's and would be repeated for ever. */
    private boolean succeeds(Batch batch, Work work) {
        try {
            work.run();
            return true;
        } catch (InterruptException e) {
            throw e;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (Exception e) {
            if (e instanceof KafkaException known && isFinal(known)) {
                throw known;
            }
            batch.failure = e;
            return false;
        }
    }

    /** Does what does not fail, before {@link #commit}, which may: a record that has failed must not be passed over. */
    private void conclude(Batch batch) {
        if (batch.next.offset() > batch.first()) {
            uncommitted.put(batch.partition, batch.next);
            pauses.remove(batch.partition);
        }
        if (batch.failure != null) {
            tryAgain(batch);
        }
    }

    private void tryAgain(Batch batch) {
        failures.increment();
        long offset = batch.next.offset();
        consumer.seek(batch.partition, offset);
        long ms = pauses.computeIfAbsent(batch.partition, partition -> new Pause())
                .begin();
        LOG.error(
                "Repairs of {} from offset {} on are tried again in {} ms: {}",
                batch.partition,
                offset,
                ms,
                batch.failure.toString(),
                batch.failure);
    }

    /** During a rebalance, partitions that stay keep their positions, and no poll returns their records again: the next cycle commits them. */
    private void commit() {
        if (uncommitted.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(uncommitted);
            uncommitted.clear();
        } catch (RebalanceInProgressException e) {
            LOG.debug("Not committed before the rebalance has ended: {}", uncommitted, e);
        }
    }

    private void await(long ms) {
        try {
            var unused = closing.await(ms, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static boolean isFinal(KafkaException e) {
        return !(e instanceof RetriableException || e instanceof CommitFailedException);
    }

    /** Something that may fail, as a datastore may. */
    @FunctionalInterface
    private interface Work {

        void run() throws Exception;
    }

    /** The repairs of a partition that one poll has returned. */
    private static final class Batch {

        private final TopicPartition partition;
        private final List<ConsumerRecord<byte[], byte[]>> records;
        private final List<RepairTarget.Answer> answers = new ArrayList<>();

        /** Up to where the repairs are answered, unless a later phase fails. */
        private OffsetAndMetadata next;

        /** Why not all are; or null. */
        private Exception failure;

        Batch(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata next) {
            this.partition = partition;
            this.records = records;
            this.next = next;
        }

        long first() {
            return records.get(0).offset();
        }
    }

    /** Forgets the pauses and the offsets of partitions that come or go. */
    private final class Reassigned implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            forget(partitions);
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            forget(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            pauses.keySet().removeAll(partitions);
            uncommitted.keySet().removeAll(partitions);
        }
    }

    /** The pause of a partition, longer after each failure in a row. */
    private static final class Pause {

        private long ms = MIN_PAUSE_MS / 2;
        private long untilNanos;

        long begin() {
            ms = Math.min(MAX_PAUSE_MS, 2 * ms);
            untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
            return ms;
        }

        boolean isLeft() {
            return untilNanos - System.nanoTime() > 0;
        }
    }
}

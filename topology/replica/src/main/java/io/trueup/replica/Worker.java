package io.trueup.replica;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.Batch;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.format.FeedFormat;
import io.trueup.replica.format.RepairFormat;
import io.trueup.replica.format.WriteEvents;
import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.Table;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replica's work, one cycle after the other: poll, apply the records in one database transaction, commit it, tell
 * what is now held, wait until that has arrived, commit the offsets.
 *
 * <p>Why no write is lost: offsets are committed last. Whatever a crash cuts off is read again; applying it again changes
 * nothing, because versions decide; and telling again what is held makes up for events that were not sent. So the
 * database needs no outbox: the feed is one.
 *
 * <p>The database remembers, in the same transaction, up to where it has applied each partition. One that is new or comes from a
 * backup is therefore behind the committed offsets, and is read up from there, as far back as the feed reaches.
 *
 * <p>Why the last write event of a key is what is held, with several instances too: a partition of feed and repairs belongs to one
 * instance, and a rebalance happens inside a poll, when nothing is under way. Only an instance that was taken for dead in the middle of a
 * cycle can tell something old after its successor has told something new. It learns of that when its offsets are refused: then it reads again
 * what it told about, and tells what has changed, until nothing has. Whatever its successor changes after that is told after that.
 *
 * <p>Not thread-safe.
 */
final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final Duration LONGEST_POLL = Duration.ofMillis(100);

    /** For leaving the group, which costs nothing and spares the next instance the session timeout. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);

    private final ReplicaConfig config;
    private final Intake intake;
    private final Counters counters;
    private final Consumer<byte[], byte[]> consumer;
    private final Emitter emitter;
    private final FeedFormat feedFormat;
    private final RepairFormat repairFormat;
    private final ReferenceResolver peers;
    private final ProgressSchedule progress;
    private final Purge purge;
    private final Duration poll;

    /** What was told under offsets that were refused, by key. */
    private final Map<ByteBuffer, StoredEntry> unconfirmed = new HashMap<>();

    /** Partitions whose position is not yet compared with the database. */
    private final Set<TopicPartition> assigned = new HashSet<>();

    private Table table;

    /** Takes over the table, which it closes. */
    Worker(ReplicaConfig config, Table table, Intake intake, Counters counters) {
        this(config, table, intake, counters, writeEvents(config));
    }

    Worker(ReplicaConfig config, Table table, Intake intake, Counters counters, WriteEvents events) {
        this.config = config;
        this.table = table;
        this.intake = intake;
        this.counters = counters;
        feedFormat = new FeedFormat(table.longestKey());
        repairFormat = config.plainRepairs() ? RepairFormat.plain(config.name()) : RepairFormat.trueup(config.name());
        peers = new ReferenceResolver(config.peers(), counters);
        progress = new ProgressSchedule(config.progressInterval().toNanos());
        purge = new Purge(config, counters, System.nanoTime());
        poll = config.progressInterval().compareTo(LONGEST_POLL) < 0 ? config.progressInterval() : LONGEST_POLL;
        emitter = new Emitter(config, events);
        consumer = new KafkaConsumer<>(config.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(config.feedTopic(), config.repairsTopic()), assignment());
    }

    private ConsumerRebalanceListener assignment() {
        return new ConsumerRebalanceListener() {

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                assigned.removeAll(partitions);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                assigned.addAll(partitions);
            }
        };
    }

    static WriteEvents writeEvents(ReplicaConfig config) {
        String topic = config.writesTopic();
        return config.plainWrites() ? WriteEvents.plain(topic) : WriteEvents.trueup(topic);
    }

    /**
     * Does one cycle.
     *
     * @return false if something failed that may go well later: nothing is lost, the records will be read again
     * @throws RuntimeException if something failed that will not go well by itself
     */
    boolean cycle() {
        if (!consumer.paused().isEmpty()) {
            consumer.resume(consumer.paused());
        }
        return guarded(() -> {
            confirm();
            ConsumerRecords<byte[], byte[]> records = consumer.poll(poll);
            if (!assigned.isEmpty()) {
                rewind(records);
                align();
            } else if (!records.isEmpty()) {
                rewindUnless(() -> process(records), records);
            }
            tellProgress();
            purge.step(table, System.nanoTime(), System.currentTimeMillis());
        });
    }

    /** Stays in the group, reads nothing and tells nothing. */
    boolean rest() {
        consumer.pause(consumer.assignment());
        return guarded(() -> rewind(consumer.poll(poll)));
    }

    /** Closes everything in good order, after a cycle. */
    void close() {
        consumer.close();
        emitter.close(REQUEST_TIMEOUT);
        table.close();
        peers.close();
    }

    /** Drops everything as it is. What was sent may or may not arrive, as in a crash. */
    void abandon() {
        quietly(() -> emitter.close(Duration.ZERO));
        quietly(() -> consumer.close(CloseOptions.timeout(FAREWELL)));
        quietly(() -> table.close());
        quietly(peers::close);
    }

    private void process(ConsumerRecords<byte[], byte[]> records) {
        Batch batch = apply(records);
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptException("stopped between the commit and its write events");
        }
        tell(batch);
        emitter.flush();
        counters.add(batch);
        commit(records, batch);
    }

    private Batch apply(ConsumerRecords<byte[], byte[]> records) {
        List<FeedRecord> feed = new ArrayList<>(records.count());
        List<Repair> repairs = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            try {
                if (record.topic().equals(config.feedTopic())) {
                    take(feedFormat.decode(record), feed);
                } else {
                    FeedFormat.checkKey(record.key(), table.longestKey());
                    repairs.add(peers.resolve(repairFormat.decode(record)));
                }
            } catch (MalformedRecordException e) {
                putAside(record, e);
            }
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        records.nextOffsets().forEach((partition, next) -> offsets.put(partition, next.offset()));
        return table.apply(feed, repairs, offsets, System.currentTimeMillis());
    }

    private void take(FeedRecord record, List<FeedRecord> feed) {
        Intake.Decision decision = intake.onFeed(record);
        if (decision instanceof Intake.Replace replace) {
            feed.add(record.withValue(replace.value()));
        } else if (decision instanceof Intake.Apply) {
            feed.add(record);
        }
    }

    private void putAside(ConsumerRecord<byte[], byte[]> record, MalformedRecordException reason) {
        LOG.warn(
                "{}-{}@{} is malformed and goes to {}: {}",
                record.topic(),
                record.partition(),
                record.offset(),
                config.deadLetterTopic(),
                reason.getMessage());
        emitter.deadLetter(record, reason.getMessage());
        counters.deadLetters.increment();
    }

    private void tell(Batch batch) {
        long nowNanos = System.nanoTime();
        for (Batch.Answer answer : batch.answers()) {
            emitter.write(answer.entry(), answer.repairId());
            progress.told(answer.entry().partition(), nowNanos);
        }
    }

    /** If the offsets are refused, this instance may have told something after its successor has. */
    private void commit(ConsumerRecords<byte[], byte[]> records, Batch batch) {
        try {
            consumer.commitSync(records.nextOffsets());
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.warn(
                    "The offsets of {} records were not committed: these records will be read again",
                    records.count(),
                    e);
            batch.answers()
                    .forEach(answer ->
                            unconfirmed.put(ByteBuffer.wrap(answer.entry().key()), answer.entry()));
            confirm();
            if (!(e instanceof CommitFailedException || e instanceof RetriableException)) {
                throw e;
            }
        }
    }

    private void confirm() {
        while (!unconfirmed.isEmpty()) {
            List<byte[]> keys =
                    unconfirmed.keySet().stream().map(ByteBuffer::array).toList();
            List<StoredEntry> changed = table.read(keys).stream()
                    .filter(entry -> !entry.sameAs(unconfirmed.get(ByteBuffer.wrap(entry.key()))))
                    .toList();
            changed.forEach(entry -> emitter.write(entry, null));
            emitter.flush();
            unconfirmed.clear();
            changed.forEach(entry -> unconfirmed.put(ByteBuffer.wrap(entry.key()), entry));
        }
    }

    /**
     * Goes back to where the database is, if the committed offsets are ahead of it: it is new, comes from a backup, or has
     * lost its last transactions in a failover.
     */
    private void align() {
        for (TopicPartition partition : assigned) {
            OptionalLong applied = table.appliedTo(partition);
            long position = consumer.position(partition, REQUEST_TIMEOUT);
            if (applied.isEmpty()) {
                consumer.seekToBeginning(List.of(partition));
            } else if (applied.getAsLong() < position) {
                LOG.warn(
                        "The database has applied {} up to offset {}, yet {} is committed: reading again from there",
                        partition,
                        applied.getAsLong(),
                        position);
                consumer.seek(partition, applied.getAsLong());
            }
        }
        assigned.clear();
    }

    /**
     * The time is taken before the end of the feed is asked for: every write that was in the feed at this time is applied
     * once the consumer has come to that end.
     */
    private void tellProgress() {
        Set<TopicPartition> feed = consumer.assignment().stream()
                .filter(partition -> partition.topic().equals(config.feedTopic()))
                .collect(Collectors.toSet());
        List<TopicPartition> due = progress.due(feed, System.nanoTime());
        if (due.isEmpty()) {
            return;
        }
        long nowMs = System.currentTimeMillis();
        Map<TopicPartition, Long> ends = consumer.endOffsets(due, REQUEST_TIMEOUT);
        long nowNanos = System.nanoTime();
        ends.forEach((partition, end) -> {
            if (consumer.position(partition, REQUEST_TIMEOUT) >= end) {
                emitter.progress(partition.partition(), nowMs);
                progress.told(partition.partition(), nowNanos);
            }
        });
        emitter.flush();
    }

    private boolean guarded(Runnable work) {
        try {
            work.run();
            return true;
        } catch (DatastoreException e) {
            LOG.error("The database failed; trying again", e);
            reconnect();
        } catch (DeliveryException e) {
            if (!e.passing()) {
                throw e;
            }
            LOG.error("Kafka failed; trying again", e);
        } catch (RetriableException e) {
            LOG.error("Kafka failed; trying again", e);
        }
        counters.failures.increment();
        return false;
    }

    private void rewindUnless(Runnable done, ConsumerRecords<byte[], byte[]> records) {
        try {
            done.run();
        } catch (DatastoreException | DeliveryException | RetriableException e) {
            rewind(records);
            throw e;
        }
    }

    private void rewind(ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            consumer.seek(partition, records.records(partition).get(0).offset());
        }
    }

    private void reconnect() {
        quietly(() -> table.close());
        try {
            table = Table.open(config.location());
        } catch (DatastoreException e) {
            LOG.debug("The database is still not there", e);
        }
    }

    private static void quietly(Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException e) {
            LOG.debug("Closing what is given up", e);
        }
    }
}

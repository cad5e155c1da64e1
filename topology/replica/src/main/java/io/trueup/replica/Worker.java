package io.trueup.replica;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.registry.HoldBack;
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
import java.util.function.Supplier;
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
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the work of a replica, in cycles. The phases of a cycle:
 *
 * <ol>
 *   <li>poll records of the feed and of the repair topic;
 *   <li>apply them in one database transaction, and commit it;
 *   <li>send write events for the entries that are now held, and wait until they are delivered;
 *   <li>commit the offsets of the records;
 *   <li>send progress events and purge the table, where they are due.
 * </ol>
 *
 * <p>Why no write is lost: offsets are committed last. Records whose cycle is cut off by a crash are read again. Applying them again
 * changes nothing, because versions decide; and the write events that are sent for the held entries replace those that were not sent.
 * So the database needs no outbox: the feed is the outbox.
 *
 * <p>In the same transaction, the database stores the offset up to which it has applied each partition. A database that is new or was
 * restored from a backup is therefore behind the committed offsets. The replica then reads again from the offsets of the database, as far
 * back as the feed reaches.
 *
 * <p>Why the last write event of a key is the held entry, with several instances too: a partition of feed and repairs belongs to one
 * instance, and a rebalance happens inside a poll, when no cycle is in progress. Only an instance that was taken for dead in the middle of
 * a cycle can send an old event after its successor has sent a new one. It learns of that when its offsets are refused. It then reads
 * the entries for which it sent events again, and sends events for those that have changed, until none has. Changes that its successor
 * makes after that are also sent after that.
 *
 * <p>Repairs whose schema a registry has not said yet wait in their topic, and the feed goes on: see {@link HoldBack}.
 *
 * <p>Not thread-safe.
 */
final class Worker {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final Duration MAX_POLL = Duration.ofMillis(100);

    /** Time for leaving the group. This costs nothing, and the next instance need not wait for the session timeout. */
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(1);

    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);

    private final ReplicaConfig config;
    private final Intake intake;
    private final Counters counters;
    private final RecordCodecs codecs;
    private final HoldBack holdBack;
    private final Consumer<byte[], byte[]> consumer;
    private final HoldBack.Positions positions;
    private final Emitter emitter;
    private final FeedFormat feedFormat;
    private final RepairFormat repairFormat;
    private final ReferenceResolver references;
    private final ProgressSchedule progress;
    private final Purge purge;
    private final Duration pollTimeout;

    /** Entries, by key, for which write events were sent under offsets that were then refused. */
    private final Map<ByteBuffer, StoredEntry> unconfirmed = new HashMap<>();

    /** Assigned partitions whose position was not yet compared with the offset in the database. */
    private final Set<TopicPartition> assigned = new HashSet<>();

    private Table table;

    /**
     * @param table the open table; the worker closes it
     * @param codecs read repairs, and write the events; the worker closes them
     */
    Worker(ReplicaConfig config, Table table, Intake intake, Counters counters, RecordCodecs codecs) {
        this(config, table, intake, counters, codecs, writeEvents(config, codecs));
    }

    Worker(
            ReplicaConfig config,
            Table table,
            Intake intake,
            Counters counters,
            RecordCodecs codecs,
            WriteEvents events) {
        this(
                config,
                table,
                intake,
                counters,
                codecs,
                events,
                () -> new KafkaConsumer<>(
                        config.clients().consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    /** @param consumers makes a consumer, once; the worker closes it */
    Worker(
            ReplicaConfig config,
            Table table,
            Intake intake,
            Counters counters,
            RecordCodecs codecs,
            WriteEvents events,
            Supplier<Consumer<byte[], byte[]>> consumers) {
        this.config = config;
        this.table = table;
        this.intake = intake;
        this.counters = counters;
        this.codecs = codecs;
        events.prepare();
        feedFormat = new FeedFormat(table.maxKeyBytes());
        repairFormat =
                config.plainRepairs() ? RepairFormat.plain(config.name()) : RepairFormat.trueup(config.name(), codecs);
        holdBack = new HoldBack(Map.of(config.repairsTopic(), repairFormat::isReady));
        references = new ReferenceResolver(config.peers(), counters);
        progress = new ProgressSchedule(config.progressInterval().toNanos());
        purge = new Purge(config, counters, System.nanoTime());
        pollTimeout = config.progressInterval().compareTo(MAX_POLL) < 0 ? config.progressInterval() : MAX_POLL;
        emitter = new Emitter(config, events);
        consumer = consumers.get();
        positions = HoldBack.Positions.of(consumer);
        consumer.subscribe(List.of(config.feedTopic(), config.repairsTopic()), assignment());
    }

    private ConsumerRebalanceListener assignment() {
        return new ConsumerRebalanceListener() {

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                assigned.removeAll(partitions);
                holdBack.reassigned(partitions);
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                assigned.addAll(partitions);
                holdBack.reassigned(partitions);
            }
        };
    }

    static WriteEvents writeEvents(ReplicaConfig config, RecordCodecs codecs) {
        String topic = config.writesTopic();
        return config.plainWrites() ? WriteEvents.plain(topic) : WriteEvents.trueup(topic, codecs);
    }

    /**
     * Does one cycle.
     *
     * @return false after a failure that may be temporary: nothing is lost, the records will be read again
     * @throws RuntimeException after a failure that is not temporary
     */
    boolean cycle() {
        if (!consumer.paused().isEmpty()) {
            consumer.resume(consumer.paused());
        }
        return guarded(() -> {
            resendChanged();
            holdBack.beforePoll(positions);
            ConsumerRecords<byte[], byte[]> records = holdBack.passed(consumer.poll(pollTimeout), positions);
            if (!assigned.isEmpty()) {
                rewind(records);
                seekToAppliedOffsets();
            } else if (!records.isEmpty()) {
                rewindOnFailure(() -> process(records), records);
            }
            sendProgress();
            purge.step(table, System.nanoTime(), System.currentTimeMillis());
        });
    }

    /** Stays in the group, but reads and sends nothing. Returns false after a failure that may be temporary. */
    boolean pausedCycle() {
        consumer.pause(consumer.assignment());
        return guarded(() -> rewind(consumer.poll(pollTimeout)));
    }

    /** Closes everything after a cycle. */
    void close() {
        consumer.close();
        emitter.close(REQUEST_TIMEOUT);
        table.close();
        references.close();
        codecs.close();
    }

    /** Closes everything without waiting. Records that were sent may or may not be delivered, as in a crash. */
    void abandon() {
        closeQuietly(() -> emitter.close(Duration.ZERO));
        closeQuietly(() -> consumer.close(CloseOptions.timeout(LEAVE_TIMEOUT)));
        closeQuietly(() -> table.close());
        closeQuietly(references::close);
        closeQuietly(codecs::close);
    }

    private void process(ConsumerRecords<byte[], byte[]> records) {
        Batch batch = apply(records);
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptException("stopped between the commit and its write events");
        }
        send(batch);
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
                    FeedRecord decoded = feedFormat.decode(record);
                    intake.onFeed(decoded).applyTo(decoded).ifPresent(feed::add);
                } else {
                    FeedFormat.checkKey(record.key(), table.maxKeyBytes());
                    repairs.add(references.resolve(repairFormat.decode(record)));
                }
            } catch (MalformedRecordException e) {
                sendToDeadLetters(record, e);
            }
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        records.nextOffsets().forEach((partition, next) -> offsets.put(partition, next.offset()));
        return table.apply(feed, repairs, offsets, System.currentTimeMillis());
    }

    private void sendToDeadLetters(ConsumerRecord<byte[], byte[]> record, MalformedRecordException reason) {
        LOG.warn(
                "{}-{}@{} is malformed and is sent to {}: {}",
                record.topic(),
                record.partition(),
                record.offset(),
                config.deadLetterTopic(),
                reason.getMessage());
        emitter.deadLetter(record, reason.getMessage());
        counters.deadLetters.increment();
    }

    private void send(Batch batch) {
        long nowNanos = System.nanoTime();
        for (Batch.PendingEvent event : batch.events()) {
            emitter.write(event.entry(), event.repairId());
            progress.sent(event.entry().partition(), nowNanos);
        }
    }

    /** If the offsets are refused, this instance may have sent events after newer events of its successor. */
    private void commit(ConsumerRecords<byte[], byte[]> records, Batch batch) {
        try {
            consumer.commitSync(records.nextOffsets());
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.warn(
                    "The offsets of {} records were not committed: the records will be read again", records.count(), e);
            batch.events()
                    .forEach(event ->
                            unconfirmed.put(ByteBuffer.wrap(event.entry().key()), event.entry()));
            resendChanged();
            if (!(e instanceof CommitFailedException
                    || e instanceof RebalanceInProgressException
                    || e instanceof RetriableException)) {
                throw e;
            }
        }
    }

    private void resendChanged() {
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
     * Goes back to the offsets in the database if the committed offsets are ahead of them: the database is new, was restored from a
     * backup, or has lost its last transactions in a failover.
     */
    private void seekToAppliedOffsets() {
        holdBack.sought(assigned);
        for (TopicPartition partition : assigned) {
            OptionalLong applied = table.appliedTo(partition);
            long position = consumer.position(partition, REQUEST_TIMEOUT);
            if (applied.isEmpty()) {
                consumer.seekToBeginning(List.of(partition));
            } else if (applied.getAsLong() < position) {
                LOG.warn(
                        "The database has applied {} up to offset {}, but offset {} is committed: reading again from the offset of the database",
                        partition,
                        applied.getAsLong(),
                        position);
                consumer.seek(partition, applied.getAsLong());
            }
        }
        assigned.clear();
    }

    /**
     * Sends the progress events that are due. The time is taken before the end offsets of the feed are requested: every write that was in
     * the feed at this time is applied once the position of the consumer has reached these offsets.
     */
    private void sendProgress() {
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
                progress.sent(partition.partition(), nowNanos);
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
            if (!e.isRetriable()) {
                throw e;
            }
            LOG.error("Kafka failed; trying again", e);
        } catch (RetriableException e) {
            LOG.error("Kafka failed; trying again", e);
        }
        counters.failures.increment();
        return false;
    }

    private void rewindOnFailure(Runnable work, ConsumerRecords<byte[], byte[]> records) {
        try {
            work.run();
        } catch (DatastoreException | DeliveryException | RetriableException e) {
            rewind(records);
            throw e;
        }
    }

    private void rewind(ConsumerRecords<byte[], byte[]> records) {
        holdBack.sought(records.partitions());
        for (TopicPartition partition : records.partitions()) {
            consumer.seek(partition, records.records(partition).get(0).offset());
        }
    }

    private void reconnect() {
        closeQuietly(() -> table.close());
        try {
            table = Table.open(config.jdbc());
        } catch (DatastoreException e) {
            LOG.debug("The database still cannot be opened", e);
        }
    }

    private static void closeQuietly(Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException e) {
            LOG.debug("Closing after a failure", e);
        }
    }
}

package io.trueup.ops.rounds;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlKey;
import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import io.trueup.mac.RecordMac;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.schema.RoundReport;
import io.trueup.status.RoundTimes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the reports of all reconcilers from the rounds topic, so that one process answers for the whole dataset. One thread with a
 * consumer of its own, without a group; only reports with a valid MAC count. If the topic cannot be read, it tries again until it is
 * closed, and begins anew. Thread-safe.
 */
public final class RoundsFollower implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RoundsFollower.class);
    private static final Duration POLL = Duration.ofMillis(500);
    /** So often it is checked whether the brokers answer: a poll does not fail while they are away. */
    private static final long CHECK_EVERY_MS = 10_000;

    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    /** So old may a view of the dataset be. */
    private static final long VIEW_MS = 500;
    /** The same as {@code trueup status} reads by default. */
    private static final Duration READ_BACK = Duration.ofMinutes(15);

    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog refusals = new RateLimitedLog(LOG);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "trueup-status");
    private volatile TrueupConfig config;
    private volatile DatasetRounds rounds;
    private volatile boolean isRead;
    /** Computed once for all that ask at about the same time. */
    private DatasetView view;

    private volatile Consumer<byte[], byte[]> consumer;

    public RoundsFollower(TrueupConfig config) {
        this.config = config;
        thread.setDaemon(true);
    }

    /** Begins to read. */
    public void start() {
        thread.start();
    }

    /** Takes up another placement: the reports are read again, because they count differently. */
    public synchronized void reconfigured(TrueupConfig changed) {
        config = changed;
        isRead = false;
        rounds = null;
        view = null;
    }

    /** The dataset as of the last half second; empty until the topic was read to its end once. */
    public synchronized Optional<DatasetView> view() {
        long now = System.currentTimeMillis();
        if (view == null || Math.abs(now - view.status().nowMs()) >= VIEW_MS || view.isRead() != isRead) {
            view = rounds().map(known -> known.at(now, isRead)).orElse(null);
        }
        return Optional.ofNullable(view);
    }

    /** The reports; empty until the topic was read to its end once. */
    public Optional<DatasetRounds> rounds() {
        return Optional.ofNullable(rounds);
    }

    private void run() {
        while (!isClosing()) {
            TrueupConfig current = config;
            try (RecordCodecs codecs = ConfiguredCodecs.open(current.registry());
                    Consumer<byte[], byte[]> opened = open(current)) {
                consumer = opened;
                follow(current, codecs.of(RoundReport.class), opened);
            } catch (RuntimeException
                    | Error e) { // without this thread all would be out of date, and nothing would say so
                isRead = false;
                if (!isClosing()) {
                    warnings.warn(
                            "The rounds topic " + current.roundsTopic() + " cannot be read now: " + Failures.reason(e)
                                    + ". What is answered over HTTP about the dataset is out of date until it can. It is tried again every"
                                    + " second");
                    pause();
                }
            }
        }
    }

    private static Consumer<byte[], byte[]> open(TrueupConfig config) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-status");
        return new KafkaConsumer<>(properties);
    }

    /** Reads until the configuration changes, or the follower is closed. */
    private void follow(TrueupConfig current, RecordCodec<RoundReport> codec, Consumer<byte[], byte[]> opened) {
        RoundTimes times =
                RoundTimes.of(current.settings(current.replicas().get(0)).times());
        long sinceMs = System.currentTimeMillis() - Math.max(READ_BACK.toMillis(), times.neededMs());
        DatasetRounds reported = new DatasetRounds(
                current, opened.partitionsFor(current.controlTopic()).size(), System.currentTimeMillis());
        RecordMac mac = new RecordMac(current.controlSecrets(), RecordMac.Use.ROUND_REPORT);
        Map<TopicPartition, Long> ends = seek(opened, current.roundsTopic(), sinceMs);
        Set<TopicPartition> partitions = Set.copyOf(ends.keySet());
        long checkedNs = System.nanoTime();
        boolean answers = true;
        while (!isClosing() && config == current) {
            opened.poll(POLL).forEach(record -> take(record, codec, mac, reported));
            ends.entrySet().removeIf(end -> opened.position(end.getKey()) >= end.getValue());
            if (System.nanoTime() - checkedNs > TimeUnit.MILLISECONDS.toNanos(CHECK_EVERY_MS)) {
                answers = answers(opened, partitions);
                checkedNs = System.nanoTime();
            }
            publish(current, reported, ends.isEmpty(), answers);
        }
    }

    private synchronized void publish(
            TrueupConfig current, DatasetRounds reported, boolean isComplete, boolean answers) {
        if (config == current && isComplete) {
            rounds = reported; // all that was there at first is read
            isRead = answers;
        }
    }

    private boolean answers(Consumer<byte[], byte[]> opened, Set<TopicPartition> partitions) {
        try {
            opened.endOffsets(partitions, CHECK_TIMEOUT);
            return true;
        } catch (TimeoutException e) {
            warnings.warn(
                    "The brokers do not answer about the rounds topic: what is answered over HTTP about the dataset is out of date"
                            + " until they do");
            return false;
        }
    }

    /** Goes to the first report since a time, and returns the ends of the partitions. */
    private static Map<TopicPartition, Long> seek(Consumer<byte[], byte[]> opened, String topic, long sinceMs) {
        List<TopicPartition> partitions = opened.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        opened.assign(partitions);
        Map<TopicPartition, Long> ends = new HashMap<>(opened.endOffsets(partitions));
        ends.forEach(opened::seek);
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, sinceMs));
        opened.offsetsForTimes(wanted).forEach((partition, found) -> {
            if (found != null) {
                opened.seek(partition, found.offset());
            }
        });
        return ends;
    }

    private void take(
            ConsumerRecord<byte[], byte[]> record, RecordCodec<RoundReport> codec, RecordMac mac, DatasetRounds into) {
        if (record.value() == null) {
            return;
        }
        RecordMac.Verdict verdict = mac.check(record.key(), record.value(), record.headers());
        if (verdict != RecordMac.Verdict.AUTHENTIC) {
            refusals.warn(RecordMac.refusal(record.topic(), record.partition(), record.offset(), verdict));
            return;
        }
        long nowMs = System.currentTimeMillis();
        try {
            into.take(codec.decode(record.topic(), record.value()), record.value().length, nowMs);
        } catch (MalformedRecordException e) {
            into.unread(
                    ControlKey.partitionOf(record.key()),
                    record.timestamp(),
                    nowMs,
                    record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + e.getMessage());
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void pause() {
        try {
            boolean unused = closing.await(RETRY_AFTER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closing.countDown();
        }
    }

    /** Stops reading and waits for that. */
    @Override
    public void close() {
        closing.countDown();
        Consumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

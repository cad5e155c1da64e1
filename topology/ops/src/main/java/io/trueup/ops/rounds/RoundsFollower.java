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
import io.trueup.report.TopicFollower;
import io.trueup.schema.RoundReport;
import io.trueup.status.RoundTimes;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the reports of all reconcilers from the rounds topic, so that one process answers for the whole dataset. Only reports
 * with a valid MAC count. After a failure it begins anew. Thread-safe.
 */
public final class RoundsFollower extends TopicFollower {

    private static final Logger LOG = LoggerFactory.getLogger(RoundsFollower.class);
    private static final Duration POLL = Duration.ofMillis(500);
    /** So often it is checked whether the brokers answer: a poll does not fail while they are away. */
    private static final long CHECK_EVERY_MS = 10_000;

    /** So often the listener gets the dataset though nothing is reported: that is a change, too. */
    private static final long VIEW_EVERY_NS = TimeUnit.SECONDS.toNanos(5);

    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);
    /** So old may a view of the dataset be. */
    private static final long VIEW_MS = 500;
    /** The same as {@code trueup status} reads by default. */
    private static final Duration READ_BACK = Duration.ofMinutes(15);

    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog refusals = new RateLimitedLog(LOG);
    private final RoundsListener listener;
    private volatile TrueupConfig config;
    private volatile DatasetRounds rounds;
    private volatile boolean isRead;
    /** Computed once for all that ask at about the same time. */
    private DatasetView view;

    /** @param listener is informed of what is read */
    public RoundsFollower(TrueupConfig config, RoundsListener listener) {
        super("trueup-status");
        this.config = config;
        this.listener = listener;
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

    @Override
    protected void follow() {
        TrueupConfig current = config;
        try (RecordCodecs codecs = ConfiguredCodecs.open(current.registry());
                Consumer<byte[], byte[]> opened = open(current)) {
            follow(current, codecs.of(RoundReport.class), opened);
        }
    }

    @Override
    protected void failed(Throwable failure) {
        isRead = false;
        warnings.warn(
                "The rounds topic " + config.roundsTopic() + " cannot be read now: " + Failures.reason(failure)
                        + ". What is answered over HTTP about the dataset is out of date until it can. It is tried again every second");
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
        long viewedNs = checkedNs;
        boolean answers = true;
        while (!isClosing() && config == current) {
            ConsumerRecords<byte[], byte[]> records = opened.poll(POLL);
            records.forEach(record -> take(record, codec, mac, reported));
            ends.entrySet().removeIf(end -> opened.position(end.getKey()) >= end.getValue());
            if (System.nanoTime() - checkedNs > TimeUnit.MILLISECONDS.toNanos(CHECK_EVERY_MS)) {
                answers = answers(opened, partitions);
                checkedNs = System.nanoTime();
            }
            publish(current, reported, ends.isEmpty(), answers);
            if (isRead && (!records.isEmpty() || System.nanoTime() - viewedNs > VIEW_EVERY_NS)) {
                viewedNs = System.nanoTime();
                view().ifPresent(listener::viewed);
            }
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
            RoundReport report = codec.decode(record.topic(), record.value());
            into.take(report, record.value().length, nowMs);
            if (isRead && report.getDataset().equals(config.dataset())) {
                listener.reported(report);
            }
        } catch (MalformedRecordException e) {
            into.unread(
                    ControlKey.partitionOf(record.key()),
                    record.timestamp(),
                    nowMs,
                    record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + e.getMessage());
        }
    }
}

package io.trueup.job;

import io.trueup.stream.WritesHistory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** Asks the brokers about the history of a writes partition. Thread-safe. */
final class AdminWritesHistory implements WritesHistory {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long ASK_AGAIN_AFTER_MS = 100;

    private final Admin admin;
    private final String applicationId;
    private final boolean logAppendTime;
    private final Duration askAgainFor;

    private Kept kept;

    /** For how long the topic keeps deletes, and when that was asked. */
    private record Kept(long ms, long askedNanos) {}

    /** @param logAppendTime whether records of the writes topic carry the broker's time */
    AdminWritesHistory(Admin admin, String applicationId, boolean logAppendTime) {
        this(admin, applicationId, logAppendTime, TIMEOUT);
    }

    /** @param askAgainFor for how long a committed offset is asked for again that is not in the answer of the brokers */
    AdminWritesHistory(Admin admin, String applicationId, boolean logAppendTime, Duration askAgainFor) {
        this.admin = admin;
        this.applicationId = applicationId;
        this.logAppendTime = logAppendTime;
        this.askAgainFor = askAgainFor;
    }

    @Override
    public Offsets offsets(TopicPartition writes) {
        OptionalLong committed = committed(writes); // before the end: no more is committed than there was
        return new Offsets(offset(writes, OffsetSpec.earliest()), offset(writes, OffsetSpec.latest()), committed);
    }

    private long offset(TopicPartition writes, OffsetSpec spec) {
        return get(admin.listOffsets(Map.of(writes, spec)).partitionResult(writes))
                .offset();
    }

    /**
     * In the answer, a partition without a committed offset has null, and a partition whose offset is unknown is left out. Only
     * stable offsets are asked for: a transaction that has not ended yet may be about to commit another one.
     */
    private OptionalLong committed(TopicPartition writes) {
        ListConsumerGroupOffsetsOptions options = new ListConsumerGroupOffsetsOptions().requireStable(true);
        ListConsumerGroupOffsetsSpec asked = new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(writes));
        long beganNanos = System.nanoTime();
        do {
            Map<TopicPartition, OffsetAndMetadata> answer =
                    get(admin.listConsumerGroupOffsets(Map.of(applicationId, asked), options)
                            .partitionsToOffsetAndMetadata(applicationId));
            if (answer.containsKey(writes)) {
                OffsetAndMetadata offset = answer.get(writes);
                return offset == null ? OptionalLong.empty() : OptionalLong.of(offset.offset());
            }
            pause();
        } while (System.nanoTime() - beganNanos < askAgainFor.toNanos());
        throw new IllegalStateException(
                "it cannot be found out whether the state is complete: the brokers do not say which offset of " + writes
                        + " group " + applicationId
                        + " has committed. An open transaction of that group is a possible cause, or"
                        + " a missing ACL operation Describe on the topic");
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_AFTER_MS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Only the broker's times are a proof: times of producers may be older than those of records that are deleted. */
    @Override
    public OptionalLong beginningMs(TopicPartition writes) {
        long firstMs = logAppendTime
                ? get(admin.listOffsets(Map.of(writes, OffsetSpec.forTimestamp(0)))
                                .partitionResult(writes))
                        .timestamp()
                : -1;
        return firstMs > 0 ? OptionalLong.of(firstMs) : OptionalLong.empty();
    }

    /** Asks the brokers at most once per hour: all partitions are of one topic, and each asks again and again. */
    @Override
    public synchronized long deletesKeptMs(TopicPartition writes) {
        long now = System.nanoTime();
        if (kept == null || now - kept.askedNanos() > TimeUnit.HOURS.toNanos(1)) {
            kept = new Kept(askDeletesKeptMs(writes), now);
        }
        return kept.ms();
    }

    private long askDeletesKeptMs(TopicPartition writes) {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, writes.topic());
        Config config = get(admin.describeConfigs(List.of(topic)).values().get(topic));
        boolean compacted =
                config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value().contains(TopicConfig.CLEANUP_POLICY_COMPACT);
        return compacted
                ? Long.parseLong(
                        config.get(TopicConfig.DELETE_RETENTION_MS_CONFIG).value())
                : KEPT_FOR_EVER;
    }

    private static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("it cannot be found out whether the state is complete: " + e, e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }
}

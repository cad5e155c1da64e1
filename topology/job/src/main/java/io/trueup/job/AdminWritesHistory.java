package io.trueup.job;

import io.trueup.stream.WritesHistory;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** Asks the brokers about the history of a writes partition. Thread-safe. */
final class AdminWritesHistory implements WritesHistory {

    private static final long TIMEOUT_SECONDS = 30;

    private final Admin admin;
    private final String applicationId;
    private final boolean logAppendTime;

    private Kept kept;

    /** For how long the topic keeps deletes, and when that was asked. */
    private record Kept(long ms, long askedNanos) {}

    /** @param logAppendTime whether records of the writes topic carry the broker's time */
    AdminWritesHistory(Admin admin, String applicationId, boolean logAppendTime) {
        this.admin = admin;
        this.applicationId = applicationId;
        this.logAppendTime = logAppendTime;
    }

    @Override
    public Offsets offsets(TopicPartition writes) {
        long beginning = get(admin.listOffsets(Map.of(writes, OffsetSpec.earliest()))
                        .partitionResult(writes))
                .offset();
        Map<TopicPartition, OffsetAndMetadata> answer = get(admin.listConsumerGroupOffsets(
                        Map.of(applicationId, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(writes))))
                .partitionsToOffsetAndMetadata(applicationId));
        if (!answer.containsKey(writes)) {
            throw new IllegalStateException("it cannot be found out what group " + applicationId + " has committed of "
                    + writes + ": the brokers refuse the answer for this partition");
        }
        OffsetAndMetadata committed = answer.get(writes);
        return new Offsets(beginning, committed == null ? OptionalLong.empty() : OptionalLong.of(committed.offset()));
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
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("it cannot be found out whether the state is complete: " + e, e);
        }
    }
}

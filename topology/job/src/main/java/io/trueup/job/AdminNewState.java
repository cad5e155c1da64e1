package io.trueup.job;

import io.trueup.stream.NewState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the offset at which the application continues with the beginning of the writes partition. Kafka Streams creates an
 * empty store where the changelog is gone, and continues at the committed offset: such a state was lost, and knows nothing of
 * what was written before. Thread-safe.
 */
final class AdminNewState implements NewState {

    private static final Logger LOG = LoggerFactory.getLogger(AdminNewState.class);
    private static final long TIMEOUT_SECONDS = 30;

    private final Admin admin;
    private final String applicationId;
    private final String replica;
    private final boolean logAppendTime;

    /** @param logAppendTime whether records of the writes topic carry the broker's time */
    AdminNewState(Admin admin, String applicationId, String replica, boolean logAppendTime) {
        this.admin = admin;
        this.applicationId = applicationId;
        this.replica = replica;
        this.logAppendTime = logAppendTime;
    }

    @Override
    public long knownFromMs(TopicPartition writes, long nowMs) {
        long start = get(admin.listOffsets(Map.of(writes, OffsetSpec.earliest()))
                        .partitionResult(writes))
                .offset();
        Long committed = committed(writes);
        if (committed != null && committed > start) {
            LOG.error(
                    "{}/{}: the state is new, but application {} has consumed {} up to offset {}: the state was lost, for example"
                            + " with its changelog topic. Keys written before {} are neither filled nor deleted here, and are"
                            + " reported as ABSENCE_UNKNOWN. Stop it and run `trueup reset --replica {}`: it"
                            + " then reads the topic again.",
                    replica,
                    writes.partition(),
                    applicationId,
                    writes.topic(),
                    committed,
                    Instant.ofEpochMilli(nowMs),
                    replica);
            return nowMs;
        }
        return start == 0 ? Long.MIN_VALUE : beginningMs(writes, start, nowMs);
    }

    private Long committed(TopicPartition writes) {
        OffsetAndMetadata committed = get(admin.listConsumerGroupOffsets(Map.of(
                                applicationId, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(writes))))
                        .partitionsToOffsetAndMetadata(applicationId))
                .get(writes);
        return committed == null ? null : committed.offset();
    }

    /**
     * The time at which the first record that is left was appended. Only the broker's times are a proof: times of producers may
     * be older than those of records that are deleted.
     */
    private long beginningMs(TopicPartition writes, long start, long nowMs) {
        long firstMs = logAppendTime
                ? get(admin.listOffsets(Map.of(writes, OffsetSpec.forTimestamp(0)))
                                .partitionResult(writes))
                        .timestamp()
                : -1;
        long beginningMs = firstMs > 0 ? firstMs : nowMs;
        LOG.warn(
                "{}/{}: {} begins at offset {}, and earlier records are deleted. Keys written before {} are neither filled nor"
                        + " deleted here, and are reported as ABSENCE_UNKNOWN, until a scan of the datastore ends, or until"
                        + " `trueup complete --replica {}` says that the topic contains every key.",
                replica,
                writes.partition(),
                writes.topic(),
                start,
                Instant.ofEpochMilli(beginningMs),
                replica);
        return beginningMs;
    }

    private static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("it cannot be found out whether the new state is complete: " + e, e);
        }
    }
}

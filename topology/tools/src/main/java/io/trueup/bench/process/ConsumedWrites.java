package io.trueup.bench.process;

import io.trueup.bench.Answers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Waits until the measured job has consumed its writes topic. */
public final class ConsumedWrites {

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Admin admin;
    private final BenchDataset dataset;
    private final String group;

    public ConsumedWrites(Admin admin, BenchDataset dataset) {
        this.admin = admin;
        this.dataset = dataset;
        group = dataset.applicationId(BenchDataset.MEASURED);
    }

    /**
     * Waits until its committed offsets are the ends of all partitions.
     *
     * @throws IllegalStateException if they are not in time
     */
    public void await(Duration patience) {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int partition = 0; partition < dataset.partitions(); partition++) {
            latest.put(new TopicPartition(dataset.writes(BenchDataset.MEASURED), partition), OffsetSpec.latest());
        }
        Map<TopicPartition, ListOffsetsResultInfo> ends =
                Answers.of(admin.listOffsets(latest).all());
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (!areCommitted(ends)) {
            if (System.nanoTime() > deadlineNanos || Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException(
                        group + " has not consumed its writes topic within " + patience.toSeconds() + " s");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private boolean areCommitted(Map<TopicPartition, ListOffsetsResultInfo> ends) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                Answers.of(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata offset = committed.get(end.getKey());
            return end.getValue().offset() == 0
                    || offset != null && offset.offset() >= end.getValue().offset();
        });
    }
}

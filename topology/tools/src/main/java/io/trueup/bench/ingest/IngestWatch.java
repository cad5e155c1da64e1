package io.trueup.bench.ingest;

import io.trueup.bench.Answers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Measures one application until its group has committed the ends of all partitions. Looks every few milliseconds; the time begins
 * with the last look before its first record, so it is not zero for an application that processes everything between two looks.
 */
final class IngestWatch {

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** The broker is asked that seldom as long as records are left: a commit of the end cannot be there yet. */
    private static final long ASK_EARLY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Admin admin;
    private final Map<TopicPartition, Long> ends;
    private final long total;

    /** @param ends end offsets of all partitions that the application reads */
    IngestWatch(Admin admin, Map<TopicPartition, Long> ends) {
        this.admin = admin;
        this.ends = ends;
        total = ends.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Starts an application, and waits until it has processed and committed everything. */
    IngestRun run(Application application) {
        Set<String> topics = new HashSet<>();
        ends.keySet().forEach(partition -> topics.add(partition.topic()));
        ProcessedRecords processed = new ProcessedRecords(application.applicationId(), topics, ends.size());
        application.start();
        long count = 0;
        long firstNanos = 0;
        long lastNanos = 0;
        long progressNanos = System.nanoTime();
        long askedNanos = progressNanos;
        long lookedNanos = progressNanos;
        while (true) {
            long before = count;
            count = processed.count();
            long nowNanos = System.nanoTime();
            if (count != before) {
                progressNanos = nowNanos;
            }
            if (firstNanos == 0 && count > 0) {
                firstNanos = lookedNanos;
            }
            lookedNanos = nowNanos;
            if (lastNanos == 0 && count >= total) {
                lastNanos = nowNanos;
            }
            if (lastNanos != 0 || nowNanos - askedNanos > ASK_EARLY_NANOS) {
                askedNanos = nowNanos;
                if (committed(application.applicationId())) {
                    long endNanos = System.nanoTime();
                    requireAll(application, processed.count());
                    return new IngestRun(
                            total, (lastNanos == 0 ? endNanos : lastNanos) - firstNanos, endNanos - firstNanos);
                }
                check(application, count, nowNanos - progressNanos);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** A task that moved would begin to count again, and the times would be wrong. */
    private void requireAll(Application application, long count) {
        if (count != total) {
            throw new IllegalStateException(
                    application.applicationId() + " has committed the ends of all partitions, but counts " + count
                            + " of " + total + " records: tasks were closed during the run. Run it again.");
        }
    }

    private void check(Application application, long count, long idleNanos) {
        application.failure().ifPresent(reason -> {
            throw new IllegalStateException(application.applicationId() + " has stopped: " + reason);
        });
        if (idleNanos > PATIENCE.toNanos()) {
            throw new IllegalStateException(application.applicationId() + " has processed " + count + " of " + total
                    + " records, and for " + PATIENCE.toSeconds() + " s nothing more, nor has it committed the end");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new IllegalStateException("interrupted");
        }
    }

    private boolean committed(String group) {
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Answers.of(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata committed = offsets.get(end.getKey());
            return end.getValue() == 0 || committed != null && committed.offset() >= end.getValue();
        });
    }
}

package io.trueup.job;

import io.trueup.config.FeedGroup;
import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import io.trueup.stream.FeedProgress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the brokers, about once per second, where a feed ends and what its consumer group has committed. Thread-safe. */
final class AdminFeedProgress implements FeedProgress {

    private static final Logger LOG = LoggerFactory.getLogger(AdminFeedProgress.class);
    private static final long EVERY_MS = 1_000;

    private final Admin admin;
    private final FeedGroup source;
    private final LongSupplier now;
    private final ConsumedFeed consumed = new ConsumedFeed();
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private boolean asking;
    private long askedMs = Long.MIN_VALUE;
    private Consumed latest;

    /** @param now the time by which rounds are due, in milliseconds since the epoch */
    AdminFeedProgress(Admin admin, FeedGroup source, LongSupplier now) {
        this.admin = admin;
        this.source = source;
        this.now = now;
    }

    @Override
    public Consumed latest() {
        long nowMs = now.getAsLong();
        synchronized (this) {
            if (asking || Math.abs(nowMs - askedMs) < EVERY_MS) {
                return latest;
            }
            asking = true;
            askedMs = nowMs;
        }
        ask(nowMs).whenComplete((done, failure) -> finished(failure));
        synchronized (this) {
            return latest;
        }
    }

    private CompletionStage<Void> ask(long nowMs) {
        return admin.describeTopics(List.of(source.feed()))
                .topicNameValues()
                .get(source.feed())
                .toCompletionStage()
                .thenCompose(this::ends)
                .thenCompose(ends -> admin.listConsumerGroupOffsets(source.group())
                        .partitionsToOffsetAndMetadata()
                        .toCompletionStage()
                        .thenAccept(committed -> seen(nowMs, ends, committed)));
    }

    private CompletionStage<Map<TopicPartition, ListOffsetsResultInfo>> ends(TopicDescription feed) {
        Map<TopicPartition, OffsetSpec> partitions = feed.partitions().stream()
                .collect(Collectors.toMap(
                        partition -> new TopicPartition(source.feed(), partition.partition()),
                        partition -> OffsetSpec.latest()));
        return admin.listOffsets(partitions, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                .all()
                .toCompletionStage();
    }

    private synchronized void seen(
            long nowMs,
            Map<TopicPartition, ListOffsetsResultInfo> ends,
            Map<TopicPartition, OffsetAndMetadata> committed) {
        Map<Integer, Long> latestOffsets = new HashMap<>();
        Map<Integer, Long> committedOffsets = new HashMap<>();
        ends.forEach((partition, end) -> {
            latestOffsets.put(partition.partition(), end.offset());
            OffsetAndMetadata offset = committed.get(partition);
            if (offset != null) {
                committedOffsets.put(partition.partition(), offset.offset());
            }
        });
        latest = new Consumed(consumed.seen(nowMs, latestOffsets, committedOffsets), now.getAsLong());
    }

    private synchronized void finished(Throwable failure) {
        asking = false;
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            warnings.warn("It cannot be seen what consumer group " + source.group() + " has consumed of feed "
                    + source.feed() + ": " + Failures.reason(cause)
                    + ". Until it can, nothing counts as seen by the replica that was written since. The job needs the ACL"
                    + " operation Describe on the topic and on the group");
        }
    }
}

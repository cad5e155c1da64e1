package io.trueup.job;

import io.trueup.stream.EndOffsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Looks up end offsets at the brokers. The rounds of all partitions are due at the same moment, so requests are collected for
 * a few milliseconds and sent as one. With each, the ids of the topics are asked for: the end of a topic that was created again
 * is no answer. Thread-safe.
 */
final class AdminEndOffsets implements EndOffsets {

    private static final long BATCH_MS = 5;
    private static final int TIMEOUT_MS = 15_000;

    private final Admin admin;
    private final TopicIds ids;
    private final Executor later = CompletableFuture.delayedExecutor(BATCH_MS, TimeUnit.MILLISECONDS);
    private Map<TopicPartition, CompletableFuture<Long>> waiting = new HashMap<>();

    AdminEndOffsets(Admin admin, TopicIds ids) {
        this.admin = admin;
        this.ids = ids;
    }

    @Override
    public synchronized CompletionStage<Long> latest(TopicPartition partition) {
        if (waiting.isEmpty()) {
            later.execute(this::request);
        }
        return waiting.computeIfAbsent(partition, p -> new CompletableFuture<>());
    }

    private void request() {
        Map<TopicPartition, CompletableFuture<Long>> requested = take();
        try {
            Map<TopicPartition, OffsetSpec> specs =
                    requested.keySet().stream().collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest()));
            ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs(TIMEOUT_MS);
            ListOffsetsResult result = admin.listOffsets(specs, options);
            Map<String, CompletionStage<Void>> same = ids.confirm(
                    requested.keySet().stream().map(TopicPartition::topic).collect(Collectors.toSet()));
            requested.forEach((partition, answer) -> result.partitionResult(partition)
                    .toCompletionStage()
                    .thenCombine(same.get(partition.topic()), (end, confirmed) -> end.offset())
                    .whenComplete((end, failure) -> complete(answer, end, failure)));
        } catch (RuntimeException e) {
            requested.values().forEach(answer -> answer.completeExceptionally(e));
        }
    }

    private synchronized Map<TopicPartition, CompletableFuture<Long>> take() {
        Map<TopicPartition, CompletableFuture<Long>> taken = waiting;
        waiting = new HashMap<>();
        return taken;
    }

    private static void complete(CompletableFuture<Long> answer, Long end, Throwable failure) {
        if (failure != null) {
            answer.completeExceptionally(failure);
        } else {
            answer.complete(end);
        }
    }
}

package io.trueup.job;

import static org.apache.kafka.clients.consumer.ConsumerConfig.GROUP_INSTANCE_ID_CONFIG;
import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP;
import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.job.JobStatus.ReplicaStatus;
import io.trueup.job.JobStatus.Waiting;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.registry.WaitingRecords;
import io.trueup.repair.ValueReader;
import io.trueup.state.RestoreStarts;
import io.trueup.state.StateIdentity;
import io.trueup.state.StoreMemory;
import io.trueup.stream.ActiveConfig;
import io.trueup.stream.EndOffsets;
import io.trueup.stream.FeedProgress;
import io.trueup.stream.JobClocks;
import io.trueup.stream.PlacementChange;
import io.trueup.stream.ReplicaContext;
import io.trueup.stream.ReplicaContext.Codecs;
import io.trueup.stream.ReplicaContext.WritesTopic;
import io.trueup.stream.ReplicaMetrics;
import io.trueup.stream.ReplicaTopology;
import io.trueup.stream.SendFailures;
import io.trueup.stream.ValueReads;
import io.trueup.stream.decode.DeadLetters;
import io.trueup.stream.record.MessageLimits;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.ObjIntConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/** One hosted replica: its Kafka Streams application within this process. Thread-safe. */
final class HostedReplica {

    private final ReplicaMetrics metrics = new ReplicaMetrics();
    private final WaitingRecords waiting = new WaitingRecords();
    private final ReplicaContext context;
    private final ValueReader<Repair> values;
    private final int partitions;
    private final KafkaStreams streams;
    private final GroupMembershipOperation membership;

    HostedReplica(
            TrueupConfig config,
            String replica,
            TopicCheck.Topics topics,
            Admin admin,
            EndOffsets ends,
            ValueReader<Repair> values,
            ReplicaContext.Shared shared,
            JobClocks clocks,
            MessageLimits limits,
            RecordCodecs records,
            Consumer<String> end) {
        this.values = values;
        partitions = topics.partitions();
        Settings settings = config.settings(replica, partitions);
        String writes = config.replica(replica).writesTopic();
        Map<String, Object> properties = config.streamsProperties(replica);
        properties.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, SendFailures.class);
        properties.put(SendFailures.METRICS, metrics);
        properties.putIfAbsent(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StoreMemory.class);
        Codecs codecs = Codecs.of(config, records);
        TrackingClientSupplier clients = new TrackingClientSupplier(ReadyRecords.of(config, replica, codecs), waiting);
        boolean logAppendTime = topics.logAppendTime().contains(writes);
        context = new ReplicaContext(
                replica,
                new AtomicReference<>(ActiveConfig.of(config, settings, PlacementChange.none(), records)),
                new StateIdentity(writes, topics.topics().get(writes).id(), settings.secret()),
                new WritesTopic(
                        logAppendTime,
                        clients,
                        ends,
                        new AdminWritesHistory(admin, config.applicationId(replica), logAppendTime),
                        config.feed(replica)
                                .<FeedProgress>map(feed -> new AdminFeedProgress(admin, feed, clocks::roundsMs))
                                .orElse(FeedProgress.NONE)),
                codecs,
                ValueReads.of(values),
                new DeadLetters(replica, metrics::malformed, () -> limits.maxBytes(config.deadLetterTopic())),
                metrics,
                shared,
                clocks,
                new ReplicaContext.Sending(
                        StreamsConfig.EXACTLY_ONCE_V2.equals(properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG)),
                        (double) config.repairRate() / topics.partitions(),
                        limits));
        membership = properties.keySet().stream().anyMatch(key -> key.endsWith(GROUP_INSTANCE_ID_CONFIG))
                ? REMAIN_IN_GROUP
                : LEAVE_GROUP;
        Properties asProperties = new Properties();
        asProperties.putAll(properties);
        RestoreStarts restores = new RestoreStarts();
        streams = new KafkaStreams(
                ReplicaTopology.of(context, new AdminChangelogTopics(admin), restores),
                asProperties,
                clients,
                clocks.steady());
        streams.setGlobalStateRestoreListener(restores);
        AclCheck acls = new AclCheck(config, admin);
        streams.setUncaughtExceptionHandler(
                new FailurePolicy(replica, denied -> acls.explain(denied, replica), System::nanoTime, end));
    }

    void start() {
        streams.start();
    }

    /**
     * Stops. A static member ({@code consumer.group.instance.id}) keeps its partitions for the session timeout, so that a
     * quick restart moves no state. Any other member leaves its group, so that the group does not wait for it.
     *
     * @return whether it stopped in time
     */
    boolean close(Duration timeout) {
        return close(timeout, membership);
    }

    /**
     * Stops for good: the member leaves its group, static or not, and other members take its partitions at once.
     *
     * @return whether it stopped in time
     */
    boolean leave(Duration timeout) {
        return close(timeout, LEAVE_GROUP);
    }

    private boolean close(Duration timeout, GroupMembershipOperation operation) {
        try {
            return streams.close(CloseOptions.timeout(timeout).withGroupMembershipOperation(operation));
        } finally {
            values.close();
        }
    }

    /** Puts another configuration in force. The tasks take it up at their next tick, without building trees. */
    void reconfigure(TrueupConfig config) {
        Settings before = context.settings();
        Settings now = config.settings(context.replica(), partitions);
        PlacementChange change = PlacementChange.between(
                context.replica(),
                before.placement(),
                now.placement(),
                metrics.heldPartitions().keySet());
        context.activeConfig()
                .set(ActiveConfig.of(config, now, change, context.codecs().records()));
    }

    /** Passes the reports of rounds to a listener. */
    void onReport(ObjIntConsumer<RoundSummary> listener) {
        metrics.onReport(listener);
    }

    /** Passes the times that repairs have taken to listeners, see {@link ReplicaMetrics#onRepair}. */
    void onRepair(LongConsumer detectedAfterMs, LongConsumer verifiedAfterMs) {
        metrics.onRepair(detectedAfterMs, verifiedAfterMs);
    }

    /** The application, to observe it. */
    KafkaStreams streams() {
        return streams;
    }

    ReplicaStatus status() {
        return new ReplicaStatus(
                streams.state().name(),
                metrics.heldPartitions(),
                metrics.malformed.sum(),
                metrics.repairs.sum(),
                metrics.references.sum(),
                metrics.unsentRepairs.sum(),
                metrics.lostRecords.sum(),
                metrics.guarded(),
                metrics.conflicts(),
                metrics.notCompared(context.settings().times().alarmingRounds()),
                metrics.treesBuilt.sum(),
                new Waiting(waiting.partitions(), waiting.oldestMs()));
    }
}

package io.trueup.job;

import static org.apache.kafka.clients.consumer.ConsumerConfig.GROUP_INSTANCE_ID_CONFIG;
import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.LEAVE_GROUP;
import static org.apache.kafka.streams.CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.Settings;
import io.trueup.repair.ValueReader;
import io.trueup.report.FloodAlarm;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.state.StateIdentity;
import io.trueup.state.StoreMemory;
import io.trueup.stream.ActiveConfig;
import io.trueup.stream.DeadLetters;
import io.trueup.stream.EndOffsets;
import io.trueup.stream.PlacementChange;
import io.trueup.stream.ReplicaContext;
import io.trueup.stream.ReplicaMetrics;
import io.trueup.stream.ReplicaTopology;
import io.trueup.stream.SendFailures;
import io.trueup.stream.ValueReads;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/** One hosted replica: its Kafka Streams application within this process. Thread-safe. */
final class HostedReplica {

    private final ReplicaMetrics tally = new ReplicaMetrics();
    private final ReplicaContext parts;
    private final ValueReader<Repair> values;
    private final int partitions;
    private final KafkaStreams streams;
    private final GroupMembershipOperation membership;

    HostedReplica(
            TrueupConfig config,
            String replica,
            TopicCheck.Topics topics,
            EndOffsets ends,
            ValueReader<Repair> values,
            FloodAlarm floodAlarm,
            Consumer<String> end) {
        this.values = values;
        partitions = topics.partitions();
        Settings settings = config.settings(replica, partitions);
        String writes = config.replica(replica).writesTopic();
        Map<String, Object> properties = config.streamsProperties(replica);
        properties.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, SendFailures.class);
        properties.put(SendFailures.METRICS, tally);
        properties.putIfAbsent(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StoreMemory.class);
        TrackingClientSupplier clients = new TrackingClientSupplier();
        parts = new ReplicaContext(
                replica,
                new AtomicReference<>(ActiveConfig.of(config, settings, PlacementChange.none())),
                new StateIdentity(writes, topics.topics().get(writes).id(), settings.secret()),
                topics.logAppendTime().contains(writes),
                StreamsConfig.EXACTLY_ONCE_V2.equals(properties.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG)),
                new ControlCodec(config.dataset(), SingleObjectCodec.of(ControlMessage.class)),
                SingleObjectCodec.of(RoundReport.class),
                SingleObjectCodec.of(ConflictEvent.class),
                clients,
                ends,
                ValueReads.of(values),
                new DeadLetters(replica, tally),
                tally,
                floodAlarm,
                (double) config.repairRate() / topics.partitions());
        membership = properties.keySet().stream().anyMatch(key -> key.endsWith(GROUP_INSTANCE_ID_CONFIG))
                ? REMAIN_IN_GROUP
                : LEAVE_GROUP;
        Properties asProperties = new Properties();
        asProperties.putAll(properties);
        streams = new KafkaStreams(ReplicaTopology.of(parts), asProperties, clients);
        streams.setUncaughtExceptionHandler(
                new FailurePolicy(replica, config.applicationId(replica), System::nanoTime, end));
    }

    void start() {
        streams.start();
    }

    /**
     * Stops. A member with a name of its own ({@code consumer.group.instance.id}) keeps its place for the session timeout,
     * so that a quick restart moves no state; any other leaves, so that nobody waits for it.
     *
     * @return whether it stopped in time
     */
    boolean close(Duration timeout) {
        return close(timeout, membership);
    }

    /**
     * Stops for good: the member leaves its group whatever its name, and others take its partitions at once.
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

    /** Puts another configuration in force: the tasks take it up at their next tick, and build no tree for it. */
    void reconfigure(TrueupConfig config) {
        Settings before = parts.settings();
        Settings now = config.settings(parts.replica(), partitions);
        PlacementChange change = PlacementChange.between(
                parts.replica(),
                before.placement(),
                now.placement(),
                tally.active().keySet());
        parts.inForce().set(ActiveConfig.of(config, now, change));
    }

    Job.ReplicaStatus status() {
        return new Job.ReplicaStatus(
                streams.state().name(),
                tally.active(),
                tally.malformed.sum(),
                tally.repairs.sum(),
                tally.references.sum(),
                tally.unsentRepairs.sum(),
                tally.lostRecords.sum(),
                tally.guarded(),
                tally.conflicts(),
                tally.treesBuilt.sum());
    }
}

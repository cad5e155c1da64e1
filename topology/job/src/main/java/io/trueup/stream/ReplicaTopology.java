package io.trueup.stream;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.repair.RepairFormat;
import io.trueup.source.WriteFormat;
import io.trueup.state.ChangelogTopics;
import io.trueup.state.EntryStore;
import io.trueup.state.RestoreStarts;
import io.trueup.stream.decode.Authentication;
import io.trueup.stream.decode.ControlDecoder;
import io.trueup.stream.decode.ObservationsDecoder;
import io.trueup.stream.decode.RepairsDecoder;
import io.trueup.stream.decode.WritesDecoder;
import io.trueup.stream.record.Nodes;
import io.trueup.stream.record.OutputRecord;
import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The topology of one replica: one sub-topology, so that task p reads partition p of each source.
 *
 * <pre>
 * writes       ─▶ decode-writes       ─┐                      ┌─▶ control-sink
 * control      ─▶ decode-control      ─┼─▶ reconcile(entries) ┼─▶ repair-sink: the target's repair topic
 * repairs      ─▶ decode-repairs      ─┤                      ├─▶ rounds-sink
 * observations ─▶ decode-observations ─┘                      └─▶ conflicts-sink
 *                             all ─▶ dead-letter-sink
 * </pre>
 *
 * Replicas that join and leave change where repairs are sent, not the topology. A source replica has no repairs, and
 * observations are read only where a topic is configured.
 */
public final class ReplicaTopology {

    /** A task takes the record with the lowest timestamp first: control and repairs never wait for a backlog of writes. */
    private static final TimestampExtractor FIRST = (record, partitionTime) -> 0;

    /** Kafka Streams would drop a record with a negative timestamp. */
    private static final TimestampExtractor NOT_NEGATIVE = (record, partitionTime) -> Math.max(0, record.timestamp());

    private final ReplicaContext context;
    private final ChangelogTopics changelogs;
    private final RestoreStarts restores;
    private final TrueupConfig config;
    private final ReplicaTopics own;
    private final Topology topology = new Topology();

    private ReplicaTopology(ReplicaContext context, ChangelogTopics changelogs, RestoreStarts restores) {
        this.context = context;
        this.changelogs = changelogs;
        this.restores = restores;
        this.config = context.config();
        this.own = config.replica(context.replica());
    }

    /**
     * Builds the topology of one replica.
     *
     * @param restores to be set as the restore listener of the application
     */
    public static Topology of(ReplicaContext context, ChangelogTopics changelogs, RestoreStarts restores) {
        return new ReplicaTopology(context, changelogs, restores).build();
    }

    private Topology build() {
        List<String> decoders = new ArrayList<>();
        decoders.add(addWrites());
        decoders.add(addControl());
        if (own.repairsTopic() != null) {
            decoders.add(addRepairs());
        }
        config.observationsTopic().ifPresent(topic -> decoders.add(addObservations(topic)));
        topology.addProcessor(Nodes.RECONCILE, () -> new ReconcileProcessor(context), decoders.toArray(String[]::new));
        topology.addStateStore(EntryStore.builder(config.stateInMemory(), changelogs, restores), Nodes.RECONCILE);
        addSinks(decoders);
        return topology;
    }

    private String addWrites() {
        addSource(AutoOffsetReset.earliest(), NOT_NEGATIVE, Nodes.WRITES, List.of(own.writesTopic()));
        topology.addProcessor(
                Nodes.DECODE_WRITES,
                () -> new WritesDecoder(
                        config.valueForm()
                                .applied(
                                        WriteFormat.of(
                                                own.writesFormatName(),
                                                own.writesTopic(),
                                                context.codecs().records()),
                                        own.writesTopic(),
                                        context.codecs().records(),
                                        new KeyedHash(
                                                config.settings(own.name()).secret())),
                        context.writes().logAppendTime(),
                        !config.settings(own.name()).rules().observeOnly(),
                        context::clock,
                        context.deadLetters()),
                Nodes.WRITES);
        return Nodes.DECODE_WRITES;
    }

    /**
     * Without a committed offset, earlier messages are read, too: a person's command may be among them, if the process was killed
     * before its first commit. Messages of earlier rounds are ignored.
     */
    private String addControl() {
        addSource(AutoOffsetReset.byDuration(config.controlRetention()), FIRST, Nodes.CONTROL, config.controlTopics());
        Authentication authentication = new Authentication(context.codecs().controlMac(), context.metrics()::malformed);
        topology.addProcessor(
                Nodes.DECODE_CONTROL,
                () -> new ControlDecoder(
                        context.replica(), context.codecs().control(), authentication, context.deadLetters()),
                Nodes.CONTROL);
        return Nodes.DECODE_CONTROL;
    }

    private String addRepairs() {
        addSource(AutoOffsetReset.earliest(), FIRST, Nodes.REPAIRS, List.of(own.repairsTopic()));
        topology.addProcessor(
                Nodes.DECODE_REPAIRS,
                () -> new RepairsDecoder(
                        RepairFormat.of(
                                own.repairsFormat().label(),
                                config.dataset(),
                                own.name(),
                                own.repairsTopic(),
                                context.codecs().records()),
                        context.deadLetters()),
                Nodes.REPAIRS);
        return Nodes.DECODE_REPAIRS;
    }

    /** What clients read before the first start has been compared since. */
    private String addObservations(String topic) {
        addSource(AutoOffsetReset.latest(), FIRST, Nodes.OBSERVATIONS, List.of(topic));
        topology.addProcessor(
                Nodes.DECODE_OBSERVATIONS, () -> new ObservationsDecoder(context.deadLetters()), Nodes.OBSERVATIONS);
        return Nodes.DECODE_OBSERVATIONS;
    }

    private void addSource(AutoOffsetReset reset, TimestampExtractor order, String name, List<String> topics) {
        topology.addSource(
                reset,
                name,
                order,
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer(),
                topics.toArray(String[]::new));
    }

    private void addSinks(List<String> decoders) {
        addSink(Nodes.CONTROL_SINK, config.controlTopic(), OutputRecord.SAME_PARTITION, List.of(Nodes.RECONCILE));
        addSink(Nodes.ROUNDS_SINK, config.roundsTopic(), OutputRecord.ANY_PARTITION_COUNT, List.of(Nodes.RECONCILE));
        addSink(
                Nodes.CONFLICTS_SINK,
                config.conflictsTopic(),
                OutputRecord.ANY_PARTITION_COUNT,
                List.of(Nodes.RECONCILE));
        topology.addSink(
                Nodes.REPAIR_SINK,
                OutputRecord.ITS_TOPIC,
                new ByteArraySerializer(),
                OutputRecord.SERIALIZER,
                OutputRecord.SAME_PARTITION,
                Nodes.RECONCILE);
        List<String> senders = new ArrayList<>(decoders);
        senders.add(Nodes.RECONCILE);
        addSink(Nodes.DEAD_LETTER_SINK, config.deadLetterTopic(), OutputRecord.ANY_PARTITION_COUNT, senders);
    }

    private void addSink(
            String name, String topic, StreamPartitioner<byte[], OutputRecord> partitioner, List<String> parents) {
        topology.addSink(
                name,
                topic,
                new ByteArraySerializer(),
                OutputRecord.SERIALIZER,
                partitioner,
                parents.toArray(String[]::new));
    }
}

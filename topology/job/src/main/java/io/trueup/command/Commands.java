package io.trueup.command;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.command.ProbeWatch.RepairTopic;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.reconcile.Message;
import io.trueup.reconcile.Message.Approval;
import io.trueup.reconcile.Message.Probe;
import io.trueup.reconcile.Settings;
import io.trueup.repair.RepairFormat;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * What a person asks the reconcilers of a dataset and tells them, by way of its topics. Needs the configuration of a job: commands
 * of other settings or another secret are not heard. Every call waits for the brokers. Not thread-safe.
 *
 * <p>All methods throw {@link CommandFailedException} where the brokers do not answer or the dataset's topics are missing.
 */
public final class Commands implements AutoCloseable {

    private final TrueupConfig config;
    private final Settings settings;
    private final ControlCodec control;
    private final CommandTopics topics;

    /** Opens connections. */
    public Commands(TrueupConfig config) {
        this.config = config;
        settings = config.settings(config.replicas().get(0));
        control = new ControlCodec(config.dataset(), SingleObjectCodec.of(ControlMessage.class));
        topics = new CommandTopics(config);
    }

    /** Number of partitions of the dataset. */
    public int partitions() {
        return topics.partitions(config.controlTopic());
    }

    /** The partition of a key whose producers use Kafka's own partitioner. */
    public int partitionOf(byte[] key) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions();
    }

    /** The keys for which no entry wins, the oldest conflict first. */
    public List<StandingConflict> conflicts() {
        return readConflicts().conflicts();
    }

    /**
     * Settles a conflict: what a replica holds is to be what all hold. Returns once the reconcilers can read it.
     *
     * @throws CommandFailedException if the key is in no conflict, or the replica holds none of its sides
     */
    public void choose(byte[] key, String replica) {
        ConflictsTopicReader conflicts = readConflicts();
        send(conflicts.partition(key), System.currentTimeMillis(), conflicts.choice(key, replica));
    }

    /**
     * Allows the repairs of a replica that the flood guard holds back. Returns once the reconcilers can read it.
     *
     * @param target the replica
     * @param until the guard is open until then
     * @param some partitions; empty: all
     */
    public void approve(String target, Instant until, Collection<Integer> some) {
        if (!config.replicas().contains(target) || config.replica(target).repairsTopic() == null) {
            throw new CommandFailedException(
                    target + " is no replica that is repaired; those are " + String.join(", ", repaired()));
        }
        int partitions = partitions();
        some.forEach(partition -> require(partition, partitions));
        for (int partition = 0; partition < partitions; partition++) {
            if (some.isEmpty() || some.contains(partition)) {
                send(partition, System.currentTimeMillis(), new Approval(target, until.toEpochMilli()));
            }
        }
    }

    /**
     * Has one key compared at once, as of {@code grace} ago, and listens to what comes of it.
     *
     * @param wait for how long at most
     */
    public ProbeResult probe(byte[] key, int partition, Duration wait) {
        require(partition, partitions());
        long cutMs = System.currentTimeMillis() - config.grace().toMillis();
        Hash128 keyHash = new KeyedHash(settings.secret()).key(key);
        Map<String, RepairTopic> repairTopics = repairTopics();
        ProbeWatch watch = new ProbeWatch(settings, partition, cutMs, key, keyHash, control, repairTopics);
        Set<String> listenedTo = new TreeSet<>(config.controlTopics());
        listenedTo.add(config.controlTopic());
        listenedTo.addAll(repairTopics.keySet());
        topics.listenFromEnd(listenedTo.stream()
                .map(topic -> new TopicPartition(topic, partition))
                .toList());
        send(partition, cutMs, new Probe(keyHash));
        long deadline = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() < deadline && !watch.complete(System.currentTimeMillis())) {
            topics.poll().forEach(record -> watch.take(record, System.currentTimeMillis()));
        }
        return watch.result();
    }

    /**
     * Whether the reconcilers that this configuration describes hear its commands. They do not where they read control messages
     * of other clusters only; then a command has to be given once more, with the configuration of another process.
     */
    public boolean heardByHosted() {
        return config.controlTopics().contains(config.controlTopic());
    }

    private ConflictsTopicReader readConflicts() {
        ConflictsTopicReader conflicts =
                new ConflictsTopicReader(config.dataset(), SingleObjectCodec.of(ConflictEvent.class));
        topics.readAll(config.conflictsTopic(), conflicts::take);
        return conflicts;
    }

    private void send(int partition, long nowMs, Message.Body body) {
        Message message = Message.command(settings, partition, nowMs, body);
        topics.send(
                config.controlTopic(),
                partition,
                new ControlKey(Message.PERSON, partition).encode(),
                control.encode(config.controlTopic(), message));
    }

    private static void require(int partition, int partitions) {
        if (partition < 0 || partition >= partitions) {
            throw new CommandFailedException(
                    "there is no partition " + partition + "; they are numbered from 0 to " + (partitions - 1));
        }
    }

    private List<String> repaired() {
        return repairTopics().values().stream()
                .map(RepairTopic::target)
                .sorted()
                .toList();
    }

    private Map<String, RepairTopic> repairTopics() {
        Map<String, RepairTopic> byTopic = new HashMap<>();
        for (String name : config.replicas()) {
            ReplicaTopics replica = config.replica(name);
            if (replica.repairsTopic() != null) {
                byTopic.put(
                        replica.repairsTopic(),
                        new RepairTopic(
                                name,
                                RepairFormat.of(
                                        replica.repairsFormat().label(),
                                        config.dataset(),
                                        name,
                                        replica.repairsTopic())));
            }
        }
        return byTopic;
    }

    @Override
    public void close() {
        topics.close();
    }
}

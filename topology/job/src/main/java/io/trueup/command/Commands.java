package io.trueup.command;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.command.ProbeWatch.RepairTopic;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Approval;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Complete;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Probe;
import io.trueup.reconcile.exchange.Message.Scope;
import io.trueup.reconcile.settings.Settings;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.repair.RepairFormat;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.source.DefaultPartitioner;
import io.trueup.status.DatasetStatus;
import io.trueup.status.ReportedRounds;
import io.trueup.status.RoundTimes;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commands and queries of an operator to the reconcilers of a dataset, sent through its topics. Needs the configuration of a
 * job: reconcilers ignore commands with other settings or other secrets. Every call waits for the brokers. Not thread-safe.
 *
 * <p>All methods throw {@link CommandFailedException} if the brokers do not answer or the dataset's topics are missing, and {@link
 * InvalidCommandException} if a replica or a partition does not exist.
 */
public final class Commands implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final TrueupConfig config;
    private final Settings settings;
    private final RecordCodecs codecs;
    private final ControlCodec control;
    private final RecordMac mac;
    private final CommandTopics topics;
    private final LongSupplier clock;

    /** Opens connections. Answers of the brokers are awaited for 20 seconds. */
    public Commands(TrueupConfig config) {
        this(config, TIMEOUT);
    }

    /**
     * Opens connections.
     *
     * @param timeout how long an answer of the brokers is awaited, and twice as long an acknowledgement
     */
    public Commands(TrueupConfig config, Duration timeout) {
        this(config, timeout, System::currentTimeMillis);
    }

    /** @param clock the wall clock, by which pauses are stamped */
    Commands(TrueupConfig config, Duration timeout, LongSupplier clock) {
        this.config = config;
        this.clock = clock;
        settings = config.settings(config.replicas().get(0));
        codecs = ConfiguredCodecs.open(config.registry(), timeout);
        control = new ControlCodec(config.dataset(), codecs.of(ControlMessage.class));
        mac = new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL);
        topics = new CommandTopics(config, timeout);
    }

    /** Number of partitions of the dataset, to which a command can be sent. */
    public int partitions() {
        return topics.partitions(config.controlTopic(), AclOperation.WRITE);
    }

    /** Returns the partition of a key if its producers use Kafka's default partitioner. */
    public int partitionOf(byte[] key) {
        return DefaultPartitioner.partitionOf(key, partitions());
    }

    /** Returns the keys in conflict, the oldest conflict first. */
    public List<OpenConflict> conflicts() {
        return readConflicts().conflicts();
    }

    /**
     * Settles a conflict: the entry that a replica holds wins. Returns once the reconcilers can read the command.
     *
     * @throws InvalidCommandException if the key is in no conflict, or the replica holds none of its sides
     */
    public void choose(byte[] key, String replica) {
        choose(key, replica, Optional.empty());
    }

    /**
     * Settles a conflict as it was listed.
     *
     * @param revision its {@link OpenConflict#revision}; empty for whatever is listed now
     * @throws InvalidCommandException as above
     * @throws ChangedConflictException if what is listed now has another revision
     */
    public void choose(byte[] key, String replica, Optional<String> revision) {
        ConflictsTopicReader conflicts = readConflicts();
        long nowMs = System.currentTimeMillis();
        long untilMs = nowMs + settings.times().repairValidityMs();
        Choice choice = conflicts.choice(key, replica, revision, untilMs);
        send(conflicts.partition(key, revision), nowMs, choice);
    }

    /**
     * Approves the repairs of a replica that the flood guard holds back. Returns once the reconcilers can read the command.
     *
     * @param target the replica
     * @param until end of the approval
     * @param selected partitions; all if empty
     */
    public void approve(String target, Instant until, Collection<Integer> selected) {
        approve(target, Scope.FLOOD, until, selected);
    }

    /**
     * Approves the repairs of a replica that wait because the replica that wins has not proved that it has seen what is replaced.
     * Covers what was written before. Parameters as for {@link #approve}.
     */
    public void approveWithoutProof(String target, Instant until, Collection<Integer> selected) {
        approve(target, Scope.UNPROVEN, until, selected);
    }

    private void approve(String target, Scope scope, Instant until, Collection<Integer> selected) {
        requireRepaired(target);
        send(selected, new Approval(target, scope, until.toEpochMilli()));
    }

    private void requireRepaired(String target) {
        if (!config.replicas().contains(target) || config.replica(target).repairsTopic() == null) {
            throw new InvalidCommandException(
                    target + " is not a replica that is repaired; those are " + String.join(", ", repaired()));
        }
    }

    /**
     * Pauses the repairs of a replica, or of all: rounds go on, and nothing is sent. Holds until {@link #resume}. Of two commands the
     * later one counts; this one is stamped later than those that the reconcilers know, also where the clock of this machine is behind.
     * Returns once the reconcilers can read the command.
     *
     * @param replica empty for all
     */
    public void pause(Optional<String> replica) {
        pause(replica, true);
    }

    /** Resumes the repairs of a replica, or of all. Parameters as for {@link #pause}. */
    public void resume(Optional<String> replica) {
        pause(replica, false);
    }

    private void pause(Optional<String> replica, boolean paused) {
        replica.ifPresent(this::requireRepaired);
        String target = replica.orElse(Pause.ALL);
        long nowMs = clock.getAsLong();
        long givenMs = knownPauses(nowMs).stampMs(target);
        if (givenMs > nowMs) {
            LOG.warn(
                    "A command to pause or resume repairs is known that is {} ms later than the clock of this machine: this command"
                            + " is stamped after it. Check the time synchronization of this machine",
                    givenMs - 1 - nowMs);
        }
        send(List.of(), new Pause(target, paused, givenMs, UUID.randomUUID().toString()));
    }

    private KnownPauses knownPauses(long nowMs) {
        KnownPauses known = new KnownPauses(settings, control, mac, nowMs);
        Set<String> read = new TreeSet<>(config.controlTopics());
        read.add(config.controlTopic());
        read.forEach(topic -> topics.readSince(known.sinceMs(), topic, known::take));
        return known;
    }

    /**
     * A person says that the writes topic of a replica contains every key that its datastore holds. Returns once the reconcilers
     * can read the command.
     *
     * @param until the command has no effect after then
     * @param selected partitions; all if empty
     */
    public void complete(String replica, Instant until, Collection<Integer> selected) {
        if (!config.replicas().contains(replica)) {
            throw new InvalidCommandException(
                    replica + " is not a replica; those are " + String.join(", ", config.replicas()));
        }
        send(selected, new Complete(replica, until.toEpochMilli()));
    }

    private void send(Collection<Integer> selected, Message.Body body) {
        int partitions = partitions();
        selected.forEach(partition -> require(partition, partitions));
        for (int partition = 0; partition < partitions; partition++) {
            if (selected.isEmpty() || selected.contains(partition)) {
                send(partition, System.currentTimeMillis(), body);
            }
        }
    }

    /**
     * Requests an immediate comparison of one key, at the cut {@code grace} ago, and waits for the answers.
     *
     * @param wait maximum time to wait
     */
    public ProbeResult probe(byte[] key, int partition, Duration wait) {
        require(partition, partitions());
        long cutMs = System.currentTimeMillis() - config.grace().toMillis();
        Hash128 keyHash = new KeyedHash(settings.secret()).key(key);
        Map<String, RepairTopic> repairTopics = repairTopics();
        ProbeWatch watch = new ProbeWatch(settings, partition, cutMs, key, keyHash, control, mac, repairTopics);
        Set<String> watchedTopics = new TreeSet<>(config.controlTopics());
        watchedTopics.add(config.controlTopic());
        watchedTopics.addAll(repairTopics.keySet());
        topics.listenFromEnd(watchedTopics.stream()
                .map(topic -> new TopicPartition(topic, partition))
                .toList());
        topics.requireReadable(watchedTopics);
        send(partition, cutMs, new Probe(keyHash));
        long deadline = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() < deadline && !watch.complete(System.currentTimeMillis())) {
            topics.poll().forEach(record -> watch.take(record, System.currentTimeMillis()));
        }
        return watch.result();
    }

    /**
     * Whether the reconcilers that this configuration describes receive its commands. They do not if they read control messages
     * of other clusters only; the command must then be sent once more, with the configuration of another process.
     */
    public boolean heardByHosted() {
        return config.controlTopics().contains(config.controlTopic());
    }

    /** Returns what the conflicts topic contains. */
    public ConflictsTopicReader readConflicts() {
        ConflictsTopicReader conflicts = new ConflictsTopicReader(config.dataset(), codecs.of(ConflictEvent.class));
        topics.readAll(config.conflictsTopic(), conflicts::take);
        return conflicts;
    }

    /**
     * Returns the status of the dataset, as the round reports show it. A report that cannot be read is counted, and proves nothing.
     *
     * @param back for how long back reports are read, at least: since when replicas differ is known only as far
     */
    public DatasetStatus status(Duration back) {
        RoundTimes times = RoundTimes.of(settings.times());
        int partitions = topics.partitions(config.controlTopic(), AclOperation.DESCRIBE);
        ReportedRounds rounds = new ReportedRounds(times, partitions, config::owners);
        RecordMac reports = new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT);
        RecordCodec<RoundReport> codec = codecs.of(RoundReport.class);
        topics.readSince(sinceMs(back, times, System.currentTimeMillis()), config.roundsTopic(), record -> {
            if (record.value() != null
                    && reports.check(record.key(), record.value(), record.headers()) == RecordMac.Verdict.AUTHENTIC) {
                take(record, codec, rounds);
            }
        });
        return rounds.at(
                System.currentTimeMillis(), config.dataset(), settings.rules().observeOnly());
    }

    /** From when on reports are read: Kafka knows no time before the epoch. */
    static long sinceMs(Duration back, RoundTimes times, long nowMs) {
        long backMs = back.compareTo(Duration.ofMillis(nowMs)) < 0 ? back.toMillis() : nowMs;
        return Math.max(0, nowMs - Math.max(backMs, times.neededMs()));
    }

    private void take(ConsumerRecord<byte[], byte[]> record, RecordCodec<RoundReport> codec, ReportedRounds rounds) {
        long nowMs = System.currentTimeMillis();
        try {
            RoundReport report = codec.decode(record.topic(), record.value());
            if (report.getDataset().equals(config.dataset())) {
                rounds.take(report, nowMs);
            }
        } catch (MalformedRecordException e) {
            rounds.unread(
                    ControlKey.partitionOf(record.key()),
                    record.timestamp(),
                    nowMs,
                    record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + e.getMessage());
        }
    }

    private void send(int partition, long nowMs, Message.Body body) {
        Message message = Message.command(settings, partition, nowMs, body);
        byte[] key = new ControlKey(Message.PERSON, partition).encode();
        byte[] value = control.encode(config.controlTopic(), message);
        Headers headers = new RecordHeaders();
        mac.sign(key, value, headers);
        topics.send(config.controlTopic(), partition, key, value, headers);
    }

    private static void require(int partition, int partitions) {
        if (partition < 0 || partition >= partitions) {
            throw new InvalidCommandException(
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
                                        replica.repairsTopic(),
                                        codecs)));
            }
        }
        return byTopic;
    }

    @Override
    public void close() {
        codecs.close();
        topics.close();
    }
}

package io.trueup.demo;

import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.command.Commands;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.replica.Intake;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.Scrub;
import io.trueup.replica.table.Datastore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;

/**
 * Everything that runs: the broker in its process, the replicas and the job in this one, and the directory with all their
 * files. It all goes with {@link #close}, when this JVM exits, and when this JVM is killed. Not thread-safe.
 */
final class Cluster implements AutoCloseable {

    private static final int KEYS_PER_SEGMENT = 8;
    private static final int FEWEST_SEGMENTS = 64;
    private static final int MOST_SEGMENTS = 1 << 16;

    /** An empty replica is filled in about so many seconds, so that it can be watched. */
    private static final int SEEDING_SECONDS = 15;

    /** Share of a partition's keys below which the flood guard lets repairs pass where it is shown. */
    private static final int FLOOD_SHARE = 10;

    private static final String MISROUTED = "interceptor.classes";

    private final DemoOptions options;
    private final int expectedKeys;
    private final Path directory;
    private final Timing timing;
    private final String secret = UUID.randomUUID().toString();
    private final Thread shutdownHook = new Thread(this::interrupt, "demo-shutdown");
    private final Map<String, Replica> replicas = new LinkedHashMap<>();
    private final Map<String, Datastore> datastores = new LinkedHashMap<>();
    private Function<String, Intake> intakes;
    private volatile EmbeddedBroker broker;
    private Job job;
    private List<String> members;
    private volatile boolean interrupted;

    private Cluster(DemoOptions options, int expectedKeys, Path directory) {
        this.options = options;
        this.expectedKeys = expectedKeys;
        this.directory = directory;
        this.timing = Timing.of(options);
        this.members =
                options.shared() ? options.replicaNames().subList(0, options.replicas() - 1) : options.replicaNames();
    }

    /**
     * Creates the directory; nothing runs yet.
     *
     * @param expectedKeys about how many keys will be there
     */
    static Cluster create(DemoOptions options, int expectedKeys) {
        try {
            Cluster cluster = new Cluster(options, expectedKeys, Files.createTempDirectory("trueup-demo-"));
            Runtime.getRuntime().addShutdownHook(cluster.shutdownHook);
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create a temporary directory", e);
        }
    }

    Path directory() {
        return directory;
    }

    /** The times of the job. */
    Timing timing() {
        return timing;
    }

    Path log() {
        return directory.resolve("demo.log");
    }

    Path database(String replica) {
        return directory.resolve(replica + ".sqlite");
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    long brokerPid() {
        return broker.pid();
    }

    /** The databases by replica, to be read. */
    Map<String, Datastore> datastores() {
        return datastores;
    }

    void startBroker() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), directory);
    }

    /** Creates all topics; their records stay for ever. */
    void createTopics() {
        List<NewTopic> topics = Topics.all(options.replicaNames()).stream()
                .map(name -> new NewTopic(name, options.partitions(), (short) 1).configs(topicSettings(name)))
                .toList();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            admin.createTopics(topics).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot create the topics of the demo", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoFailedException("interrupted");
        }
    }

    /**
     * The brokers' time on write events tells a job that starts late how old they are. Where the job runs from the beginning, its
     * own time will do, as with any topic.
     */
    private Map<String, String> topicSettings(String topic) {
        boolean late = options.faults().contains(FaultKind.WRONG_PARTITIONER) && topic.startsWith(Topics.writes(""));
        return late
                ? Map.of("retention.ms", "-1", "message.timestamp.type", "LogAppendTime")
                : Map.of("retention.ms", "-1");
    }

    /** Deletes all records of the feed before some offsets, as its retention would. */
    void truncateFeed(Map<TopicPartition, Long> before) {
        Map<TopicPartition, RecordsToDelete> records = new HashMap<>();
        before.forEach((partition, offset) -> records.put(partition, RecordsToDelete.beforeOffset(offset)));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            admin.deleteRecords(records).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot delete records of " + Topics.FEED, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DemoFailedException("interrupted");
        }
    }

    /**
     * @param names which ones
     * @param intakes what each is to ask about every record of the feed
     */
    void startReplicas(List<String> names, Function<String, Intake> intakes) {
        this.intakes = intakes;
        names.forEach(this::startReplica);
    }

    void startReplica(String name) {
        start(name, replicaSettings(name));
    }

    /** Starts a replica whose producer sends write events into wrong partitions. */
    void startMisroutedReplica(String name) {
        Map<String, String> settings = replicaSettings(name);
        settings.put(ReplicaConfig.KAFKA_PREFIX + MISROUTED, WrongPartitions.class.getName());
        settings.put(ReplicaConfig.KAFKA_PREFIX + WrongPartitions.COUNT, String.valueOf(options.partitions()));
        start(name, settings);
    }

    private void start(String name, Map<String, String> settings) {
        Replica replica = new Replica(ReplicaConfig.of(settings), intakes.apply(name));
        replica.start();
        replicas.put(name, replica);
        datastores.computeIfAbsent(name, first -> Datastore.open(url(name)));
    }

    /**
     * Tells what a replica really stores.
     *
     * @return number of rows told
     */
    long scrub(String replica, long rowsPerSecond) {
        AtomicLong rows = new AtomicLong();
        boolean whole = new Scrub(ReplicaConfig.of(replicaSettings(replica)), List.of(), rowsPerSecond)
                .run(new Scrub.Listener() {
                    @Override
                    public void progress(int partition, long read, long expected) {
                        // the screen shows how many there were
                    }

                    @Override
                    public void scanned(Scrub.Summary summary) {
                        rows.addAndGet(summary.rows());
                    }
                });
        if (!whole) {
            throw new DemoFailedException("the scrub of " + replica + " was interrupted");
        }
        return rows.get();
    }

    /** What a person can ask and tell; to be closed. */
    Commands commands() {
        return new Commands(TrueupConfig.of(jobSettings()));
    }

    private Map<String, String> replicaSettings(String name) {
        Map<String, String> settings = new TreeMap<>();
        settings.put(ReplicaConfig.NAME, name);
        settings.put(ReplicaConfig.BOOTSTRAP_SERVERS, bootstrapServers());
        settings.put(ReplicaConfig.FEED_TOPIC, Topics.FEED);
        settings.put(ReplicaConfig.WRITES_TOPIC, Topics.writes(name));
        settings.put(ReplicaConfig.REPAIRS_TOPIC, Topics.repairs(name));
        settings.put(ReplicaConfig.DEAD_LETTER_TOPIC, Topics.DEAD_LETTERS);
        settings.put(ReplicaConfig.JDBC_URL, url(name));
        settings.put(ReplicaConfig.PROGRESS_INTERVAL, "500ms");
        int place = options.replicaNames().indexOf(name);
        if (options.faults().contains(FaultKind.TTL) || options.faults().contains(FaultKind.EXPIRED_TOMBSTONES)) {
            settings.put(ReplicaConfig.PURGE_INTERVAL, "300ms");
        }
        if (options.faults().contains(FaultKind.TTL)) {
            settings.put(ReplicaConfig.EXPIRED_RETENTION, timing.purgeExpiredAfterMs(place, options.replicas()) + "ms");
        }
        if (options.faults().contains(FaultKind.EXPIRED_TOMBSTONES)) {
            settings.put(
                    ReplicaConfig.TOMBSTONE_RETENTION, timing.purgeTombstonesAfterMs(place, options.replicas()) + "ms");
        }
        for (String peer : options.replicaNames()) {
            if (!peer.equals(name)) {
                settings.put("peer." + peer + ".jdbc.url", url(peer));
            }
        }
        return settings;
    }

    private String url(String replica) {
        return "jdbc:sqlite:" + database(replica);
    }

    /** How many records of the feed a replica has stored since it was started. */
    long applied(String replica) {
        return replicas.get(replica).status().applied();
    }

    /** Stops a replica as a crash would. */
    void crashReplica(String name) {
        replicas.get(name).stop();
    }

    /** How many repairs a replica has applied since it was started. */
    long repaired(String replica) {
        return replicas.get(replica).status().repaired();
    }

    void stopJob() {
        job.close();
    }

    /** Stops a replica in good order. */
    void closeReplica(String name) {
        replicas.get(name).close();
    }

    void startJob() {
        job = new Job(TrueupConfig.of(jobSettings()));
        job.start();
    }

    /** Those that the job compares, or is going to. */
    List<String> members() {
        return members;
    }

    /**
     * Tells the running job of others that it is to compare from now on.
     *
     * @throws DemoFailedException if it does not accept that
     */
    void become(List<String> others) {
        members = List.copyOf(others);
        if (!job.reconfigure(TrueupConfig.of(jobSettings()))) {
            throw new DemoFailedException(
                    "the job has not taken up that its replicas are " + String.join(", ", others));
        }
    }

    /** The owners of each partition, as the job computes them. */
    List<List<String>> owners() {
        TrueupConfig config = TrueupConfig.of(jobSettings());
        return IntStream.range(0, options.partitions()).mapToObj(config::owners).toList();
    }

    /** How many replicas own a partition. */
    int copies() {
        return options.copies();
    }

    /** Trees that the job has built from stored entries, by replica. */
    Map<String, Long> treesBuilt() {
        Map<String, Long> built = new TreeMap<>();
        job.status().replicas().forEach((replica, status) -> built.put(replica, status.treesBuilt()));
        return built;
    }

    private Map<String, String> jobSettings() {
        Map<String, String> settings = new TreeMap<>();
        settings.put("bootstrap.servers", bootstrapServers());
        settings.put("dataset", Topics.DATASET);
        settings.put("replicas", String.join(",", members));
        if (options.shared()) {
            settings.put("placement", "ring:" + options.copies());
        }
        settings.put("control.topic", Topics.CONTROL);
        settings.put("rounds.topic", Topics.ROUNDS);
        settings.put("conflicts.topic", Topics.CONFLICTS);
        settings.put("observations.topic", Topics.OBSERVATIONS);
        settings.put("dead.letter.topic", Topics.DEAD_LETTERS);
        settings.put("round.interval", timing.intervalMs() + "ms");
        settings.put("grace", timing.graceMs() + "ms");
        settings.put("lag.patience", timing.patienceMs() + "ms");
        settings.put("repair.validity", timing.repairValidityMs() + "ms");
        settings.put("tombstone.retention", timing.retentionMs() + "ms");
        settings.put("tree.segments", String.valueOf(segments()));
        settings.put("hash.secret", secret);
        settings.put("state.dir", directory.resolve("state").toString());
        for (String replica : members) {
            settings.put("replica." + replica + ".writes.topic", Topics.writes(replica));
            settings.put("replica." + replica + ".repairs.topic", Topics.repairs(replica));
        }
        if (options.faults().contains(FaultKind.EMPTY_REPLICA)) {
            settings.put("repair.rate", String.valueOf(Math.max(1_000, expectedKeys / SEEDING_SECONDS)));
        }
        if (options.faults().contains(FaultKind.WRONG_PARTITIONER)) {
            int keys = expectedKeys / options.partitions();
            settings.put("repair.flood.min.keys", String.valueOf(Math.min(1_000, keys / FLOOD_SHARE)));
        }
        return settings;
    }

    /** Writes the settings of the job to a file, for commands that need them. */
    Path jobFile() {
        return file("trueup.properties", jobSettings());
    }

    /** Writes the settings of a replica to a file, likewise. */
    Path replicaFile(String replica) {
        return file(replica + ".properties", replicaSettings(replica));
    }

    private Path file(String name, Map<String, String> settings) {
        Properties properties = new Properties();
        properties.putAll(settings);
        Path file = directory.resolve(name);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private int segments() {
        int wanted = Math.max(1, expectedKeys / options.partitions() / KEYS_PER_SEGMENT);
        int power = Integer.highestOneBit(Math.max(1, wanted - 1)) << 1;
        return Math.max(FEWEST_SEGMENTS, Math.min(MOST_SEGMENTS, power));
    }

    /** Whether the job takes part in rounds with all replicas. */
    boolean jobRuns() {
        return job.status().running();
    }

    /** @throws DemoFailedException if something that should run does not */
    void check() {
        if (!broker.isAlive()) {
            throw new DemoFailedException("the broker has ended");
        }
        if (job != null) {
            job.status().failure().ifPresent(reason -> {
                throw new DemoFailedException("the job has failed: " + reason);
            });
        }
        replicas.forEach((name, replica) -> {
            if (replica.status().state() == Replica.State.FAILED) {
                throw new DemoFailedException("replica " + name + " has failed");
            }
        });
    }

    /** Whether this JVM is on its way to its end, by Ctrl-C or SIGTERM: what fails then fails because of that. */
    boolean interrupted() {
        return interrupted;
    }

    private void interrupt() {
        interrupted = true;
        abandon();
        Screen.standard().say("", "Interrupted: all processes and files of the demo are gone.");
    }

    /** Stops everything in order and removes the files. */
    @Override
    public void close() {
        if (job != null) {
            job.close();
        }
        replicas.values().forEach(Replica::close);
        datastores.values().forEach(Datastore::close);
        abandon();
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // this JVM is shutting down
        }
    }

    /**
     * Ends the broker and removes all files. What still runs in this JVM may put a last file there, so it is looked again.
     */
    private void abandon() {
        if (broker != null) {
            broker.abandon();
        }
        for (int i = 0; i < 20; i++) {
            Directories.deleteQuietly(directory);
            pause();
            if (Files.notExists(directory)) {
                return;
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.trueup.demo;

import io.trueup.config.TrueupConfig;
import io.trueup.replica.Datastore;
import io.trueup.replica.Intake;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.stream.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Everything that runs: the broker in its process, the replicas and the job in this one, and the directory with all their
 * files. It all goes with {@link #close}, when this JVM exits, and when this JVM is killed. Not thread-safe.
 */
final class Cluster implements AutoCloseable {

    static final long INTERVAL_MS = 2_500;
    static final long PATIENCE_MS = 60_000;

    /** Short, so that faults are soon found; a machine so busy that writes take longer only makes more work. */
    private static final long GRACE_MS = 2_500;

    /** Long enough for a busy machine: where nothing is broken, not even a late write may make trees differ. */
    private static final long QUIET_GRACE_MS = 5_000;

    private static final int KEYS_PER_SEGMENT = 8;
    private static final int FEWEST_SEGMENTS = 64;
    private static final int MOST_SEGMENTS = 1 << 16;

    private final DemoOptions options;
    private final int expectedKeys;
    private final Path directory;
    private final Thread shutdownHook = new Thread(this::interrupt, "demo-shutdown");
    private final Map<String, Replica> replicas = new LinkedHashMap<>();
    private final Map<String, Datastore> datastores = new LinkedHashMap<>();
    private Function<String, Intake> intakes;
    private volatile EmbeddedBroker broker;
    private Job job;
    private volatile boolean interrupted;

    private Cluster(DemoOptions options, int expectedKeys, Path directory) {
        this.options = options;
        this.expectedKeys = expectedKeys;
        this.directory = directory;
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

    /** How long after its cut a round is due. */
    long graceMs() {
        return options.faults().isEmpty() ? QUIET_GRACE_MS : GRACE_MS;
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
                .map(name -> new NewTopic(name, options.partitions(), (short) 1).configs(Map.of("retention.ms", "-1")))
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

    /** @param intakes what each replica is to ask about every record of the feed */
    void startReplicas(Function<String, Intake> intakes) {
        this.intakes = intakes;
        for (String replica : options.replicaNames()) {
            startReplica(replica);
            datastores.put(replica, Datastore.open(url(replica)));
        }
    }

    void startReplica(String name) {
        Replica replica = new Replica(ReplicaConfig.of(replicaSettings(name)), intakes.apply(name));
        replica.start();
        replicas.put(name, replica);
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

    void startJob() {
        job = new Job(TrueupConfig.of(jobSettings()));
        job.start();
    }

    private Map<String, String> jobSettings() {
        Map<String, String> settings = new TreeMap<>();
        settings.put("bootstrap.servers", bootstrapServers());
        settings.put("dataset", Topics.DATASET);
        settings.put("replicas", String.join(",", options.replicaNames()));
        settings.put("control.topic", Topics.CONTROL);
        settings.put("rounds.topic", Topics.ROUNDS);
        settings.put("conflicts.topic", Topics.CONFLICTS);
        settings.put("dead.letter.topic", Topics.DEAD_LETTERS);
        settings.put("round.interval", INTERVAL_MS + "ms");
        settings.put("grace", graceMs() + "ms");
        settings.put("lag.patience", PATIENCE_MS + "ms");
        settings.put("tree.segments", String.valueOf(segments()));
        settings.put("hash.secret", UUID.randomUUID().toString());
        settings.put("state.dir", directory.resolve("state").toString());
        for (String replica : options.replicaNames()) {
            settings.put("replica." + replica + ".writes.topic", Topics.writes(replica));
            settings.put("replica." + replica + ".repairs.topic", Topics.repairs(replica));
        }
        return settings;
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

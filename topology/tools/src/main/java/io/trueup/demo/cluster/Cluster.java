package io.trueup.demo.cluster;

import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.command.Commands;
import io.trueup.config.TrueupConfig;
import io.trueup.demo.console.Screen;
import io.trueup.job.Job;
import io.trueup.ops.Operations;
import io.trueup.replica.Intake;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.Scrub;
import io.trueup.replica.table.Datastore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/**
 * Everything that runs: the broker in a process of its own, the replicas and the job in this one, and the directory with all
 * their files. {@link #close} ends and removes all of it, and so does the end of this JVM, even if it is killed. Not thread-safe.
 */
public final class Cluster implements AutoCloseable {

    private final ClusterOptions options;
    private final Path directory;
    private final ClusterSettings settings;
    private final Thread shutdownHook = new Thread(this::interrupt, "demo-shutdown");
    private final Map<String, Replica> replicas = new LinkedHashMap<>();
    private final Map<String, Datastore> datastores = new LinkedHashMap<>();
    private Function<String, Intake> intakes;
    private volatile EmbeddedBroker broker;
    private Job job;
    private Operations operations;
    /** Any free port at first. */
    private URI page = URI.create("http://127.0.0.1:0");

    /** Where the started job listens: it cannot change its address while it runs. A job that starts again keeps the port. */
    private String listen = page.getAuthority();

    private List<String> members;
    private volatile boolean interrupted;

    private Cluster(ClusterOptions options, Path directory) {
        this.options = options;
        this.directory = directory;
        this.settings = new ClusterSettings(options, directory);
        this.members = options.firstMembers();
    }

    /** Creates the directory. Nothing runs yet. */
    public static Cluster create(ClusterOptions options) {
        try {
            Cluster cluster = new Cluster(options, Files.createTempDirectory("trueup-demo-"));
            Runtime.getRuntime().addShutdownHook(cluster.shutdownHook);
            return cluster;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create a temporary directory", e);
        }
    }

    public Path directory() {
        return directory;
    }

    /** The times of the job. */
    public JobTimes times() {
        return options.times();
    }

    public Path log() {
        return directory.resolve("demo.log");
    }

    public Path database(String replica) {
        return settings.database(replica);
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    public long brokerPid() {
        return broker.pid();
    }

    /** The databases by replica, for reading. */
    public Map<String, Datastore> datastores() {
        return datastores;
    }

    public void startBroker() {
        broker = EmbeddedBroker.start(directory.resolve("broker"), directory);
    }

    /** Creates all topics. Their records are kept for ever. */
    public void createTopics() {
        new TopicAdmin(bootstrapServers()).createTopics(options);
    }

    /** Deletes all records of the feed before the given offsets, as its retention would. */
    public void truncateFeed(Map<TopicPartition, Long> offsets) {
        new TopicAdmin(bootstrapServers()).truncateFeed(offsets);
    }

    /**
     * Starts some replicas.
     *
     * @param names the replicas
     * @param intakes for each replica, the decision about every record of the feed
     */
    public void startReplicas(List<String> names, Function<String, Intake> intakes) {
        this.intakes = intakes;
        names.forEach(this::startReplica);
    }

    public void startReplica(String name) {
        start(name, replicaSettings(name));
    }

    /** Starts a replica whose producer sends write events into wrong partitions. */
    public void startReplicaWithWrongPartitioner(String name) {
        start(name, settings.replicaWithWrongPartitioner(bootstrapServers(), name));
    }

    private void start(String name, Map<String, String> replicaSettings) {
        Replica replica = new Replica(ReplicaConfig.of(replicaSettings), intakes.apply(name));
        replica.start();
        replicas.put(name, replica);
        datastores.computeIfAbsent(name, first -> Datastore.open(settings.url(name)));
    }

    /**
     * Scrubs a replica: reports every row that it really stores.
     *
     * @return number of rows reported
     */
    public long scrub(String replica, long rowsPerSecond) {
        AtomicLong rows = new AtomicLong();
        boolean complete = new Scrub(ReplicaConfig.of(replicaSettings(replica)), List.of(), rowsPerSecond)
                .run(new Scrub.Listener() {
                    @Override
                    public void progress(int partition, long read, long expected) {
                        // the screen shows the total only
                    }

                    @Override
                    public void scanned(Scrub.Summary summary) {
                        rows.addAndGet(summary.rows());
                    }
                });
        if (!complete) {
            throw new DemoFailedException("the scrub of " + replica + " was interrupted");
        }
        return rows.get();
    }

    /** The operator's commands. The caller closes them. */
    public Commands commands() {
        return new Commands(TrueupConfig.of(jobSettings()));
    }

    /** Number of feed records that a replica has stored since it was started. */
    public long applied(String replica) {
        return replicas.get(replica).status().applied();
    }

    /** Number of repairs that a replica has applied since it was started. */
    public long repaired(String replica) {
        return replicas.get(replica).status().repaired();
    }

    /** Stops a replica as a crash would. */
    public void crashReplica(String name) {
        replicas.get(name).stop();
    }

    /** Shuts a replica down. */
    public void closeReplica(String name) {
        replicas.get(name).close();
    }

    /** Starts the job, and the page that shows it. */
    public void startJob() {
        listen = page.getAuthority();
        TrueupConfig config = TrueupConfig.of(jobSettings());
        job = new Job(config);
        operations = new Operations(config, job);
        operations.start();
        page = URI.create(operations.address());
        job.start();
        operations.jobStarted();
    }

    public void stopJob() {
        job.close();
        operations.close();
    }

    /** The address of the page, also when the job is started again. */
    public URI page() {
        return page;
    }

    /** Whether the job takes part in rounds with all replicas. */
    public boolean jobRuns() {
        return job.status().running();
    }

    /** The replicas that the job compares, or will compare once it runs. */
    public List<String> members() {
        return members;
    }

    /**
     * Changes the replicas that the running job compares.
     *
     * @throws DemoFailedException if the job does not accept the change
     */
    public void changeMembers(List<String> newMembers) {
        members = List.copyOf(newMembers);
        TrueupConfig changed = TrueupConfig.of(jobSettings());
        if (!job.reconfigure(changed)) {
            throw new DemoFailedException(
                    "the job did not accept the new list of replicas: " + String.join(", ", newMembers));
        }
        operations.reconfigured(changed);
    }

    /** The owners of each partition, as the job computes them. */
    public List<List<String>> owners() {
        TrueupConfig config = TrueupConfig.of(jobSettings());
        return IntStream.range(0, options.partitions()).mapToObj(config::owners).toList();
    }

    /** Number of owners of a partition. */
    public int copies() {
        return options.copies();
    }

    /** Number of trees that the job has built from stored entries, by replica. */
    public Map<String, Long> treesBuilt() {
        Map<String, Long> built = new TreeMap<>();
        job.status().replicas().forEach((replica, status) -> built.put(replica, status.treesBuilt()));
        return built;
    }

    private Map<String, String> jobSettings() {
        Map<String, String> all = new TreeMap<>(settings.job(bootstrapServers(), members));
        all.put("http.listen", listen);
        return all;
    }

    private Map<String, String> replicaSettings(String name) {
        return settings.replica(bootstrapServers(), name);
    }

    /** Writes the settings of the job to a file, for commands that need them. */
    public Path writeJobFile() {
        return write("trueup.properties", jobSettings());
    }

    /** Writes the settings of a replica to a file, for commands that need them. */
    public Path writeReplicaFile(String replica) {
        return write(replica + ".properties", replicaSettings(replica));
    }

    private Path write(String name, Map<String, String> content) {
        Properties properties = new Properties();
        properties.putAll(content);
        Path file = directory.resolve(name);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /**
     * Checks that everything runs that should run.
     *
     * @throws DemoFailedException if something that should run does not
     */
    public void check() {
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

    /** Whether Ctrl-C or SIGTERM is ending this JVM. Failures are then a consequence of that. */
    public boolean interrupted() {
        return interrupted;
    }

    private void interrupt() {
        interrupted = true;
        abandon();
        Screen.standard().print("", "Interrupted: all processes and files of the demo are gone.");
    }

    /** Stops everything in order and removes the files. */
    @Override
    public void close() {
        if (job != null) {
            stopJob();
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

    /** Ends the broker and removes all files. Threads of this JVM may still write a last file, so removal is repeated. */
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

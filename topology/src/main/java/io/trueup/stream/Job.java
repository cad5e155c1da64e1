package io.trueup.stream;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.repair.ReadLimits;
import io.trueup.repair.ValueReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reconciliation job of one process: a Kafka Streams application for every hosted replica.
 *
 * <p>A job runs until it is closed or fails. It fails as a whole: where one replica's application cannot go on, or the
 * topics change under it, all are stopped, {@link #awaitTermination} returns and {@link Status#failure} says why. A process
 * then ends with an exit code other than 0, and whoever started it starts it again. Thread-safe.
 */
public final class Job implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Job.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration RECHECK_EVERY = Duration.ofSeconds(60);

    private final TrueupConfig config;
    private final Duration recheckEvery;
    private final Map<String, HostedReplica> replicas = new LinkedHashMap<>();
    private final List<AutoCloseable> resources = new ArrayList<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicReference<String> failure = new AtomicReference<>();
    private final CountDownLatch terminated = new CountDownLatch(1);

    /** Prepares a job; nothing is opened before {@link #start}. */
    public Job(TrueupConfig config) {
        this(config, RECHECK_EVERY);
    }

    Job(TrueupConfig config, Duration recheckEvery) {
        this.config = config;
        this.recheckEvery = recheckEvery;
    }

    /**
     * Checks the topics, creates those that are missing if the configuration allows it, and starts all hosted replicas.
     * Returns before their state is restored.
     *
     * @throws TopicCheckException if topics are missing, do not fit each other or must not be read; the job is then closed
     * @throws IllegalStateException if it was started or closed before
     */
    public void start() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("a job is started once");
        }
        try {
            open();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, Failures.reason(e));
            stop();
            throw e;
        }
    }

    private synchronized void open() {
        if (stopping.get()) {
            throw new IllegalStateException("the job is closed");
        }
        Map<String, Object> adminProperties = config.adminProperties();
        adminProperties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-admin");
        Admin admin = opened(Admin.create(adminProperties));
        TopicCheck check = new TopicCheck(config, admin);
        TopicCheck.Topics topics = check.prepare();
        EndOffsets ends = new AdminEndOffsets(admin);
        FloodAlarm floodAlarm = new FloodAlarm(config);
        for (String name : config.hostedReplicas()) {
            ReplicaTopics replica = config.replica(name);
            ValueReader<Repair> values = opened(new ValueReader<>(
                    consumerProperties(name), replica.writesTopic(), Formats.writes(replica), ReadLimits.DEFAULT));
            replicas.put(
                    name, new HostedReplica(config, name, topics, ends, Values.of(values), floodAlarm, this::fail));
        }
        replicas.values().forEach(HostedReplica::start);
        watch(check, topics);
        LOG.info("Started: {}", config);
    }

    private Map<String, Object> consumerProperties(String replica) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, config.applicationId(replica) + "-values");
        return properties;
    }

    private <T extends AutoCloseable> T opened(T resource) {
        resources.add(resource);
        return resource;
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-job");
        thread.setDaemon(true);
        return thread;
    }

    private void watch(TopicCheck check, TopicCheck.Topics topics) {
        ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor(Job::daemon);
        resources.add(watcher::shutdownNow);
        long everyMs = recheckEvery.toMillis();
        ScheduledFuture<?> checks =
                watcher.scheduleWithFixedDelay(() -> recheck(check, topics), everyMs, everyMs, TimeUnit.MILLISECONDS);
        resources.add(() -> checks.cancel(true));
    }

    private void recheck(TopicCheck check, TopicCheck.Topics topics) {
        try {
            check.recheck(topics);
        } catch (TopicCheckException e) {
            if (stopping.get()) {
                return;
            }
            if (e.getCause() == null) {
                fail(e.getMessage());
            } else {
                LOG.warn("The topics cannot be checked at the moment: {}", e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.warn("The topics cannot be checked at the moment", e);
        }
    }

    /** Called on threads that closing waits for. */
    private void fail(String reason) {
        if (failure.compareAndSet(null, reason)) {
            LOG.error("The job stops: {}", reason);
            Thread stopper = new Thread(this::stop, "trueup-job-stop");
            stopper.start();
        }
    }

    /**
     * Waits until the job is closed or has failed and stopped.
     *
     * @return whether it has, within {@code timeout}
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return terminated.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** A picture of the moment. */
    public Status status() {
        Map<String, ReplicaStatus> states = new TreeMap<>();
        synchronized (this) {
            replicas.forEach((name, replica) -> states.put(name, replica.status()));
        }
        return new Status(terminated.getCount() == 0, Optional.ofNullable(failure.get()), states);
    }

    /**
     * Stops all replicas: each commits what it has done and closes its state. Returns when that is done, or after 30
     * seconds; what is cut off then is done again at the next start.
     */
    @Override
    public void close() {
        stop();
        try {
            terminated.await(2 * CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        if (!stopping.compareAndSet(false, true)) {
            return;
        }
        try {
            List<HostedReplica> running;
            synchronized (this) {
                running = List.copyOf(replicas.values());
            }
            CompletableFuture.allOf(running.stream()
                            .map(replica -> CompletableFuture.runAsync(() -> close(replica)))
                            .toArray(CompletableFuture[]::new))
                    .join();
            closeResources();
        } finally {
            terminated.countDown();
        }
    }

    private static void close(HostedReplica replica) {
        if (!replica.close(CLOSE_TIMEOUT)) {
            LOG.warn(
                    "A replica did not stop within {}; its uncommitted work is done again at the next start",
                    CLOSE_TIMEOUT);
        }
    }

    private synchronized void closeResources() {
        for (int i = resources.size() - 1; i >= 0; i--) {
            try {
                resources.get(i).close();
            } catch (Exception e) {
                LOG.warn("Closing failed", e);
            }
        }
        resources.clear();
    }

    /**
     * What a job is doing.
     *
     * @param terminated whether it has ended
     * @param failure why it ended by itself
     * @param replicas the hosted replicas by name
     */
    public record Status(boolean terminated, Optional<String> failure, Map<String, ReplicaStatus> replicas) {

        /** Whether all hosted replicas have restored their state and take part in rounds. */
        public boolean running() {
            return !replicas.isEmpty()
                    && replicas.values().stream()
                            .allMatch(replica -> replica.state().equals("RUNNING"));
        }
    }

    /**
     * What a replica's application is doing. Counts are since the process started.
     *
     * @param state name of a {@link org.apache.kafka.streams.KafkaStreams.State}
     * @param partitions the partitions that this process holds
     * @param malformed records sent to the dead-letter topic
     * @param repairs repair events sent
     * @param references those of them that only name the replica that holds the value
     * @param unsentRepairs repairs given up before they were sent; a later round decides them again
     * @param lostRecords records that the brokers did not take
     * @param guarded repairs that the flood guard held back in the last round of each partition, estimated, by target
     * @param conflicts keys of which no entry wins, as seen in the last round of each partition
     */
    public record ReplicaStatus(
            String state,
            Map<Integer, PartitionStatus> partitions,
            long malformed,
            long repairs,
            long references,
            long unsentRepairs,
            long lostRecords,
            Map<String, Long> guarded,
            long conflicts) {}

    /**
     * What a partition's reconciler has done.
     *
     * @param rounds rounds reported since the process started, skipped ones included
     * @param lastRound the last of them, or null
     */
    public record PartitionStatus(long rounds, RoundSummary lastRound) {}
}

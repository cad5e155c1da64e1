package io.trueup.job;

import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.repair.ValueReader;
import io.trueup.report.FloodAlarm;
import io.trueup.report.RoundsTopicReader;
import io.trueup.stream.EndOffsets;
import io.trueup.stream.JobClocks;
import io.trueup.stream.ReplicaContext;
import io.trueup.stream.RoundListener;
import io.trueup.stream.record.MessageLimits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.streams.KafkaStreams;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reconciliation job of one process: a Kafka Streams application for every hosted replica.
 *
 * <p>A job runs until it is closed or fails. It fails as a whole: if the application of one replica cannot go on, or the
 * topics change while it runs, all replicas are stopped, {@link #awaitTermination} returns, and {@link JobStatus#failure}
 * names the reason. The process should then end with an exit code other than 0, to be restarted. Thread-safe.
 */
public final class Job implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Job.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
    /** Kafka Streams tries for longer than this to commit what it read from a topic that is gone. */
    private static final Duration FAILED_CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration RECHECK_EVERY = Duration.ofSeconds(60);
    private static final Duration CHECK_CLOCK_EVERY = Duration.ofSeconds(1);
    /** Kafka Streams stops the tasks of a topic that is deleted, and tasks that are stopped ask for no end. */
    private static final Duration CONFIRM_EVERY = Duration.ofSeconds(5);

    private static final Duration MAX_CLOCK_BACK = Duration.ofSeconds(30);

    private final Duration recheckEvery;
    private final Object reconfiguring = new Object();
    /** By name. Changed under the lock of this object only; {@link #status} does not wait for the lock. */
    private final Map<String, HostedReplica> replicas = new ConcurrentSkipListMap<>();

    private final Resources resources = new Resources();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicReference<String> failure = new AtomicReference<>();
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor(Job::daemon);
    private final ScheduledExecutorService clockWatcher = Executors.newSingleThreadScheduledExecutor(Job::daemon);
    private final AtomicBoolean recheckDue = new AtomicBoolean();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private volatile TrueupConfig config;
    private volatile Checked checked;
    private Admin admin;
    private RecordCodecs codecs;
    private TopicIds ids;
    private EndOffsets ends;
    private FloodAlarm floodAlarm;
    private final RoundMemory roundMemory =
            RoundMemory.ofHeap(Runtime.getRuntime().maxMemory());
    private RoundsTopicReader rounds;
    private MessageLimits limits;
    private final JobClocks clocks;
    private volatile RoundListener listener = RoundListener.NONE;

    /**
     * Topics that fit the configuration.
     *
     * @param check the check that they passed
     * @param topics its result
     */
    private record Checked(TopicCheck check, TopicCheck.Topics topics) {

        static Checked of(TrueupConfig config, Admin admin) {
            TopicCheck check = new TopicCheck(config, admin);
            return new Checked(check, check.prepare());
        }
    }

    /** Prepares a job; nothing is opened before {@link #start}. */
    public Job(TrueupConfig config) {
        this(config, RECHECK_EVERY, new JobClocks());
    }

    Job(TrueupConfig config, Duration recheckEvery, JobClocks clocks) {
        this.config = config;
        this.recheckEvery = recheckEvery;
        this.clocks = clocks;
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
            throw new IllegalStateException("a job can be started only once");
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
        StateDirectory.check(config);
        Map<String, Object> properties = config.adminProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-admin");
        admin = Admin.create(properties);
        resources.add(() -> admin.close(FAILED_CLOSE_TIMEOUT));
        checked = Checked.of(config, admin);
        codecs = resources.add(ConfiguredCodecs.open(config.registry()));
        WrittenSchemas.prepare(config, codecs);
        limits = new MessageLimits(config.maxRequestBytes());
        limits.topics(checked.check().maxMessageBytes());
        ids = new TopicIds(admin, this::checkedId, this::recheckSoon);
        ends = new AdminEndOffsets(admin, ids);
        floodAlarm = new FloodAlarm(config);
        rounds = resources.add(JobReaders.rounds(config, checked.topics().partitions(), codecs, clocks::roundsMs));
        rounds.start();
        for (String name : config.hostedReplicas()) {
            replicas.put(name, hosted(config, name, checked.topics()));
        }
        replicas.values().forEach(HostedReplica::start);
        watch();
        LOG.info("Started: {}", config);
    }

    private HostedReplica hosted(TrueupConfig config, String name, TopicCheck.Topics topics) {
        ValueReader<Repair> values = JobReaders.values(config, name, codecs);
        try {
            HostedReplica replica = new HostedReplica(
                    config,
                    name,
                    topics,
                    admin,
                    ends,
                    values,
                    new ReplicaContext.Shared(floodAlarm, rounds.totals(), roundMemory),
                    clocks,
                    limits,
                    codecs,
                    this::fail);
            replica.onReport((round, partition) -> listener.reported(name, partition, round));
            replica.onRepair(afterMs -> listener.detected(name, afterMs), afterMs -> listener.verified(name, afterMs));
            return replica;
        } catch (RuntimeException e) {
            values.close();
            throw e;
        }
    }

    /**
     * Takes up a changed configuration while the job runs: replicas that join or leave, replicas that are hosted here, and
     * placement. Reconcilers of replicas that stay keep their trees. New hosted replicas are started once their topics are
     * checked; removed ones are stopped, and this call waits for that.
     *
     * <p>All or nothing: if anything else differs, or a check fails, the job continues unchanged, and the log gives the
     * reason.
     *
     * @return whether {@code changed} is in force now
     * @throws IllegalStateException if the job is not running
     */
    public boolean reconfigure(TrueupConfig changed) {
        synchronized (reconfiguring) {
            requireRunning();
            List<String> restart = config.keysThatNeedARestart(changed);
            if (!restart.isEmpty()) {
                LOG.warn(
                        "The changed configuration is not taken up: a change of {} needs a restart. The job continues"
                                + " unchanged. Restart it, or undo these changes.",
                        String.join(", ", restart));
                return false;
            }
            if (changed.shown().equals(config.shown())) {
                return true;
            }
            try {
                takeUp(changed);
                return true;
            } catch (KafkaException e) {
                return notTakenUp(Failures.reason(e));
            } catch (TopicCheckException | SchemaRefusedException | RegistryUnavailableException e) {
                return notTakenUp(e.getMessage());
            }
        }
    }

    private static boolean notTakenUp(String reason) {
        LOG.error(
                "The changed configuration is not taken up, and the job continues unchanged. Fix this, then touch or change the"
                        + " configuration file again: {}",
                reason);
        return false;
    }

    private synchronized void requireRunning() {
        if (checked == null || stopping.get()) {
            throw new IllegalStateException("the job is not running");
        }
    }

    private void takeUp(TrueupConfig changed) {
        checked.check().recheck(checked.topics());
        Checked now = Checked.of(changed, admin);
        WrittenSchemas.prepare(changed, codecs);
        limits.topics(now.check().maxMessageBytes());
        Map<String, HostedReplica> joining = new LinkedHashMap<>();
        try {
            for (String name : changed.hostedReplicas()) {
                if (!config.hostedReplicas().contains(name)) {
                    joining.put(name, hosted(changed, name, now.topics()));
                }
            }
            putInForce(changed, now, joining);
        } catch (RuntimeException e) {
            joining.values().forEach(replica -> close(replica, CLOSE_TIMEOUT));
            throw e;
        }
        stopRemoved();
        LOG.info("Reconfigured: {}", config);
    }

    private synchronized void putInForce(TrueupConfig changed, Checked now, Map<String, HostedReplica> joining) {
        requireRunning();
        replicas.forEach((name, replica) -> {
            if (changed.hostedReplicas().contains(name)) {
                replica.reconfigure(changed);
            }
        });
        rounds.reconfigured(changed.settings(changed.replicas().get(0)));
        checked = now;
        replicas.putAll(joining);
        joining.values().forEach(HostedReplica::start);
        config = changed;
    }

    private void stopRemoved() {
        Map<String, HostedReplica> removed;
        synchronized (this) {
            removed = new LinkedHashMap<>(replicas);
        }
        removed.keySet().removeAll(config.hostedReplicas());
        removed.forEach((name, replica) -> {
            if (!replica.leave(CLOSE_TIMEOUT)) {
                LOG.warn(
                        "Replica {} was removed from the configuration, but did not stop within {} s",
                        name,
                        CLOSE_TIMEOUT.toSeconds());
            }
            synchronized (this) {
                replicas.remove(name);
            }
        });
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-job");
        thread.setDaemon(true);
        return thread;
    }

    private void watch() {
        resources.add(watcher::shutdownNow);
        resources.add(clockWatcher::shutdownNow);
        repeat(watcher, this::recheck, recheckEvery);
        repeat(watcher, this::confirm, CONFIRM_EVERY);
        repeat(clockWatcher, this::checkClock, CHECK_CLOCK_EVERY);
    }

    private void checkClock() {
        Duration back = Duration.ofMillis(clocks.wentBackMs());
        if (back.compareTo(MAX_CLOCK_BACK) > 0) {
            fail(
                    "the wall clock went back by " + back.toSeconds()
                            + " s while this process was running. Kafka's clients"
                            + " would be cut off from their groups and brokers for as long. Start the job again; nothing is lost.");
        }
    }

    private void confirm() {
        if (!stopping.get()) {
            var unused = ids.confirm(checked.check().hostedWrites());
        }
    }

    private void repeat(ScheduledExecutorService watcher, Runnable check, Duration every) {
        ScheduledFuture<?> checks =
                watcher.scheduleWithFixedDelay(check, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
        resources.add(() -> checks.cancel(true));
    }

    /** The id of a topic that was checked, or null. */
    private Uuid checkedId(String topic) {
        TopicCheck.Found found = checked.topics().topics().get(topic);
        return found == null ? null : found.id();
    }

    /** Checks the topics as soon as possible, if that is not about to happen anyway. */
    private void recheckSoon() {
        if (recheckDue.compareAndSet(false, true)) {
            try {
                watcher.execute(() -> {
                    recheck();
                    recheckDue.set(false);
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("The topics are not checked, because the job stops", e);
            }
        }
    }

    private void recheck() {
        Checked known = checked;
        try {
            known.check().recheck(known.topics());
            limits.topics(known.check().maxMessageBytes());
        } catch (TopicCheckException e) {
            if (stopping.get()) {
                return;
            }
            if (e.getCause() == null) {
                fail(e.getMessage());
            } else {
                LOG.warn("The topics cannot be checked now: {}", e.getMessage());
            }
        } catch (RuntimeException e) {
            LOG.warn("The topics cannot be checked now", e);
        }
    }

    /** Stops on another thread, because closing waits for the calling one. */
    private void fail(String reason) {
        if (failure.compareAndSet(null, reason)) {
            LOG.error("The job stops: {}", reason);
            Thread stopper = new Thread(this::stop, "trueup-job-stop");
            stopper.start();
        }
    }

    /**
     * Waits until the job is closed, or has failed and stopped.
     *
     * @return false if {@code timeout} has passed before that
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return terminated.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Passes the reports of all rounds of this process to a listener, in place of the one before. */
    public void onReport(RoundListener listener) {
        this.listener = listener;
    }

    /** Returns the current status. Does not wait, not even for a start. */
    public JobStatus status() {
        Map<String, JobStatus.ReplicaStatus> states = new TreeMap<>();
        replicas.forEach((name, replica) -> states.put(name, replica.status()));
        return new JobStatus(terminated.getCount() == 0, Optional.ofNullable(failure.get()), states, roundMemory.use());
    }

    /** The Kafka Streams applications of the hosted replicas, by name: to observe them. Does not wait. */
    public Map<String, KafkaStreams> streams() {
        Map<String, KafkaStreams> all = new TreeMap<>();
        replicas.forEach((name, replica) -> all.put(name, replica.streams()));
        return all;
    }

    /**
     * Stops all replicas: each commits its work and closes its state. Returns when that is done, or after 30 seconds (10 if
     * the job has failed); uncommitted work is done again at the next start.
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
        Duration timeout = failure.get() == null ? CLOSE_TIMEOUT : FAILED_CLOSE_TIMEOUT;
        try {
            List<HostedReplica> running;
            synchronized (this) {
                running = List.copyOf(replicas.values());
            }
            CompletableFuture.allOf(running.stream()
                            .map(replica ->
                                    CompletableFuture.runAsync(() -> close(replica, timeout), Job::inItsOwnThread))
                            .toArray(CompletableFuture[]::new))
                    .join();
            resources.close();
        } finally {
            terminated.countDown();
        }
    }

    /** Runs a task in a thread of its own: the common pool has fewer threads than a job may have replicas. */
    private static void inItsOwnThread(Runnable task) {
        new Thread(task, "trueup-job-close").start();
    }

    private static void close(HostedReplica replica, Duration timeout) {
        if (!replica.close(timeout)) {
            LOG.warn(
                    "A replica did not stop within {} s; its uncommitted work is done again at the next start",
                    timeout.toSeconds());
        }
    }
}

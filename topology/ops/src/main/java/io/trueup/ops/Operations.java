package io.trueup.ops;

import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.ops.action.Actions;
import io.trueup.ops.api.CutsResource;
import io.trueup.ops.api.KeyResource;
import io.trueup.ops.api.OpenApi;
import io.trueup.ops.api.PartitionsResource;
import io.trueup.ops.api.RoundEvents;
import io.trueup.ops.api.RoundsResource;
import io.trueup.ops.api.StatusResource;
import io.trueup.ops.api.TreeResource;
import io.trueup.ops.audit.AuditRunner;
import io.trueup.ops.audit.Audits;
import io.trueup.ops.health.Deadlocks;
import io.trueup.ops.health.Liveness;
import io.trueup.ops.health.Readiness;
import io.trueup.ops.http.EventStreams;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Route;
import io.trueup.ops.key.KeyReader;
import io.trueup.ops.metrics.Metrics;
import io.trueup.ops.page.PageFile;
import io.trueup.ops.rounds.RoundsFollower;
import io.trueup.ops.tree.TreeReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.streams.KafkaStreams.State;

/**
 * What a process answers over HTTP about its job, and what it sends to a receiver of metrics. Without {@code http.listen} nothing
 * listens, and without {@code otlp.url} either nothing is opened. Thread-safe.
 */
public final class Operations implements AutoCloseable {

    private final TrueupConfig config;
    private volatile TrueupConfig inForce;
    private final Job job;
    private volatile boolean configurationInForce = true;
    private final Optional<AuditRunner> auditRunner;
    private EventStreams events;
    private Audits audits;
    private RoundsFollower rounds;
    private Metrics metrics;
    private volatile HttpServer server;

    /** Prepares it, without audits; nothing is opened before {@link #start}. */
    public Operations(TrueupConfig config, Job job) {
        this(config, job, Optional.empty());
    }

    /**
     * Prepares it; nothing is opened before {@link #start}.
     *
     * @param auditRunner runs the audits that are started over HTTP; empty: none can be
     */
    public Operations(TrueupConfig config, Job job, Optional<AuditRunner> auditRunner) {
        this.config = config;
        this.auditRunner = auditRunner;
        inForce = config;
        this.job = job;
    }

    /**
     * Listens. The job may be started later: until then the process is alive and not ready.
     *
     * @throws io.trueup.ops.http.HttpStartException if the address cannot be used
     */
    public synchronized void start() {
        if (!config.http().listens() && config.otlpUrl().isEmpty()) {
            return;
        }
        events = new EventStreams();
        audits = new Audits(() -> inForce, auditRunner, events);
        rounds = new RoundsFollower(config, new RoundEvents(events));
        metrics = new Metrics(
                config, job, rounds::view, () -> configurationInForce, () -> server == null ? 0 : server.connections());
        job.onReport(metrics);
        if (!config.http().listens()) {
            return;
        }
        server = new HttpServer(config.http(), routes());
        server.start();
    }

    /** Reads the round reports from now on. To be called once the job has started, because it checks and creates their topic. */
    public synchronized void jobStarted() {
        if (rounds != null) {
            rounds.start();
        }
    }

    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes.add(Route.open("/health/live", new Liveness(this::liveThreads, new Deadlocks())));
        routes.add(Route.open("/health/ready", new Readiness(job::status)));
        routes.addAll(PageFile.routes());
        routes.add(Route.guarded("/metrics", metrics));
        routes.add(Route.guarded("/api/v1/openapi.json", new OpenApi()));
        routes.add(Route.guarded("/api/v1/status", new StatusResource(rounds::view, config.http(), this::isRepaired)));
        routes.add(Route.guarded("/api/v1/partitions", new PartitionsResource(rounds::view)));
        routes.add(Route.guarded("/api/v1/cuts", new CutsResource(rounds::rounds)));
        routes.add(Route.guarded("/api/v1/rounds", new RoundsResource(rounds::rounds)));
        routes.add(Route.waiting("/api/v1/keys", new KeyResource(rounds::rounds, new KeyReader(() -> inForce))));
        routes.add(Route.waiting("/api/v1/tree", new TreeResource(rounds::rounds, new TreeReader(() -> inForce))));
        routes.add(Route.events("/api/v1/events", events));
        routes.addAll(new Actions(() -> inForce).routes());
        routes.addAll(audits.routes());
        return routes;
    }

    private boolean isRepaired(String replica) {
        TrueupConfig current = inForce;
        return current.replicas().contains(replica) && current.replica(replica).repairsTopic() != null;
    }

    private Map<String, Integer> liveThreads() {
        Map<String, Integer> threads = new TreeMap<>();
        job.streams().forEach((replica, streams) -> {
            if (!streams.state().isShuttingDown() && streams.state() != State.NOT_RUNNING) {
                threads.put(replica, streams.metadataForLocalThreads().size());
            }
        });
        return threads;
    }

    /** Takes up a changed configuration that the job has taken up. */
    public synchronized void reconfigured(TrueupConfig changed) {
        configurationInForce = true;
        inForce = changed;
        if (rounds != null) {
            rounds.reconfigured(changed);
        }
    }

    /** Takes note of a changed configuration that is not in force, because it is not valid or the job has not taken it up. */
    public void refused() {
        configurationInForce = false;
    }

    /**
     * The address as a client writes it, such as {@code http://127.0.0.1:8484}.
     *
     * @throws IllegalStateException if nothing listens
     */
    public synchronized String address() {
        if (server == null) {
            throw new IllegalStateException("nothing listens");
        }
        return server.address();
    }

    /** Stops listening. */
    @Override
    public synchronized void close() {
        if (metrics == null) {
            return;
        }
        if (server != null) {
            events.close();
            server.close();
            server = null;
        }
        audits.close();
        metrics.close();
        rounds.close();
        metrics = null;
    }
}

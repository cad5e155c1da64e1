package io.trueup.ops.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Body;
import io.trueup.ops.http.EventStreams;
import io.trueup.ops.http.InvalidBodyException;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Posted;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Route;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts audits, one at a time, on a thread of their own; keeps the last reports in memory, and sends their progress to the clients of the
 * events. An audit ends after {@value #MAX_MINUTES} minutes with what it knows by then. Each one is a line in the log when it begins and when
 * it ends: by whom, from which address, and with which verdict. Thread-safe.
 */
public final class Audits implements AutoCloseable {

    static final int MAX_MINUTES = 30;
    static final int MAX_REPORTS = 5;
    static final int MAX_REPORT_BYTES = 16 << 20;

    private static final String PATH = "/api/v1/audits";
    private static final String PARTITIONS = "partitions";
    private static final String AT = "at";
    private static final String SETTLE = "settleSeconds";
    private static final long DEFAULT_SETTLE_SECONDS = 30;
    private static final long MAX_SETTLE_SECONDS = 86_400;
    private static final int PROGRESS_EVERY_MS = 500;
    private static final long CLOSE_MS = 5_000;

    /** The report is a page with scripts of its own. It is shown apart from the page of the job: it can ask for nothing with its credentials. */
    private static final Map<String, String> REPORT_HEADERS = Map.of(
            "Content-Security-Policy",
            "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
                    + " base-uri 'none'; frame-ancestors 'none'");

    private static final Logger LOG = LoggerFactory.getLogger(Audits.class);

    private final Supplier<TrueupConfig> config;
    private final Optional<AuditRunner> runner;
    private final EventStreams events;
    private final Deque<Ended> reports = new ArrayDeque<>();
    private int lastId;
    private Running running;
    private Thread worker;
    private boolean isClosed;

    /** An audit under way. */
    private record Running(int id, String by, long startedMs, AuditOrder order, AuditRunner.Run run) {}

    /** @param outcome null if it has failed */
    private record Ended(
            int id, String by, long startedMs, long endedMs, AuditOrder order, String failure, AuditOutcome outcome) {}

    /**
     * @param config the configuration in force
     * @param runner runs them; empty: none can be started
     * @param events receives their progress
     */
    public Audits(Supplier<TrueupConfig> config, Optional<AuditRunner> runner, EventStreams events) {
        this.config = config;
        this.runner = runner;
        this.events = events;
    }

    /** The paths: what is under way and what has ended, a report, and the actions that start and stop an audit. */
    public List<Route> routes() {
        return List.of(
                Route.guarded(PATH, this::list),
                Route.guarded(PATH + "/report", this::report),
                Route.action("/api/v1/actions/audit", this::start),
                Route.action("/api/v1/actions/stop-audit", this::stop));
    }

    private Answer start(Posted request) throws InvalidBodyException {
        AuditOrder order = order(request.body());
        if (runner.isEmpty()) {
            return Answer.problem(409, "Conflict", "this process runs no audits; use trueup audit");
        }
        synchronized (this) {
            if (running != null || isClosed) {
                return Answer.problem(
                        409,
                        "Conflict",
                        "an audit is under way, and there is one at a time; wait for its end, or stop it");
            }
            AuditRunner.Run run = runner.get().prepare(config.get(), order);
            running = new Running(++lastId, request.user(), System.currentTimeMillis(), order, run);
            LOG.info("Action: audit {}, over HTTP by {} from {}", running.id(), request.user(), request.address());
            Running started = running;
            worker = daemon(() -> run(started), "trueup-audit");
            Thread followed = worker;
            daemon(() -> follow(started, followed), "trueup-audit-progress");
            return accepted("Audit " + started.id() + " has begun. It reads the writes topics, and changes nothing.");
        }
    }

    private AuditOrder order(Body body) throws InvalidBodyException {
        body.allow(PARTITIONS, AT, SETTLE);
        long settle = body.number(SETTLE, 0, MAX_SETTLE_SECONDS).orElse(DEFAULT_SETTLE_SECONDS);
        return new AuditOrder(
                body.numbers(PARTITIONS, 0, Integer.MAX_VALUE), time(body.text(AT)), Duration.ofSeconds(settle));
    }

    private static OptionalLong time(Optional<String> text) throws InvalidBodyException {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Instant.parse(text.get()).toEpochMilli());
        } catch (DateTimeException | ArithmeticException e) {
            throw new InvalidBodyException(AT + " is no time such as 2026-01-31T12:00:00Z");
        }
    }

    private Answer stop(Posted request) throws InvalidBodyException {
        request.body().allow();
        synchronized (this) {
            if (running == null) {
                return Answer.problem(409, "Conflict", "no audit is under way");
            }
            LOG.info("Action: stop audit {}, over HTTP by {} from {}", running.id(), request.user(), request.address());
            running.run().stop();
            return accepted("Audit " + running.id() + " ends soon; its report shows what is known by then.");
        }
    }

    private static Answer accepted(String text) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("accepted", true)
                .put("text", text)
                .put("see", PATH)
                .putNull("warning");
        return Answer.json(202, json);
    }

    private void run(Running started) {
        AuditOutcome outcome = null;
        String failure = "it has ended unexpectedly; the log says why";
        try {
            AuditOutcome found = started.run().run();
            if (found.page().length > MAX_REPORT_BYTES) {
                failure = "the report is larger than " + MAX_REPORT_BYTES + " bytes; use trueup audit";
            } else {
                outcome = found;
                failure = null;
            }
        } catch (IOException | RuntimeException e) {
            failure = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        } finally { // after an error, too: another audit can be started
            ended(started, outcome, failure);
        }
    }

    private synchronized void ended(Running started, AuditOutcome outcome, String failure) {
        running = null;
        reports.addFirst(new Ended(
                started.id(),
                started.by(),
                started.startedMs(),
                System.currentTimeMillis(),
                started.order(),
                failure,
                outcome));
        while (reports.size() > MAX_REPORTS) {
            reports.removeLast();
        }
        if (failure == null) {
            LOG.info("Audit {} has ended: {}", started.id(), outcome.verdict());
        } else {
            LOG.warn("Audit {} has failed: {}", started.id(), failure);
        }
    }

    /** Tells the clients how far the audit is, and ends it when its time is over. */
    private void follow(Running followed, Thread auditing) {
        long endMs = followed.startedMs() + Duration.ofMinutes(MAX_MINUTES).toMillis();
        try {
            while (auditing.isAlive()) {
                events.publish("audit", json(followed));
                if (System.currentTimeMillis() > endMs) {
                    followed.run().stop();
                }
                auditing.join(PROGRESS_EVERY_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        events.publish(
                "audit",
                JsonNodeFactory.instance.objectNode().put("id", followed.id()).put("ended", true));
    }

    private Answer list(Query query) throws InvalidQueryException {
        query.allow();
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("available", runner.isPresent());
        json.putObject("bounds")
                .put("keys", AuditOrder.MAX_KEYS)
                .put("minutes", MAX_MINUTES)
                .put("memoryBytes", AuditOrder.memoryBytes())
                .put("reports", MAX_REPORTS);
        synchronized (this) {
            if (running == null) {
                json.putNull("running");
            } else {
                json.set("running", json(running));
            }
            ArrayNode array = json.putArray("reports");
            reports.forEach(report -> array.add(json(report)));
        }
        return Answer.json(200, json);
    }

    private static ObjectNode json(Running audit) {
        AuditRunner.Progress progress = audit.run().progress();
        return json(audit.id(), audit.by(), audit.startedMs(), audit.order())
                .put("passed", progress.passed())
                .put("expected", progress.expected())
                .put("records", progress.records())
                .put("tookMs", System.currentTimeMillis() - audit.startedMs());
    }

    private static ObjectNode json(Ended audit) {
        ObjectNode json = json(audit.id(), audit.by(), audit.startedMs(), audit.order())
                .put("tookMs", audit.endedMs() - audit.startedMs())
                .put("failure", audit.failure());
        AuditOutcome outcome = audit.outcome();
        if (outcome == null) {
            return json.put("verdict", "UNKNOWN")
                    .put("partial", true)
                    .putNull("differing")
                    .putNull("report");
        }
        return json.put("verdict", outcome.verdict())
                .put("partial", outcome.isPartial())
                .put("differing", outcome.differing())
                .put("report", PATH + "/report?id=" + audit.id());
    }

    private static ObjectNode json(int id, String by, long startedMs, AuditOrder order) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("by", by)
                .put("started", Instant.ofEpochMilli(startedMs).toString());
        ArrayNode partitions = json.putArray(PARTITIONS);
        order.partitions().forEach(partitions::add);
        json.put(
                AT,
                order.atMs().isPresent()
                        ? Instant.ofEpochMilli(order.atMs().getAsLong()).toString()
                        : null);
        return json.put(SETTLE, order.settle().toSeconds());
    }

    private Answer report(Query query) throws InvalidQueryException {
        query.allow("id");
        int id = query.number("id", 0, 1, Integer.MAX_VALUE);
        synchronized (this) {
            return reports.stream()
                    .filter(report -> report.outcome() != null && (id == 0 || report.id() == id))
                    .findFirst()
                    .map(report -> new Answer(
                            200, "text/html; charset=utf-8", report.outcome().page(), REPORT_HEADERS))
                    .orElse(Answer.problem(
                            404,
                            "Not Found",
                            "there is no such report; the last " + MAX_REPORTS
                                    + " are kept until the process ends, see " + PATH));
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Ends an audit that is under way, and waits some seconds for that. */
    @Override
    public void close() {
        Thread ending;
        synchronized (this) {
            isClosed = true;
            ending = worker;
            if (running != null) {
                running.run().stop();
            }
        }
        try {
            if (ending != null) {
                ending.join(CLOSE_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

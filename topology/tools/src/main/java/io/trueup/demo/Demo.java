package io.trueup.demo;

import io.trueup.demo.cluster.Cluster;
import io.trueup.demo.cluster.DemoFailedException;
import io.trueup.demo.cluster.JobOutput;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.cluster.JobOutputReader;
import io.trueup.demo.cluster.PartitionOwners;
import io.trueup.demo.cluster.Topics;
import io.trueup.demo.console.Figures;
import io.trueup.demo.console.Screen;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.FaultInjector;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.FaultPlan;
import io.trueup.demo.fault.ScenarioContext;
import io.trueup.demo.fault.Scenarios;
import io.trueup.demo.fault.Workload;
import io.trueup.demo.feed.BadInputException;
import io.trueup.demo.feed.Feed;
import io.trueup.demo.feed.FeedState;
import io.trueup.demo.feed.FeedState.Row;
import io.trueup.demo.feed.KeyPool;
import io.trueup.demo.feed.RecordLoader;
import io.trueup.demo.feed.RecordReader;
import io.trueup.demo.feed.SourceRecord;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shows on one machine what Trueup does: a real broker, several replicas with a database each, the job, and faults that are
 * injected on purpose. The result does not depend on what the job reports about itself: the injector records the faults, the
 * repairs are read from the repair topics, and at the end all rows of all databases are compared with the feed.
 */
public final class Demo {

    /** Number of rounds under load that {@code --faults none} waits for. */
    static final int QUIET_ROUNDS = 10;

    private static final int MAX_POOL = 50_000;
    private static final double MAX_FAULT_SECONDS = 12;
    private static final double SECONDS_PER_FAULT = 0.3;

    private final DemoOptions options;
    private final Screen screen;
    private final Transcript transcript;
    private final Clock clock = Clock.systemUTC();
    private final long startMs = clock.millis();
    private final Cluster cluster;
    private final FaultInjector injector = new FaultInjector(clock);
    private final PartitionOwners owners;
    private final JobOutput output;
    private final Map<String, String> notes = new TreeMap<>();
    private final RunMonitor monitor;
    private final ReplicaTables tables;
    private Feed feed;
    private FeedState feedState;
    private JobOutputReader outputReader;
    private Workload workload;
    private FaultPlan plan = FaultPlan.NONE;
    private Scenarios scenarios = Scenarios.NONE;
    private int keys;
    private long messagesBeforeQuiet;

    private Demo(DemoOptions options, Screen screen, Cluster cluster) {
        this.options = options;
        this.screen = screen;
        this.cluster = cluster;
        this.transcript = new Transcript(screen);
        this.owners = new PartitionOwners(options.replicaNames(), options.partitions());
        this.output = new JobOutput(options.copies() * options.partitions());
        this.monitor = new RunMonitor(options, screen, clock, cluster, output, injector, notes);
        this.tables = new ReplicaTables(cluster, owners, monitor, screen, clock);
    }

    /**
     * Runs the demo and prints it on standard output.
     *
     * @return 0 if all faults were repaired, nothing else was, and all tables are equal; otherwise 1
     * @throws BadInputException if the input file cannot be used
     */
    public static int run(DemoOptions options) {
        int expectedKeys = Math.max(options.keys(), countRecords(options));
        Cluster cluster = Cluster.create(ClusterSetup.of(options, expectedKeys));
        try (cluster) {
            System.setProperty("org.sqlite.tmpdir", cluster.directory().toString());
            logToFile(cluster);
            return new Demo(options, Screen.standard(), cluster).run();
        }
    }

    /** Reads a given input once, so that its errors are found before anything is started. */
    private static int countRecords(DemoOptions options) {
        int records = 0;
        if (options.input() != null) {
            try (RecordReader reader = input(options)) {
                for (; reader.hasNext(); records++) {
                    reader.next();
                }
            }
        }
        return records;
    }

    private static RecordReader input(DemoOptions options) {
        return options.input() == null ? RecordReader.ofSample() : RecordReader.of(options.input(), options.keyField());
    }

    /** Takes effect because nothing was logged before. */
    private static void logToFile(Cluster cluster) {
        System.setProperty("trueup.demo.log", cluster.log().toString());
        if (System.getProperty("log4j2.configurationFile") == null) {
            System.setProperty("log4j2.configurationFile", "classpath:io/trueup/demo/log4j2.properties");
        }
    }

    private int run() {
        String failure = null;
        try {
            play();
        } catch (DemoFailedException e) {
            failure = e.getMessage();
        } catch (BadInputException e) {
            throw e;
        } catch (RuntimeException e) {
            failure = e + (e.getCause() == null ? "" : ": " + e.getCause());
        }
        if (cluster.interrupted()) {
            awaitExit();
        }
        try {
            DemoReport report = evaluate(failure);
            if (options.stay()) {
                transcript.stay(cluster, options.replicaNames());
                awaitExit();
            }
            return report.good() ? 0 : 1;
        } finally {
            close();
        }
    }

    private DemoReport evaluate(String failure) {
        Snapshot seen = output.snapshot();
        Evaluation evaluation =
                new Evaluation(options, seen, injector.happened(), monitor.tracker(), scenarios, tables);
        DemoReport report = evaluation.report(
                keys,
                feed == null ? 0 : feed.sent(),
                monitor.elapsedMs(),
                failure == null ? quietFailure(seen) : failure);
        if (options.report() != null && !options.isHtml(options.report())) {
            report.write(options.report());
        }
        transcript.verdict(report, evaluation, cluster);
        HtmlReport.Course course = new HtmlReport.Course(
                startMs, clock.millis(), injector.happened(), monitor.tracker().repaired(), seen.rounds());
        new HtmlReport(report, Transcript.verdict(report), course).write(options.html());
        transcript.html(options.html());
        return report;
    }

    /** A run without faults must exchange only roots; returns the failure if it did not, or null. */
    private String quietFailure(Snapshot seen) {
        long others = seen.control().messagesOtherThanRoots() - messagesBeforeQuiet;
        return options.faults().isEmpty() && others > 0
                ? others + " control messages were not roots, although nothing was broken"
                : null;
    }

    private void close() {
        if (workload != null) {
            workload.close();
        }
        if (outputReader != null) {
            outputReader.close();
        }
        if (feed != null) {
            feed.close();
        }
        if (feedState != null) {
            feedState.close();
        }
    }

    private void play() {
        transcript.heading(options);
        startBroker();
        startReplicas();
        List<SourceRecord> pool = loadAndStartJob();
        plan = FaultPlan.draw(
                options.seed(),
                options.faults(),
                options.replicaNames(),
                pool.stream().map(SourceRecord::key).toList(),
                FaultPlan.perKind(keys));
        monitor.plan(plan.size());
        workload = new Workload(feed, injector, options.writesPerSecond(), pool, plan.keys(), options.seed());
        monitor.addCheck(workload::check);
        scenarios = Scenarios.prepare(
                new ScenarioContext(cluster, owners, feed, feedState(), output, injector, clock, screen, notes),
                options.faults(),
                options.replicaNames(),
                plan,
                options.times().outage().toMillis(),
                keys,
                pool.get(0).value());
        workload.start();
        if (options.faults().isEmpty()) {
            runWithoutFaults();
        } else {
            injectFaults();
        }
        stopWrites();
        compareTables();
    }

    private void startBroker() {
        long startMs = monitor.elapsedMs();
        cluster.startBroker();
        cluster.createTopics();
        step(
                1,
                "A real Kafka broker in its own process",
                startMs,
                cluster.bootstrapServers() + ", process " + cluster.brokerPid() + ", all files in "
                        + cluster.directory());
    }

    private void startReplicas() {
        long startMs = monitor.elapsedMs();
        if (options.shared()) {
            owners.change(cluster.owners());
            owners.stopFormerOwners();
        }
        boolean wrongPartitioner = options.has(FaultKind.WRONG_PARTITIONER);
        cluster.startReplicas(
                firstReplicas().stream()
                        .filter(replica -> !wrongPartitioner || !replica.equals(options.lastReplica()))
                        .toList(),
                replica -> owners.intake(replica, injector.intake(replica)));
        if (wrongPartitioner) {
            cluster.startReplicaWithWrongPartitioner(options.lastReplica());
        }
        step(
                2,
                options.replicas() + " replicas of one dataset: " + String.join(", ", options.replicaNames()),
                startMs,
                "Each replica is an SQLite table. It reads its writes from the topic " + Topics.FEED,
                "and reports what it has stored in the topic " + Topics.writes("<replica>") + ".");
        if (wrongPartitioner) {
            transcript.detail("The producer of " + options.lastReplica() + " uses another partitioner.");
        } else if (options.has(FaultKind.EMPTY_REPLICA)) {
            transcript.detail(options.lastReplica() + " does not run yet.");
        } else if (options.shared()) {
            transcript.detail("Each partition has " + options.copies() + " of them as owners; " + options.lastReplica()
                    + " has not joined yet, and owns none.");
        }
    }

    /** The replicas that run from the start. */
    private List<String> firstReplicas() {
        return options.replicaNames().stream()
                .filter(replica -> !options.has(FaultKind.EMPTY_REPLICA) || !replica.equals(options.lastReplica()))
                .toList();
    }

    /** Starts the job first, so that it reads while keys are loaded; with a wrong partitioner, afterwards. */
    private List<SourceRecord> loadAndStartJob() {
        if (options.has(FaultKind.WRONG_PARTITIONER)) {
            List<SourceRecord> pool = load();
            awaitStored();
            startJob();
            return pool;
        }
        startJob();
        List<SourceRecord> pool = load();
        awaitLoaded();
        return pool;
    }

    private void startJob() {
        long startMs = monitor.elapsedMs();
        outputReader =
                new JobOutputReader(cluster.bootstrapServers(), options.replicaNames(), options.partitions(), output);
        monitor.addCheck(outputReader::check);
        cluster.startJob();
        monitor.await("the job runs", cluster::jobRuns);
        step(
                3,
                "The Trueup job: one Kafka Streams application per replica",
                startMs,
                "It keeps a Merkle tree per replica and partition, and compares the root hashes every "
                        + Figures.seconds(cluster.times().intervalMs()) + ".",
                "A comparison covers writes up to "
                        + Figures.seconds(cluster.times().graceMs())
                        + " ago: a write in flight does not look like a lost write.",
                "Watch it in a browser, as long as this runs: " + cluster.page());
    }

    private List<SourceRecord> load() {
        long startMs = monitor.elapsedMs();
        feed = new Feed(cluster.bootstrapServers(), Topics.FEED);
        KeyPool pool = new KeyPool(MAX_POOL, options.seed());
        RecordLoader loader = new RecordLoader(() -> input(options), options.keys());
        keys = loader.forEach(
                record -> {
                    feed.write(record.key(), record.value());
                    pool.offer(record);
                },
                record -> feed.write(record.key(), record.value()));
        feed.flush();
        if (keys < DemoOptions.MIN_KEYS) {
            throw new BadInputException("the input has " + keys + " different keys, but the demo needs at least "
                    + DemoOptions.MIN_KEYS + ": with --keys, the records are repeated under new keys");
        }
        String source = options.input() == null
                ? "a sample of GeoNames places (CC BY 4.0), repeated under new keys"
                : options.input() + ", key " + options.keyField();
        step(4, Figures.number(keys) + " keys written to the feed", startMs, "Source: " + source + ".");
        return pool.records();
    }

    private void awaitStored() {
        if (!options.shared()) {
            tables.awaitApplied(firstReplicas(), feed.sent());
        }
        tables.awaitRows(readFeed(clock.millis()));
        if (options.has(FaultKind.WRONG_PARTITIONER)) {
            long storedMs = clock.millis();
            monitor.await(
                    "the first cut is in the past",
                    () -> clock.millis() - storedMs > cluster.times().graceMs());
        }
    }

    private void awaitLoaded() {
        long startMs = monitor.elapsedMs();
        awaitStored();
        long loadedMs = clock.millis();
        boolean oneIsEmpty = options.has(FaultKind.EMPTY_REPLICA);
        monitor.await("all trees are equal", () -> {
            Snapshot seen = monitor.show();
            return (oneIsEmpty ? seen.equalOrLaggingRoundsSince(loadedMs) : seen.equalRoundsSince(loadedMs)) > 0;
        });
        step(
                5,
                (oneIsEmpty ? String.join(" and ", firstReplicas()) : "All replicas")
                        + " have stored these keys, and all trees are equal",
                startMs,
                options.partitions() + " root hashes per replica show this. No keys were compared one by one.");
    }

    private void runWithoutFaults() {
        messagesBeforeQuiet = output.snapshot().control().messagesOtherThanRoots();
        long fromMs = clock.millis();
        transcript.quiet(options.writesPerSecond(), QUIET_ROUNDS);
        monitor.await(
                QUIET_ROUNDS + " rounds are complete",
                () -> monitor.show().completeRoundsSince(fromMs) >= QUIET_ROUNDS);
        transcript.blankLine();
    }

    private void injectFaults() {
        transcript.faults(options.faults(), plan.size(), options.writesPerSecond());
        Collection<List<Fault>> faultyWrites = plan.writes();
        workload.inject(faultyWrites, Math.min(MAX_FAULT_SECONDS, SECONDS_PER_FAULT * faultyWrites.size()));
        AtomicLong calmSinceMs = new AtomicLong(Long.MAX_VALUE);
        monitor.await("all faults are repaired", () -> {
            boolean finished = scenarios.advance();
            Snapshot seen = monitor.checkFaults();
            boolean calm = finished
                    && injector.happened().size() == plan.size()
                    && monitor.tracker().open().isEmpty();
            calmSinceMs.updateAndGet(since -> calm ? Math.min(since, clock.millis()) : Long.MAX_VALUE);
            return calm && (options.has(FaultKind.PROBE) || seen.completeRoundsSince(calmSinceMs.get()) > 0);
        });
        transcript.blankLine();
        screen.print(monitor.replicaTable());
        transcript.blankLine();
        transcript.examples(monitor.tracker().repaired(), output.snapshot().repairs());
        scenarios.summary().forEach(transcript::detail);
        transcript.blankLine();
    }

    /** Stops the writes, and waits until all tables and all trees are equal. */
    private void stopWrites() {
        long startMs = monitor.elapsedMs();
        workload.check();
        workload.close();
        long stoppedMs = clock.millis();
        tables.awaitRows(readFeed(stoppedMs));
        monitor.await("all trees are equal", () -> monitor.checkFaults().equalRoundsSince(stoppedMs) > 0);
        step(7, "The writes have stopped, and all trees are equal again", startMs);
    }

    private void compareTables() {
        long startMs = monitor.elapsedMs();
        long nowMs = clock.millis();
        long rows = tables.compare(readFeed(nowMs), nowMs);
        step(8, "Check: " + Figures.number(rows) + " rows in the databases compared with the feed", startMs);
        transcript.tables(tables.comparisons());
    }

    private Map<String, Row> readFeed(long nowMs) {
        return feedState().readToEnd(nowMs);
    }

    private FeedState feedState() {
        if (feedState == null) {
            feedState = new FeedState(cluster.bootstrapServers(), Topics.FEED);
        }
        return feedState;
    }

    private void step(int number, String what, long startMs, String... details) {
        transcript.step(number, what, monitor.elapsedMs() - startMs, details);
    }

    private static void awaitExit() {
        try {
            Thread.currentThread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.trueup.demo;

import io.trueup.demo.FeedState.Row;
import io.trueup.demo.Mending.Mended;
import io.trueup.demo.Sightings.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Shows on one machine what Trueup does: a real broker, several replicas with a database each, the job, and faults put in
 * on purpose. It believes nobody: faults are recorded by the injector, repairs are read from the repair topics, and at the
 * end all rows of all databases are compared with the feed.
 */
public final class Demo {

    /** Rounds under load that {@code --faults none} waits for. */
    static final int QUIET_ROUNDS = 10;

    private static final int POOL = 50_000;
    private static final double MOST_FAULT_SECONDS = 12;
    private static final double SECONDS_PER_FAULT = 0.3;
    private static final int PERISHING_SHARE = 10;
    private static final int LOG_LINES_SHOWN = 30;

    private final DemoOptions options;
    private final Screen screen;
    private final Clock clock = Clock.systemUTC();
    private final Deadline deadline;
    private final Cluster cluster;
    private final FaultInjector injector = new FaultInjector(clock);
    private final Ownership ownership;
    private final Sightings sightings;
    private final Mending mending;
    private final Map<String, String> notes = new TreeMap<>();
    private final Map<String, Comparison> comparisons = new LinkedHashMap<>();
    private Feed feed;
    private TopicWatch watch;
    private Workload workload;
    private FaultPlan plan = FaultPlan.NONE;
    private final List<Trouble> troubles = new ArrayList<>();
    private FeedState feedState;
    private int keys;
    private long rootsOnlyFrom;

    private Demo(DemoOptions options, Screen screen, Cluster cluster) {
        this.options = options;
        this.screen = screen;
        this.cluster = cluster;
        this.deadline = new Deadline(options.timeout());
        this.ownership = new Ownership(options.replicaNames(), options.partitions());
        this.sightings = new Sightings(options.copies() * options.partitions());
        this.mending = new Mending(cluster.datastores());
    }

    /**
     * Runs the demo and shows it on standard output.
     *
     * @return 0 if all faults were repaired, nothing else was, and all tables are equal; otherwise 1
     * @throws BadInputException if the input file cannot be used
     */
    public static int run(DemoOptions options) {
        int expectedKeys = Math.max(options.keys(), records(options));
        Cluster cluster = Cluster.create(options, expectedKeys);
        try (cluster) {
            System.setProperty("org.sqlite.tmpdir", cluster.directory().toString());
            logToFile(cluster);
            return new Demo(options, Screen.standard(), cluster).run();
        }
    }

    /** Reads a given input once through, so that its mistakes are found before anything is started. */
    private static int records(DemoOptions options) {
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

    /** Takes effect because nothing has logged before. */
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
            DemoReport report = report(failure);
            if (options.report() != null) {
                report.write(options.report());
            }
            verdict(report);
            if (options.stay()) {
                stay();
            }
            return report.good() ? 0 : 1;
        } finally {
            end();
        }
    }

    private void end() {
        if (workload != null) {
            workload.close();
        }
        if (watch != null) {
            watch.close();
        }
        if (feed != null) {
            feed.close();
        }
        if (feedState != null) {
            feedState.close();
        }
    }

    private void play() {
        introduce();
        startBroker();
        startReplicas();
        List<SourceRecord> pool = begin();
        plan = FaultPlan.draw(
                options.seed(),
                options.faults(),
                options.replicaNames(),
                pool.stream().map(SourceRecord::key).toList(),
                FaultPlan.perKind(keys));
        workload = new Workload(feed, injector, options.writesPerSecond(), pool, plan.keys(), options.seed());
        prepareTroubles(pool);
        workload.start();
        if (options.faults().isEmpty()) {
            beQuiet();
        } else {
            breakAndMend();
        }
        settle();
        compare();
    }

    /** Has everything loaded and the job run, the one after the other or both at a time. */
    private List<SourceRecord> begin() {
        if (is(FaultKind.WRONG_PARTITIONER)) {
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

    private boolean is(FaultKind kind) {
        return options.faults().contains(kind);
    }

    /** What goes wrong beside single writes. */
    private void prepareTroubles(List<SourceRecord> pool) {
        List<String> replicas = options.replicaNames();
        byte[] value = pool.get(0).value();
        int perishing = Math.max(FaultPlan.perKind(keys), keys / PERISHING_SHARE);
        if (is(FaultKind.OUTAGE)) {
            troubles.add(
                    new Outage(cluster, plan.outageVictim(), options.outage().toMillis(), feed, clock, notes));
        }
        List<Trouble> outage = List.copyOf(troubles);
        BooleanSupplier outageOver = () -> outage.stream().allMatch(Trouble::pass);
        for (FaultKind kind : List.of(FaultKind.TTL, FaultKind.EXPIRED_TOMBSTONES)) {
            if (is(kind)) {
                troubles.add(new Perishing(kind, perishing, value, cluster, feed, sightings, clock, outageOver));
            }
        }
        if (is(FaultKind.CONFLICT)) {
            troubles.add(new Dispute(
                    cluster,
                    replicas,
                    plan.faults().stream()
                            .filter(fault -> fault.kind() == FaultKind.CONFLICT)
                            .toList()));
        }
        if (is(FaultKind.SCRUB)) {
            troubles.add(new Tampering(cluster, plan.rows(), injector, sightings, clock, outageOver));
        }
        if (is(FaultKind.PROBE)) {
            int planned = (int) plan.faults().stream()
                    .filter(fault -> fault.kind() == FaultKind.PROBE)
                    .count();
            troubles.add(new Readers(cluster, injector, planned, sightings, clock));
        }
        if (is(FaultKind.MEMBERSHIP)) {
            troubles.add(new Membership(
                    cluster,
                    ownership,
                    newcomer(),
                    replicas.get(0),
                    feedState(),
                    sightings,
                    clock,
                    notes,
                    () -> comparisons.isEmpty()
                            ? keys
                            : comparisons.values().stream()
                                    .mapToLong(Comparison::unequal)
                                    .sum()));
        }
        if (is(FaultKind.WRONG_PARTITIONER)) {
            troubles.add(new Misrouting(cluster, newcomer(), sightings, clock, screen, notes, () -> keys));
        }
        if (is(FaultKind.EMPTY_REPLICA)) {
            Newcomer joining = new Newcomer(
                    cluster,
                    newcomer(),
                    feedState(),
                    sightings,
                    clock,
                    notes,
                    () -> comparisons.containsKey(newcomer())
                            ? comparisons.get(newcomer()).unequal()
                            : keys);
            joining.join();
            troubles.add(joining);
        }
    }

    /** The replica that is other than the others from the start. */
    private String newcomer() {
        return options.replicaNames().get(options.replicas() - 1);
    }

    /** Those that run from the start. */
    private List<String> firstReplicas() {
        return options.replicaNames().stream()
                .filter(replica -> !is(FaultKind.EMPTY_REPLICA) || !replica.equals(newcomer()))
                .toList();
    }

    private FeedState feedState() {
        if (feedState == null) {
            feedState = new FeedState(cluster.bootstrapServers());
        }
        return feedState;
    }

    private void introduce() {
        screen.say(
                "",
                "Trueup demo: " + options.replicas() + " replicas, " + options.partitions() + " partitions, "
                        + (options.keys() == 0 ? "all" : Screen.number(options.keys())) + " keys, seed "
                        + options.seed(),
                "");
    }

    private void startBroker() {
        long startMs = deadline.elapsedMs();
        cluster.startBroker();
        cluster.createTopics();
        step(
                1,
                "A real Kafka broker, in a process of its own",
                startMs,
                cluster.bootstrapServers() + ", process " + cluster.brokerPid() + ", all files in "
                        + cluster.directory());
    }

    private void startReplicas() {
        long startMs = deadline.elapsedMs();
        if (options.shared()) {
            ownership.become(cluster.owners());
            ownership.settle();
        }
        boolean misrouted = is(FaultKind.WRONG_PARTITIONER);
        cluster.startReplicas(
                firstReplicas().stream()
                        .filter(replica -> !misrouted || !replica.equals(newcomer()))
                        .toList(),
                replica -> ownership.intake(replica, injector.intake(replica)));
        if (misrouted) {
            cluster.startMisroutedReplica(newcomer());
        }
        step(
                2,
                options.replicas() + " replicas of one dataset: " + String.join(", ", options.replicaNames()),
                startMs,
                "Each is an SQLite table that is fed by the topic " + Topics.FEED + " and tells",
                "in " + Topics.writes("<replica>") + " what it has stored.");
        if (misrouted) {
            screen.say("   The producer of " + newcomer() + " uses another partitioner.");
        } else if (is(FaultKind.EMPTY_REPLICA)) {
            screen.say("   " + newcomer() + " does not run yet.");
        } else if (options.shared()) {
            screen.say("   " + options.copies() + " of them own each partition; " + newcomer()
                    + " has not joined yet, and owns none.");
        }
    }

    private void startJob() {
        long startMs = deadline.elapsedMs();
        watch = new TopicWatch(cluster.bootstrapServers(), options.replicaNames(), options.partitions(), sightings);
        cluster.startJob();
        await("the job runs", cluster::jobRuns);
        step(
                3,
                "The Trueup job, a Kafka Streams application per replica",
                startMs,
                "It keeps a Merkle tree per replica and partition, and compares their roots every",
                Screen.seconds(cluster.timing().intervalMs()) + ", as of "
                        + Screen.seconds(cluster.timing().graceMs())
                        + " ago: writes still on their way are not taken for lost ones.");
    }

    private List<SourceRecord> load() {
        long startMs = deadline.elapsedMs();
        feed = new Feed(cluster.bootstrapServers());
        KeyPool pool = new KeyPool(POOL, options.seed());
        Loading loading = new Loading(() -> input(options), options.keys());
        keys = loading.forEach(
                record -> {
                    feed.write(record.key(), record.value());
                    pool.offer(record);
                },
                record -> feed.write(record.key(), record.value()));
        feed.flush();
        if (keys < DemoOptions.FEWEST_KEYS) {
            throw new BadInputException("the input has " + keys + " different keys, the demo needs at least "
                    + DemoOptions.FEWEST_KEYS + ": give --keys, and it is repeated under new keys");
        }
        String source = options.input() == null
                ? "a sample of GeoNames places (CC BY 4.0), repeated under new keys"
                : options.input() + ", key " + options.keyField();
        step(4, Screen.number(keys) + " keys written to the feed", startMs, "From " + source + ".");
        return pool.records();
    }

    private void awaitStored() {
        if (!options.shared()) {
            awaitApplied();
        }
        awaitRows(feedState().readToEnd(clock.millis()));
        if (is(FaultKind.WRONG_PARTITIONER)) {
            long storedMs = clock.millis();
            await(
                    "the first cut lies behind",
                    () -> clock.millis() - storedMs > cluster.timing().graceMs());
        }
    }

    private void awaitApplied() {
        await("all replicas have stored " + feed.sent() + " records", () -> {
            List<String> counts = new ArrayList<>();
            for (String replica : firstReplicas()) {
                counts.add(replica + " " + Screen.number(cluster.applied(replica)));
            }
            String line = "   stored: " + String.join("   ", counts);
            screen.progress(List.of("", line, ""), line);
            return firstReplicas().stream().allMatch(replica -> cluster.applied(replica) >= feed.sent());
        });
    }

    private void awaitLoaded() {
        long startMs = deadline.elapsedMs();
        awaitStored();
        long loadedMs = clock.millis();
        await("all trees are equal", () -> {
            Snapshot seen = sightings.snapshot();
            show(seen);
            return (is(FaultKind.EMPTY_REPLICA)
                            ? seen.equalButForLaggardsSince(loadedMs)
                            : seen.equalRoundsSince(loadedMs))
                    > 0;
        });
        step(
                5,
                (is(FaultKind.EMPTY_REPLICA) ? String.join(" and ", firstReplicas()) : "All replicas")
                        + " hold them, and all trees are equal",
                startMs,
                "Said by " + options.partitions() + " root hashes per replica: no key was compared with another.");
    }

    private void beQuiet() {
        rootsOnlyFrom = sightings.snapshot().messagesOtherThanRoots();
        long fromMs = clock.millis();
        screen.say(
                "6. No faults, but " + options.writesPerSecond() + " writes per second for " + QUIET_ROUNDS + " rounds",
                "   Nothing is broken, so nothing may be repaired, and only roots may be exchanged.");
        await(QUIET_ROUNDS + " rounds are over", () -> {
            Snapshot seen = sightings.snapshot();
            show(seen);
            return seen.completeRoundsSince(fromMs) >= QUIET_ROUNDS;
        });
        screen.say("");
    }

    private void breakAndMend() {
        screen.say("6. " + (plan.size() == 0 ? "A fault" : plan.size() + " faults") + ", while "
                + options.writesPerSecond() + " writes per second go on:");
        int width = options.faults().stream()
                .mapToInt(kind -> kind.flag().length())
                .max()
                .orElse(0);
        options.faults().stream()
                .sorted()
                .forEach(kind -> screen.say(
                        String.format("   %-" + Math.max(10, width) + "s %s", kind.flag(), kind.description())));
        if (plan.size() > 0) {
            screen.say("   No other write touches these keys: only Trueup can mend them.");
        }
        Collection<List<Fault>> faulty = plan.writes();
        workload.inject(faulty, Math.min(MOST_FAULT_SECONDS, SECONDS_PER_FAULT * faulty.size()));
        AtomicLong calmSinceMs = new AtomicLong(Long.MAX_VALUE);
        await("all faults are repaired", () -> {
            long pending = troubles.stream().filter(trouble -> !trouble.pass()).count();
            mending.look(injector.happened(), clock.millis());
            Snapshot seen = sightings.snapshot();
            show(seen);
            boolean calm = pending == 0
                    && injector.happened().size() == plan.size()
                    && mending.standing().isEmpty();
            calmSinceMs.updateAndGet(since -> calm ? Math.min(since, clock.millis()) : Long.MAX_VALUE);
            return calm && (is(FaultKind.PROBE) || seen.completeRoundsSince(calmSinceMs.get()) > 0);
        });
        screen.say("");
        screen.say(progress(sightings.snapshot()).table());
        screen.say("");
        examples();
        troubles.forEach(trouble -> trouble.tale().forEach(line -> screen.say("   " + line)));
        screen.say("");
    }

    private void examples() {
        if (mending.mended().isEmpty()) {
            return;
        }
        screen.say("   For example:");
        Map<String, SeenRepair> repairs = new LinkedHashMap<>();
        sightings.snapshot().repairs().forEach(repair -> repairs.put(repair.key() + "@" + repair.target(), repair));
        for (FaultKind kind : FaultKind.values()) {
            mending.mended().stream()
                    .filter(mended -> mended.injection().fault().kind() == kind)
                    .filter(mended -> repairs.containsKey(place(mended)))
                    .findFirst()
                    .ifPresent(mended -> screen.say("   " + Tale.of(mended, repairs.get(place(mended)))));
        }
        screen.say("");
    }

    private static String place(Mended mended) {
        Fault fault = mended.injection().fault();
        return fault.key() + "@" + fault.victim();
    }

    /** Stops writing, and waits until the tables and the trees have come to rest. */
    private void settle() {
        long startMs = deadline.elapsedMs();
        workload.check();
        workload.close();
        long stoppedMs = clock.millis();
        awaitRows(feedState().readToEnd(stoppedMs));
        await("all trees are equal", () -> {
            mending.look(injector.happened(), clock.millis());
            Snapshot seen = sightings.snapshot();
            show(seen);
            return seen.equalRoundsSince(stoppedMs) > 0;
        });
        step(7, "The writes have stopped, and all trees are equal again", startMs);
    }

    /** Waits until each table has as many rows of what its replica owns as there are of it in the feed. */
    private void awaitRows(Map<String, Row> feed) {
        Map<String, Long> rows = new TreeMap<>();
        members()
                .forEach(replica ->
                        rows.put(replica, (long) ownership.of(replica, feed).size()));
        await(
                "the tables have as many rows as the feed has keys: " + rows,
                () -> rows.entrySet().stream().allMatch(replica -> rowsOf(replica.getKey()) == replica.getValue()));
    }

    private long rowsOf(String replica) {
        return ownership.rows(replica, cluster.datastores().get(replica), clock.millis());
    }

    /** Those that run now and own partitions. */
    private List<String> members() {
        return cluster.members().stream()
                .filter(cluster.datastores()::containsKey)
                .toList();
    }

    /** Compares every row of every table with the feed. */
    private void compare() {
        long startMs = deadline.elapsedMs();
        long rows = 0;
        long nowMs = clock.millis();
        Map<String, Row> expected = feedState().readToEnd(nowMs);
        for (String replica : members()) {
            Comparison.Builder comparison = new Comparison.Builder(ownership.of(replica, expected));
            cluster.datastores().get(replica).forEach(nowMs, row -> {
                if (ownership.owns(replica, row.key())) {
                    comparison.row(row);
                }
            });
            comparisons.put(replica, comparison.finish());
            rows += comparisons.get(replica).rows();
        }
        step(8, "Read from the databases themselves: " + Screen.number(rows) + " rows compared with the feed", startMs);
        comparisons.forEach((replica, comparison) -> {
            screen.say(String.format(
                    "   %-8s %12s rows   %s",
                    replica,
                    Screen.number(comparison.rows()),
                    comparison.equal() ? "equal" : Screen.number(comparison.unequal()) + " UNEQUAL"));
            comparison.sample().forEach(difference -> screen.say("            " + difference));
        });
        screen.say("");
    }

    private void await(String what, BooleanSupplier condition) {
        deadline.await(what, () -> {
            cluster.check();
            if (watch != null) {
                watch.check();
            }
            if (workload != null) {
                workload.check();
            }
            return condition.getAsBoolean();
        });
    }

    private void step(int number, String what, long startMs, String... details) {
        List<String> lines = new ArrayList<>();
        lines.add(number + ". " + what + " (" + Screen.seconds(deadline.elapsedMs() - startMs) + ")");
        for (String detail : details) {
            lines.add("   " + detail);
        }
        screen.say(lines);
    }

    private void show(Snapshot seen) {
        Progress progress = progress(seen);
        screen.progress(progress.panel(), progress.line());
    }

    private Progress progress(Snapshot seen) {
        return new Progress(
                deadline.elapsedMs(),
                plan.size(),
                Progress.lines(options.replicaNames(), injector.happened(), mending.standing(), seen, notes),
                seen);
    }

    private DemoReport report(String failure) {
        Snapshot seen = sightings.snapshot();
        Balance balance = balance(seen);
        Map<String, Account> byFault = byFault(seen, balance);
        long missed = balance.missed().size()
                + troubles.stream()
                        .filter(trouble -> !balance.byKind().containsKey(trouble.kind()))
                        .mapToLong(trouble -> trouble.account(seen, balance).missed())
                        .sum();
        boolean compared = comparisons.size() == cluster.members().size();
        boolean equal = compared && comparisons.values().stream().allMatch(Comparison::equal);
        Map<String, Long> rows = new TreeMap<>();
        Map<String, Long> unequal = new TreeMap<>();
        comparisons.forEach((replica, comparison) -> rows.put(replica, comparison.rows()));
        comparisons.forEach((replica, comparison) -> unequal.put(replica, comparison.unequal()));
        Map<String, Long> byReplica = new TreeMap<>();
        options.replicaNames().forEach(replica -> byReplica.put(replica, 0L));
        seen.repairs().forEach(repair -> byReplica.merge(repair.target(), 1L, Long::sum));
        return new DemoReport(
                keys,
                options.replicas(),
                options.partitions(),
                options.seed(),
                balance.injected(),
                balance.repaired(),
                balance.falseRepairs().size(),
                missed,
                equal,
                seen.rounds().size(),
                seen.controlBytes(),
                Math.round(deadline.elapsedMs() / 100.0) / 10.0,
                failure == null ? broken(seen) : failure,
                options.faults().stream().sorted().map(FaultKind::flag).toList(),
                byFault,
                is(FaultKind.OUTAGE) && !troubles.isEmpty() ? 1 : 0,
                feed == null ? 0 : feed.sent(),
                rows,
                unequal,
                byReplica,
                seen.repeatedRepairs(),
                seen.repairs().stream().filter(SeenRepair::reference).count(),
                seen.equalRoundsSince(0),
                seen.controlMessages(),
                seen.segments(),
                seen.keys(),
                seen.malformed(),
                seen.deadLetters(),
                Latency.of(mending.mended()));
    }

    private Balance balance(Snapshot seen) {
        return Balance.of(
                injector.happened(),
                seen.repairs(),
                mending.standing(),
                repair -> troubles.stream().anyMatch(trouble -> trouble.explains(repair)));
    }

    private Map<String, Account> byFault(Snapshot seen, Balance balance) {
        Map<String, Account> byFault = new LinkedHashMap<>();
        for (FaultKind kind : options.faults().stream().sorted().toList()) {
            byFault.put(
                    kind.flag(),
                    troubles.stream()
                            .filter(trouble -> trouble.kind() == kind)
                            .findFirst()
                            .map(trouble -> trouble.account(seen, balance))
                            .orElseGet(() -> balance.account(kind, null)));
        }
        return byFault;
    }

    /** What a quiet run promises beyond equal tables. */
    private String broken(Snapshot seen) {
        long others = seen.messagesOtherThanRoots() - rootsOnlyFrom;
        return options.faults().isEmpty() && others > 0
                ? others + " control messages were no roots, although nothing was broken"
                : null;
    }

    private void verdict(DemoReport report) {
        screen.say(Tale.verdict(report));
        if (!report.good()) {
            Balance balance = balance(sightings.snapshot());
            balance.falseRepairs().stream()
                    .limit(Comparison.SAMPLE)
                    .forEach(repair -> screen.say("   not injected, but repaired: " + repair));
            balance.unrepaired().stream()
                    .limit(Comparison.SAMPLE)
                    .forEach(fault -> screen.say("   injected, but not repaired: " + fault));
            mending.standing().stream()
                    .limit(Comparison.SAMPLE)
                    .forEach(fault -> screen.say("   still unequal: " + fault));
            screen.say(endOfLog());
        }
    }

    private List<String> endOfLog() {
        try {
            List<String> lines = Files.readAllLines(cluster.log());
            List<String> shown = new ArrayList<>();
            shown.add("   The end of the log:");
            lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size())
                    .forEach(line -> shown.add("   | " + line));
            return shown;
        } catch (IOException e) {
            return List.of("   There is no log: " + e.getMessage());
        }
    }

    private void stay() {
        screen.say(
                "Everything keeps running until Ctrl-C. To look around:",
                "   broker     " + cluster.bootstrapServers(),
                "   topics     " + String.join(" ", Topics.all(options.replicaNames())),
                "   log        " + cluster.log());
        for (String replica : options.replicaNames()) {
            screen.say("   database   " + cluster.database(replica) + ", settings " + cluster.replicaFile(replica));
        }
        screen.say("   settings   " + cluster.jobFile() + ", for commands such as: trueup history -c FILE");
        awaitExit();
    }

    private static void awaitExit() {
        try {
            Thread.currentThread().join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.trueup.demo;

import io.trueup.demo.fault.FaultKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The options of a run of the demo.
 *
 * @param keys number of keys to load; 0: each record of {@code input} once
 * @param replicas number of replicas, 2 to 9
 * @param partitions partitions of every topic
 * @param faults the faults to inject
 * @param seed determines which fault hits which key on which replica
 * @param input file of records, or null for the sample that comes with Trueup
 * @param keyField field of {@code input} that holds the key, or null
 * @param report file for the report, or null: JSON, or HTML if its name says so
 * @param stay true: everything keeps running at the end, until interrupted
 * @param writesPerSecond rate of the writes that continue while faults happen
 * @param times outage, interval and timeout
 */
public record DemoOptions(
        int keys,
        int replicas,
        int partitions,
        Set<FaultKind> faults,
        long seed,
        Path input,
        String keyField,
        Path report,
        boolean stay,
        int writesPerSecond,
        Times times) {

    static final int MIN_KEYS = 100;

    /** An outage up to this length ends long before the patience of the job. */
    static final long SHORT_OUTAGE_MS = 15_000;

    /** Minimum number of replicas that share partitions before one joins and after one leaves. */
    private static final int MIN_SHARING = 4;

    /** Maximum number of owners of a partition where replicas share partitions. */
    private static final int MAX_COPIES = 3;

    private static final List<String> NAMES = List.of("eu", "us", "ap", "sa", "af", "me", "ca", "jp", "au");

    /** @throws IllegalArgumentException if the demo cannot run with these options; the message names the option */
    public DemoOptions {
        require(keys >= MIN_KEYS || keys == 0 && input != null, "--keys must be at least " + MIN_KEYS);
        require(replicas >= 2 && replicas <= NAMES.size(), "--replicas must be 2 to " + NAMES.size());
        require(partitions >= 1 && partitions <= 1000, "--partitions must be 1 to 1000");
        require(writesPerSecond >= 1, "--rate must be at least 1");
        require(times.outage().toSeconds() > 0, "--outage must be at least 1");
        require(
                times.interval() == null
                        || times.interval().toMillis() >= 500
                                && times.interval().toSeconds() <= 60,
                "--interval must be 0.5 to 60");
        require(times.timeout().toSeconds() > 0, "--timeout must be at least 1s");
        require(
                (input == null) == (keyField == null),
                "--input FILE and --key FIELD belong together: the file of records, and the field that is their key");
        for (FaultKind kind : faults) {
            require(!kind.isExclusive() || faults.size() == 1, exclusive(kind));
        }
        require(
                replicas >= 3 || !faults.contains(FaultKind.SCRUB),
                "with 2 replicas there is no majority that shows which of two values was changed in a database: use"
                        + " --replicas 3 or more with --faults scrub");
        require(
                replicas >= 3 || !faults.contains(FaultKind.CORRUPT),
                "with 2 replicas there is no majority that shows which of two values is corrupt: use --replicas 3 or"
                        + " more, or --faults lost,stale,undeleted,outage");
        require(
                replicas >= MIN_SHARING || !faults.contains(FaultKind.MEMBERSHIP),
                "fewer than " + MIN_SHARING + " replicas do not share partitions: use --replicas " + MIN_SHARING
                        + " or more with --faults membership");
        faults = Set.copyOf(faults);
    }

    private static String exclusive(FaultKind kind) {
        String why = switch (kind) {
            case EMPTY_REPLICA ->
                "the demo then starts without one replica, and the repairs that fill it could not be distinguished from"
                        + " others";
            case MEMBERSHIP -> "the repairs that fill new owners could not be distinguished from others";
            case WRONG_PARTITIONER -> "while the flood guard holds back repairs, nothing else can be repaired";
            case LOST, STALE, CORRUPT, UNDELETED, OUTAGE, CONFLICT, TTL, EXPIRED_TOMBSTONES, SCRUB, PROBE -> "";
        };
        return "--faults " + kind.flag() + " cannot be combined with other faults: " + why;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /**
     * Times of a run.
     *
     * @param outage how long a replica is down in an outage
     * @param interval from one round to the next, or null for a default that depends on the faults
     * @param timeout time limit of the run, counted from its start
     */
    public record Times(Duration outage, Duration interval, Duration timeout) {}

    /** Whether each partition has some of the replicas as owners, rather than all. */
    boolean shared() {
        return faults.contains(FaultKind.MEMBERSHIP);
    }

    /** Number of owners of a partition. With shared partitions, less than the number of members before one joins or after one leaves. */
    int copies() {
        return shared() ? Math.min(MAX_COPIES, replicas - 2) : replicas;
    }

    /** The names of the replicas. */
    List<String> replicaNames() {
        return NAMES.subList(0, replicas);
    }

    /** The replica that joins late or is misconfigured, where a fault needs one. */
    String lastReplica() {
        return NAMES.get(replicas - 1);
    }

    boolean has(FaultKind kind) {
        return faults.contains(kind);
    }

    /** Whether a report is written as HTML. */
    boolean isHtml(Path file) {
        return file.toString().endsWith(".html");
    }

    /** The file of the report with pictures: {@link #report} if it is one, otherwise one among temporary files. */
    Path html() {
        return report != null && isHtml(report)
                ? report
                : Path.of(System.getProperty("java.io.tmpdir"), "trueup-demo.html");
    }
}

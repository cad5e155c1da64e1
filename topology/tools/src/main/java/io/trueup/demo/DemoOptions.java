package io.trueup.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What the demo is to do.
 *
 * @param keys keys to load; 0: as many as {@code input} has records
 * @param replicas number of replicas, 2 to 9
 * @param partitions partitions of every topic
 * @param faults what goes wrong
 * @param seed decides which key is hit by which fault on which replica
 * @param input file of records, or null: the sample that comes with Trueup
 * @param keyField field of {@code input} that holds the key, or null
 * @param report file for the report, or null
 * @param stay true: everything keeps running at the end, until interrupted
 * @param writesPerSecond rate of the writes that go on while faults happen
 * @param outage how long a replica is down in an outage
 * @param interval from round to round, or null: as it suits the faults
 * @param timeout when the demo gives up, counted from its start
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
        Duration outage,
        Duration interval,
        Duration timeout) {

    static final int FEWEST_KEYS = 100;

    /** An outage so short ends long before patience does. */
    static final long SHORT_OUTAGE_MS = 15_000;

    /** So many replicas at least share partitions before one joins and after one leaves. */
    private static final int FEWEST_SHARING = 4;

    /** How many replicas own a partition where they share partitions. */
    private static final int MOST_COPIES = 3;

    private static final List<String> NAMES = List.of("eu", "us", "ap", "sa", "af", "me", "ca", "jp", "au");

    /** @throws IllegalArgumentException if the demo cannot do this; the message names the option */
    public DemoOptions {
        require(keys >= FEWEST_KEYS || keys == 0 && input != null, "--keys must be at least " + FEWEST_KEYS);
        require(replicas >= 2 && replicas <= NAMES.size(), "--replicas must be 2 to " + NAMES.size());
        require(partitions >= 1 && partitions <= 1000, "--partitions must be 1 to 1000");
        require(writesPerSecond >= 1, "--rate must be at least 1");
        require(outage.toSeconds() > 0, "--outage must be at least 1");
        require(
                interval == null || interval.toMillis() >= 500 && interval.toSeconds() <= 60,
                "--interval must be 0.5 to 60");
        require(timeout.toSeconds() > 0, "--timeout must be at least 1s");
        require(
                (input == null) == (keyField == null),
                "--input FILE and --key FIELD belong together: the file of records, and the field that is their key");
        for (FaultKind kind : faults) {
            require(!kind.standsAlone() || faults.size() == 1, alone(kind));
        }
        require(
                replicas >= 3 || !faults.contains(FaultKind.SCRUB),
                "with 2 replicas nobody can tell which of two values is the one that was changed in a database: take"
                        + " --replicas 3 or more with --faults scrub");
        require(
                replicas >= 3 || !faults.contains(FaultKind.CORRUPT),
                "with 2 replicas nobody can tell which of two values is the corrupt one: take --replicas 3 or more, or"
                        + " --faults lost,stale,undeleted,outage");
        require(
                replicas >= FEWEST_SHARING || !faults.contains(FaultKind.MEMBERSHIP),
                "with fewer than " + FEWEST_SHARING + " replicas they do not share partitions: take --replicas "
                        + FEWEST_SHARING + " or more with --faults membership");
        faults = Set.copyOf(faults);
    }

    private static String alone(FaultKind kind) {
        String why = switch (kind) {
            case EMPTY_REPLICA ->
                "the demo then begins with a replica that does not run, and what is filled in could not"
                        + " be told from other repairs";
            case MEMBERSHIP -> "what moves could not be told from other repairs";
            default -> "while the flood guard holds repairs back, nothing else can be repaired";
        };
        return "--faults " + kind.flag() + " goes with no other fault: " + why;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Whether each partition has some of the replicas as owners, rather than all. */
    boolean shared() {
        return faults.contains(FaultKind.MEMBERSHIP);
    }

    /** How many replicas own a partition: fewer than are left while one has not joined yet, or has left. */
    int copies() {
        return shared() ? Math.min(MOST_COPIES, replicas - 2) : replicas;
    }

    /** The names of the replicas. */
    List<String> replicaNames() {
        return NAMES.subList(0, replicas);
    }
}

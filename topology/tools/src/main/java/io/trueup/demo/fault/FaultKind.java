package io.trueup.demo.fault;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What the demo breaks on purpose. */
public enum FaultKind {
    /** An insert never reaches one replica. */
    LOST("MISSING", "inserts that one replica never receives"),
    /** An update never reaches one replica. */
    STALE("STALE", "updates that one replica never receives"),
    /** One replica stores another value under the same version. */
    CORRUPT("CORRUPT", "values that one replica stores garbled"),
    /** A delete never reaches one replica. */
    UNDELETED("UNDELETED", "deletes that one replica never receives"),
    /** A replica is down for a while and catches up by itself; writes missed for longer than the patience are repaired. */
    OUTAGE(null, "one replica is down for a while; Kafka keeps its writes"),
    /** All replicas store different values under the same version, so that no value has a majority. */
    CONFLICT("CONFLICT", "every replica stores a different value of the same version: no entry wins, a person chooses"),
    /** Values expire, and the replicas purge them at different times: nothing to repair. */
    TTL(null, "values that expire; each replica purges them at a different time: nothing may be repaired"),
    /** Replicas purge tombstones at different times: nothing to repair. */
    EXPIRED_TOMBSTONES(null, "tombstones that each replica purges at a different time: nothing may be repaired"),
    /** Rows of a database change without a write event, until a scrub reports what is stored. */
    SCRUB(null, "rows changed and deleted directly in one database: no write event reports it"),
    /** An update never reaches one replica; readers report it, and it is repaired before the next round. */
    PROBE("STALE", "updates that one replica never receives; between rounds, readers report different answers"),
    /** A replica joins empty, and the feed no longer holds what it lacks. */
    EMPTY_REPLICA(null, "one more replica, empty, and a feed without older writes: only repairs can fill it"),
    /** A replica joins those that share the partitions, and another one leaves. */
    MEMBERSHIP(null, "one replica joins and another leaves: only partitions that change owners may be touched"),
    /** The write events of a replica are in wrong partitions: nothing may be repaired. */
    WRONG_PARTITIONER(
            null, "one replica whose producer uses another partitioner: the flood guard must hold back repairs");

    /** The meaning of {@code all}: faults of single writes, and an outage. */
    private static final Set<FaultKind> USUAL = EnumSet.range(LOST, OUTAGE);

    /** Kinds that change the course of the whole demo. */
    private static final Set<FaultKind> EXCLUSIVE = EnumSet.of(EMPTY_REPLICA, MEMBERSHIP, WRONG_PARTITIONER);

    private final String divergence;
    private final String description;

    FaultKind(String divergence, String description) {
        this.divergence = divergence;
        this.description = description;
    }

    /** The name of this kind in {@code --faults}. */
    public String flag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The name of the divergence in Trueup, which is the reason in its repairs; null if no single write is faulty. */
    public String divergence() {
        return divergence;
    }

    /** One line for the user. */
    public String description() {
        return description;
    }

    /** Whether this is a fault of single writes. */
    boolean breaksWrites() {
        return divergence != null;
    }

    /** Whether this kind cannot be combined with another. */
    public boolean isExclusive() {
        return EXCLUSIVE.contains(this);
    }

    /** The error of a caller that takes this kind for a fault of a write. */
    IllegalArgumentException notAFaultOfAWrite() {
        return new IllegalArgumentException(this + " is not a fault of a write");
    }

    /** All names, in order. */
    public static String flags() {
        return Arrays.stream(values()).map(FaultKind::flag).collect(Collectors.joining(", "));
    }

    /**
     * Reads a list such as {@code lost,stale}; also {@code all}, which means faults of single writes and an outage, and {@code
     * none}.
     *
     * @throws IllegalArgumentException if a name is unknown; the message lists the known names
     */
    public static Set<FaultKind> parse(String list) {
        Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
        switch (list.trim().toLowerCase(Locale.ROOT)) {
            case "all" -> kinds.addAll(USUAL);
            case "none" -> {}
            default -> Arrays.stream(list.split(",")).map(FaultKind::ofFlag).forEach(kinds::add);
        }
        return kinds;
    }

    private static FaultKind ofFlag(String flag) {
        return Arrays.stream(values())
                .filter(kind -> kind.flag().equals(flag.trim().toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown fault \"" + flag.trim() + "\"; known faults are " + flags() + ", all and none"));
    }
}

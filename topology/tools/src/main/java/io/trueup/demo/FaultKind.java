package io.trueup.demo;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What the demo breaks on purpose. */
public enum FaultKind {
    /** An insert never reaches one replica. */
    LOST("MISSING", "inserts that one replica never got"),
    /** An update never reaches one replica. */
    STALE("STALE", "updates that one replica never got"),
    /** One replica stores another value under the same version. */
    CORRUPT("CORRUPT", "values garbled by one replica"),
    /** A delete never reaches one replica. */
    UNDELETED("UNDELETED", "deletes that one replica never got"),
    /** A replica is down for a while and catches up by itself; what patience runs out for is repaired. */
    OUTAGE(null, "one replica down for a while: Kafka keeps its writes"),
    /** All replicas store different values under the same version, so that no value has a majority. */
    CONFLICT("CONFLICT", "another value of the same version on every replica: no entry wins, a person chooses"),
    /** Values expire, and the replicas purge them at different moments: nothing to repair. */
    TTL(null, "values that expire, purged at another moment by every replica: nothing may be repaired"),
    /** Replicas forget deletes at different moments: nothing to repair. */
    EXPIRED_TOMBSTONES(null, "tombstones purged at another moment by every replica: nothing may be repaired"),
    /** Rows of a database change without a write event, until a scrub tells what is stored. */
    SCRUB(null, "rows changed and deleted in one database behind its replica's back: no write event tells of it"),
    /** An update never reaches one replica; readers tell of it, and nobody waits for a round. */
    PROBE("STALE", "updates that one replica never got, between rounds: readers tell of differing answers"),
    /** A replica joins with nothing, and the feed has nothing for it either. */
    EMPTY_REPLICA(null, "one more replica, empty, and a feed that keeps nothing older: only repairs can fill it"),
    /** A replica joins those that share the partitions, and another one leaves. */
    MEMBERSHIP(null, "one replica joins and another leaves: only partitions that change owners may be touched"),
    /** A replica's write events lie in wrong partitions: nothing may be repaired. */
    WRONG_PARTITIONER(
            null, "one replica whose producer uses another partitioner: the flood guard must hold repairs back");

    /** What {@code all} stands for: faults of single writes, and an outage. */
    private static final Set<FaultKind> USUAL = EnumSet.range(LOST, OUTAGE);

    /** Kinds that decide how the whole demo goes. */
    private static final Set<FaultKind> ALONE = EnumSet.of(EMPTY_REPLICA, MEMBERSHIP, WRONG_PARTITIONER);

    private final String divergence;
    private final String description;

    FaultKind(String divergence, String description) {
        this.divergence = divergence;
        this.description = description;
    }

    /** The name of this kind in {@code --faults}. */
    String flag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What Trueup calls it: the reason of its repairs; null where no single write is faulty. */
    String divergence() {
        return divergence;
    }

    /** For people. */
    String description() {
        return description;
    }

    /** Whether it is a fault of single writes. */
    boolean breaksWrites() {
        return divergence != null;
    }

    /** Whether it goes with no other kind. */
    boolean standsAlone() {
        return ALONE.contains(this);
    }

    /** All names, in order. */
    public static String flags() {
        return Arrays.stream(values()).map(FaultKind::flag).collect(Collectors.joining(", "));
    }

    /**
     * Reads a list such as {@code lost,stale}; also {@code all}, which means faults of single writes and an outage, and {@code
     * none}.
     *
     * @throws IllegalArgumentException if a name is unknown; the message names those that are known
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
                        "unknown fault \"" + flag.trim() + "\"; there are " + flags() + ", all and none"));
    }
}

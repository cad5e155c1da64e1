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
    /** A replica is down for a while and catches up by itself: nothing to repair. */
    OUTAGE(null, "one replica down for a while: Kafka keeps its writes, so nothing may be repaired");

    private final String divergence;
    private final String description;

    FaultKind(String divergence, String description) {
        this.divergence = divergence;
        this.description = description;
    }

    /** The name of this kind in {@code --faults}. */
    String flag() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What Trueup calls it: the reason of its repairs; null for an outage, which needs none. */
    String divergence() {
        return divergence;
    }

    /** For people. */
    String description() {
        return description;
    }

    /** Whether it is a fault of single keys. */
    boolean breaksKeys() {
        return divergence != null;
    }

    /**
     * Reads a list such as {@code lost,stale}; also {@code all} and {@code none}.
     *
     * @throws IllegalArgumentException if a name is unknown; the message names those that are known
     */
    public static Set<FaultKind> parse(String list) {
        Set<FaultKind> kinds = EnumSet.noneOf(FaultKind.class);
        switch (list.trim().toLowerCase(Locale.ROOT)) {
            case "all" -> kinds.addAll(EnumSet.allOf(FaultKind.class));
            case "none" -> {}
            default -> Arrays.stream(list.split(",")).map(FaultKind::ofFlag).forEach(kinds::add);
        }
        return kinds;
    }

    private static FaultKind ofFlag(String flag) {
        return Arrays.stream(values())
                .filter(kind -> kind.flag().equals(flag.trim().toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown fault \"" + flag.trim() + "\"; there are "
                        + Arrays.stream(values()).map(FaultKind::flag).collect(Collectors.joining(", "))
                        + ", all and none"));
    }
}

package io.trueup.reconcile;

import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Remembers which divergences stand and since when: whose turn it is to supply the repair, and when it is tried again. The
 * holders take turns, so that one broken link cannot leave a key without supplier; a turn lasts as long as a repair may
 * take. Counted in cuts, so that reconcilers that saw the same rounds agree. One that has restarted begins anew: its repairs
 * may then repeat another's, which is harmless.
 *
 * <p>Grows with the divergences that stand, shrinks as they are not seen any more. Not thread-safe.
 */
final class RepairAttempts {

    private static final int MAX_DOUBLINGS = 6;

    private final Settings settings;
    private final Map<Target, Standing> standing = new HashMap<>();

    RepairAttempts(Settings settings) {
        this.settings = settings;
    }

    /**
     * What to do about a divergence in this round.
     *
     * @param attempt number of the attempt under way or to be started, from 1
     * @param supplier whose turn it is
     * @param due true: this round is to start the attempt; false: it is still waited for
     * @param failed more attempts were made than configured
     */
    record Turn(int attempt, String supplier, boolean due, boolean failed) {}

    private record Target(Hash128 keyHash, String replica) {}

    private static final class Standing {
        private EntrySummary winner;
        private EntrySummary observed;
        private String supplier;
        /** Who has had a turn, each once, the latest last. */
        private final List<String> served = new ArrayList<>();

        private int attempt;
        private long nextAttemptCutMs;
        private long lastSeenCutMs;
    }

    /**
     * Looks up whose turn it is, when a target differs from the winner at a cut. The divergence is the same as long as either
     * side is: a key that is written all the time has another winner in each round, but its target has still not got the
     * repair.
     *
     * @param observed what the target holds; null for nothing
     * @param suppliers who can supply the repair, in order of name
     */
    Turn look(
            Hash128 keyHash,
            String target,
            EntrySummary winner,
            EntrySummary observed,
            List<String> suppliers,
            long cutMs) {
        Standing divergence = standing.get(new Target(keyHash, target));
        if (divergence == null || !isSame(divergence, winner, observed)) {
            return new Turn(1, suppliers.get(0), true, false);
        }
        divergence.lastSeenCutMs = Math.max(divergence.lastSeenCutMs, cutMs);
        if (hasDeclined(divergence, observed) && suppliers.contains(divergence.supplier)) {
            int again = divergence.attempt + 1;
            return new Turn(
                    again, divergence.supplier, true, again > settings.limits().repairAttempts());
        }
        if (cutMs < divergence.nextAttemptCutMs) {
            boolean failed = divergence.attempt > settings.limits().repairAttempts();
            return new Turn(divergence.attempt, divergence.supplier, false, failed);
        }
        int attempt = divergence.attempt + 1;
        return new Turn(
                attempt,
                next(divergence.served, suppliers),
                true,
                attempt > settings.limits().repairAttempts());
    }

    /** Notes that the attempt of a turn starts. */
    void start(Turn turn, Hash128 keyHash, String target, EntrySummary winner, EntrySummary observed, long cutMs) {
        Standing divergence = standing.computeIfAbsent(new Target(keyHash, target), t -> new Standing());
        if (turn.attempt() == 1) {
            divergence.served.clear();
        }
        divergence.served.remove(turn.supplier());
        divergence.served.add(turn.supplier());
        divergence.supplier = turn.supplier();
        divergence.winner = winner;
        divergence.observed = observed;
        divergence.attempt = turn.attempt();
        divergence.nextAttemptCutMs = cutMs + pauseMs(divergence.attempt);
        divergence.lastSeenCutMs = Math.max(divergence.lastSeenCutMs, cutMs);
    }

    /** Whether the target now holds something else than the repair was for: it has declined it, and can be reached. */
    private boolean hasDeclined(Standing divergence, EntrySummary observed) {
        return settings.repairsIfObserved() && !same(divergence.observed, observed);
    }

    /** The first that has had no turn yet, or whose last turn is the longest ago: nobody knows who is cut off. */
    private static String next(List<String> served, List<String> suppliers) {
        return Collections.min(suppliers, Comparator.comparingInt(served::indexOf));
    }

    private static boolean isSame(Standing divergence, EntrySummary winner, EntrySummary observed) {
        return same(divergence.winner, winner) || same(divergence.observed, observed);
    }

    private static boolean same(EntrySummary a, EntrySummary b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        return a.version() == b.version()
                && Objects.equals(a.vector(), b.vector())
                && a.deleted() == b.deleted()
                && a.digest().equals(b.digest());
    }

    /** Forgets what has not been seen for so long that its repair must have arrived. */
    void forgetBefore(long cutMs) {
        standing.values()
                .removeIf(divergence -> divergence.lastSeenCutMs
                                + pauseMs(divergence.attempt)
                                + settings.times().intervalMs()
                        < cutMs);
    }

    private long pauseMs(int attempt) {
        int over = Math.max(0, attempt - settings.limits().repairAttempts());
        return settings.times().repairTimeoutMs() << Math.min(over, MAX_DOUBLINGS);
    }
}

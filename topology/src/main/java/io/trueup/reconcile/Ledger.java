package io.trueup.reconcile;

import io.trueup.reconcile.Message.Summary;
import io.trueup.tree.Hash128;
import java.util.HashMap;
import java.util.Map;

/**
 * Remembers which divergences stand and since when: whose turn it is to supply the repair, and when it is tried again. The
 * holders take turns, so that one broken link cannot leave a key without supplier; a turn lasts as long as a repair may
 * take. Counted in cuts, so that reconcilers that saw the same rounds agree. One that has restarted begins anew: its repairs
 * may then repeat another's, which is harmless.
 *
 * <p>Grows with the divergences that stand, shrinks as they are not seen any more. Not thread-safe.
 */
final class Ledger {

    private static final int MAX_DOUBLINGS = 6;

    private final Settings settings;
    private final Map<Target, Standing> standing = new HashMap<>();

    Ledger(Settings settings) {
        this.settings = settings;
    }

    /**
     * What to do about a divergence in this round.
     *
     * @param attempt number of the attempt under way, from 1
     * @param due true: this round starts the attempt; false: it is still waited for
     * @param failed more attempts were made than configured
     */
    record Turn(int attempt, boolean due, boolean failed) {}

    private record Target(Hash128 keyHash, String replica) {}

    private static final class Standing {
        private Summary winner;
        private Summary observed;
        private int attempt;
        private long nextAttemptCutMs;
        private long lastSeenCutMs;
    }

    /**
     * Notes that a target differs from the winner at a cut. To be called once per round, key and target. The divergence is
     * the same as long as either side is: a key that is written all the time has another winner in each round, but its target
     * has still not got the repair.
     *
     * @param observed what the target holds; null for nothing
     */
    Turn turn(Hash128 keyHash, String target, Summary winner, Summary observed, long cutMs) {
        Standing divergence = standing.computeIfAbsent(new Target(keyHash, target), t -> new Standing());
        boolean same =
                divergence.attempt > 0 && (same(divergence.winner, winner) || same(divergence.observed, observed));
        divergence.lastSeenCutMs = cutMs;
        if (!same) {
            divergence.attempt = 0;
        } else if (cutMs < divergence.nextAttemptCutMs) {
            return new Turn(divergence.attempt, false, divergence.attempt > settings.repairAttempts());
        }
        divergence.winner = winner;
        divergence.observed = observed;
        divergence.attempt++;
        divergence.nextAttemptCutMs = cutMs + pauseMs(divergence.attempt);
        return new Turn(divergence.attempt, true, divergence.attempt > settings.repairAttempts());
    }

    private static boolean same(Summary a, Summary b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        return a.version() == b.version()
                && a.deleted() == b.deleted()
                && a.digest().equals(b.digest());
    }

    /** Forgets what has not been seen for so long that its repair must have arrived. */
    void forgetBefore(long cutMs) {
        standing.values()
                .removeIf(divergence ->
                        divergence.lastSeenCutMs + pauseMs(divergence.attempt) + settings.intervalMs() < cutMs);
    }

    private long pauseMs(int attempt) {
        int over = Math.max(0, attempt - settings.repairAttempts());
        return settings.repairTimeoutMs() << Math.min(over, MAX_DOUBLINGS);
    }
}

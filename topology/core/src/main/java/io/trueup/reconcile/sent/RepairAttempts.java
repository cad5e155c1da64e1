package io.trueup.reconcile.sent;

import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The divergences that stand, and the attempts to repair each: which holder is the supplier, and when the next attempt is
 * due. The holders take turns, so that one broken link cannot leave a key without supplier; a turn lasts as long as a repair
 * may take. Counted in cuts, so that reconcilers that saw the same rounds agree. After a restart a reconciler begins anew: its
 * repairs may then repeat another's, which is harmless.
 *
 * <p>Grows with the divergences that stand, shrinks as they disappear. What they take up is bounded over all partitions of the process, see {@link RoundMemory}; the cut alone says when one of
 * the others has a turn, and which. Not thread-safe.
 */
public final class RepairAttempts {

    /** A divergence, its two entries without vectors, and its place in the map; rounded up. */
    static final long BYTES = 512;

    private static final int MAX_DOUBLINGS = 6;

    private final Settings settings;
    private final RoundMemory.Share memory;
    private final Map<Target, OpenDivergence> open = new HashMap<>();

    public RepairAttempts(Settings settings, RoundMemory.Share memory) {
        this.settings = settings;
        this.memory = memory;
    }

    /**
     * The attempt of one holder to repair a divergence.
     *
     * @param attempt number of the attempt that is under way or starts, from 1
     * @param supplier the holder that makes it
     * @param due true: the attempt starts in this round; false: its answer is still awaited
     * @param failed more attempts were made than configured
     */
    public record SupplierTurn(int attempt, String supplier, boolean due, boolean failed) {}

    private record Target(Hash128 keyHash, String replica) {}

    private static final class OpenDivergence {
        private EntrySummary winner;
        private EntrySummary observed;
        private String supplier;
        /** Holders that have had a turn, each once, the latest last. */
        private final List<String> served = new ArrayList<>();

        private int attempt;
        private long nextAttemptCutMs;
        private long lastSeenCutMs;
        /** What it takes up in memory. */
        private long bytes;
    }

    /**
     * Returns the turn that a divergence is in at a cut. The divergence is the same as long as either side is: a hot key has
     * another winner in each round, but its target still lacks the repair.
     *
     * @param observed what the target holds; null for nothing
     * @param suppliers the replicas that can supply the repair, in order of name
     */
    public SupplierTurn turn(
            Hash128 keyHash,
            String target,
            EntrySummary winner,
            EntrySummary observed,
            List<String> suppliers,
            long cutMs) {
        OpenDivergence divergence = open.get(new Target(keyHash, target));
        if (divergence == null && !memory.hasRoomForAttempt(bytes(winner, observed))) {
            return ofUnknown(keyHash, suppliers, cutMs);
        }
        if (divergence == null || !isSame(divergence, winner, observed)) {
            return new SupplierTurn(1, suppliers.get(0), true, false);
        }
        divergence.lastSeenCutMs = Math.max(divergence.lastSeenCutMs, cutMs);
        if (hasDeclined(divergence, observed) && suppliers.contains(divergence.supplier)) {
            int again = divergence.attempt + 1;
            return new SupplierTurn(
                    again, divergence.supplier, true, again > settings.limits().repairAttempts());
        }
        if (cutMs < divergence.nextAttemptCutMs && !hasUntriedSupplier(divergence, suppliers, cutMs)) {
            boolean failed = divergence.attempt > settings.limits().repairAttempts();
            return new SupplierTurn(divergence.attempt, divergence.supplier, false, failed);
        }
        int attempt = divergence.attempt + 1;
        return new SupplierTurn(
                attempt,
                next(divergence.served, suppliers),
                true,
                attempt > settings.limits().repairAttempts());
    }

    /** There is no room to remember the divergence: it has a turn once in the time that a repair may take. */
    private SupplierTurn ofUnknown(Hash128 keyHash, List<String> suppliers, long cutMs) {
        long timeoutMs = settings.times().repairTimeoutMs();
        long rounds = Math.max(1, timeoutMs / settings.times().intervalMs());
        boolean due = Math.floorMod(cutMs / settings.times().intervalMs() + keyHash.lo(), rounds) == 0;
        String supplier = suppliers.get((int) Math.floorMod(cutMs / timeoutMs, (long) suppliers.size()));
        return new SupplierTurn(1, supplier, due, false);
    }

    /** Notes that the attempt of a turn starts. */
    public void start(
            SupplierTurn turn, Hash128 keyHash, String target, EntrySummary winner, EntrySummary observed, long cutMs) {
        Target which = new Target(keyHash, target);
        long bytes = bytes(winner, observed);
        if (!open.containsKey(which) && !memory.hasRoomForAttempt(bytes)) {
            return;
        }
        OpenDivergence divergence = open.computeIfAbsent(which, t -> new OpenDivergence());
        if (turn.attempt() == 1) {
            divergence.served.clear();
        }
        divergence.served.remove(turn.supplier());
        divergence.served.add(turn.supplier());
        divergence.supplier = turn.supplier();
        memory.attempts(bytes - divergence.bytes);
        divergence.bytes = bytes;
        divergence.winner = winner;
        divergence.observed = observed;
        divergence.attempt = turn.attempt();
        divergence.nextAttemptCutMs = cutMs + pauseMs(divergence.attempt);
        divergence.lastSeenCutMs = Math.max(divergence.lastSeenCutMs, cutMs);
    }

    private static long bytes(EntrySummary winner, EntrySummary observed) {
        return BYTES + RoundMemory.vectorBytes(winner) + RoundMemory.vectorBytes(observed);
    }

    /**
     * Whether a holder has had no turn yet, and the turn of the last one is over: it need not wait for the longer pause after the
     * attempts of others. A replica that lags may become a holder only later.
     */
    private boolean hasUntriedSupplier(OpenDivergence divergence, List<String> suppliers, long cutMs) {
        long startedMs = divergence.nextAttemptCutMs - pauseMs(divergence.attempt);
        return cutMs >= startedMs + settings.times().repairTimeoutMs() && !divergence.served.containsAll(suppliers);
    }

    /** Whether the target now holds another entry than the repair was for: the repair has reached it and was declined. */
    private boolean hasDeclined(OpenDivergence divergence, EntrySummary observed) {
        return settings.repairsIfObserved() && !same(divergence.observed, observed);
    }

    /** The first holder without a turn so far, or else the one whose last turn is the longest ago. */
    private static String next(List<String> served, List<String> suppliers) {
        return Collections.min(suppliers, Comparator.comparingInt(served::indexOf));
    }

    private static boolean isSame(OpenDivergence divergence, EntrySummary winner, EntrySummary observed) {
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

    /**
     * Forgets divergences that have not been seen for so long that their repairs must have arrived.
     *
     * @param mayStand whether a key differs at the cut, also where its repair waits; or may differ, because it was not compared: where
     *     more differs than a round compares, or an owner is silent or lags. It is remembered for as long as the longest pause
     */
    public void forgetBefore(long cutMs, Predicate<Hash128> mayStand) {
        open.entrySet().removeIf(entry -> {
            OpenDivergence divergence = entry.getValue();
            long startedMs = divergence.nextAttemptCutMs - pauseMs(divergence.attempt);
            long longestMs = settings.times().repairTimeoutMs() << MAX_DOUBLINGS;
            if (cutMs <= startedMs + longestMs && mayStand.test(entry.getKey().keyHash())) {
                divergence.lastSeenCutMs = Math.max(divergence.lastSeenCutMs, cutMs);
            }
            boolean forgotten = divergence.lastSeenCutMs
                            + pauseMs(divergence.attempt)
                            + settings.times().intervalMs()
                    < cutMs;
            if (forgotten) {
                memory.attempts(-divergence.bytes);
            }
            return forgotten;
        });
    }

    /** Forgets the divergences of a target, or of all: it is not repaired for the time being. */
    public void forget(String target) {
        open.entrySet().removeIf(entry -> {
            boolean forgotten =
                    target.equals(Pause.ALL) || entry.getKey().replica().equals(target);
            if (forgotten) {
                memory.attempts(-entry.getValue().bytes);
            }
            return forgotten;
        });
    }

    private long pauseMs(int attempt) {
        int over = Math.max(0, attempt - settings.limits().repairAttempts());
        return settings.times().repairTimeoutMs() << Math.min(over, MAX_DOUBLINGS);
    }
}

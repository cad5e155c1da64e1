package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Exchange;
import io.trueup.reconcile.exchange.LocalTree;
import io.trueup.reconcile.flood.DatasetMismatch;
import io.trueup.reconcile.flood.FloodGuard;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Waiting;
import io.trueup.tree.Hash128;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Estimates in one round how many keys of each replica it would repair, not counting what outages and empty replicas explain,
 * and lets the {@link FloodGuard} decide. Not thread-safe.
 */
final class FloodAssessment {

    private final PartitionContext context;
    private final ReconcilerState state;
    private final PlacementState placement;
    private final Exchange exchange;
    private final LocalTree local;
    private final RoundPeers peers;
    private final long cutMs;
    private final DatasetMismatch mismatch = new DatasetMismatch();
    /** Number of divergences of each replica that have no harmless explanation. */
    private final Map<String, Long> suspicious = new HashMap<>();
    /** The same where a peer holds nothing in a segment, estimated. */
    private final Map<String, Long> suspiciousWhereEmpty = new HashMap<>();
    /** Number of divergences of each replica that was weighed, as estimated last. */
    private final Map<String, Long> weighed = new HashMap<>();
    /** The divergences among {@link #suspicious}. */
    private final Set<KeyAt> counted = new HashSet<>();
    /** Replicas that do not seem to hold the same data as the others. */
    private final Set<String> mismatched = new TreeSet<>();

    private record KeyAt(Hash128 keyHash, String target) {}

    FloodAssessment(
            PartitionContext context,
            ReconcilerState state,
            PlacementState placement,
            Exchange exchange,
            LocalTree local,
            RoundPeers peers,
            long cutMs) {
        this.context = context;
        this.state = state;
        this.placement = placement;
        this.exchange = exchange;
        this.local = local;
        this.peers = peers;
        this.cutMs = cutMs;
    }

    /**
     * Counts at which replicas a compared key is held, and at which it is not.
     *
     * @param before the replicas with which it was compared before
     */
    void compared(Map<String, EntrySummary> entries, Set<String> before) {
        EntrySummary here = entries.get(context.replica());
        entries.forEach((replica, there) -> {
            if (!context.isLocal(replica) && !before.contains(replica)) {
                mismatch.compared(replica, here, there, cutMs);
            }
        });
    }

    /**
     * Opens or closes the guard for every replica that is compared, by what was found so far.
     *
     * @param found what was found since the last call. A key may be among it again, because an owner was heard late: each of its
     *     targets counts once, as soon as its divergence has no harmless explanation
     */
    void decideAll(Map<Hash128, List<Finding>> found, long nowMs) {
        noteOutages();
        List<String> compared = exchange.compared();
        noteMismatches(compared);
        found.forEach((keyHash, findings) -> {
            for (Finding finding : findings) {
                if (isSuspicious(finding) && counted.add(new KeyAt(keyHash, finding.target()))) {
                    suspicious.merge(finding.target(), 1L, Long::sum);
                }
            }
        });
        for (String peer : compared) {
            if (!suspiciousWhereEmpty.containsKey(peer) && !isFilledFreely(peer)) {
                suspiciousWhereEmpty.put(peer, estimateWhereEmpty(peer));
            }
        }
        compared.forEach(peer -> decide(peer, nowMs));
        if (!compared.isEmpty()) {
            decide(context.replica(), nowMs);
        }
    }

    private void noteOutages() {
        long highestMs = peers.highestWatermarkMs();
        for (String owner : placement.owners()) {
            if (peers.wasHeard(owner)) {
                state.outages().seen(owner, peers.watermarkMs(owner), highestMs, cutMs);
            } else {
                state.outages().silent(owner, highestMs, cutMs);
            }
        }
    }

    private void noteMismatches(List<String> compared) {
        compared.stream().filter(this::isMismatched).forEach(mismatched::add);
        if (!mismatched.isEmpty()) {
            mismatched.add(context.replica());
        }
    }

    /** Whether a peer and this replica seem to hold different data. A replica that is being filled need not hold what others do. */
    private boolean isMismatched(String peer) {
        double factor = exchange.coverage().unresolvedFactor(peer);
        boolean there = mismatch.mostOnlyThere(peer, factor, exchange.coverage().onlyAt(peer), peers.entries(peer));
        boolean here = mismatch.mostOnlyHere(
                peer,
                factor,
                exchange.coverage().missingAt(peer),
                context.tree().entries());
        if (peers.isBeingFilled(peer) == peers.isBeingFilled(context.replica())) {
            return there && here;
        }
        return peers.isBeingFilled(peer) ? there : here;
    }

    /** Whether a divergence may be a sign of a mistake: neither an outage nor an empty replica explains it. */
    private boolean isSuspicious(Finding finding) {
        if (finding.isConflict() || finding.waiting() && !waitsThoughUpToDate(finding)) {
            return false;
        }
        String target = finding.target();
        boolean fills = finding.kind() == Divergence.MISSING && isFilledFreely(target);
        return !fills
                && !state.outages()
                        .missed(
                                target,
                                finding.winner().writtenMs(),
                                peers.watermarkMs(target),
                                peers.highestWatermarkMs());
    }

    /** Whether what a replica lacks is no sign of a mistake, because it was empty. Not if it is held back since it held something. */
    private boolean isFilledFreely(String target) {
        return peers.isBeingFilled(target)
                && !mismatched.contains(target)
                && !state.guard().suspects(target);
    }

    /**
     * Whether a target waits for a late write though it is up to date: many of these are a sign of a mistake like those that need
     * not wait, and the guard must close before the first of them is repaired.
     */
    private boolean waitsThoughUpToDate(Finding finding) {
        long watermarkMs = peers.watermarkMs(finding.target());
        long graceMs = context.settings().times().graceMs();
        return finding.waitsFor().reason() == Waiting.Reason.MAY_STILL_ARRIVE
                && watermarkMs >= finding.winner().writtenMs() + graceMs
                && watermarkMs >= peers.highestWatermarkMs() - graceMs;
    }

    /** Number of keys that a peer lacks where it holds nothing; an estimate once enough keys are read for a flood. */
    private long estimateWhereEmpty(String peer) {
        BitSet missing = exchange.coverage().missingOnlyAt(peer);
        long flood = state.guard().minFlood(peers.mostEntries());
        long lacking = 0;
        long read = 0;
        for (int at = missing.nextSetBit(0); at >= 0 && lacking < flood; at = missing.nextSetBit(at + 1)) {
            read++;
            for (EntrySummary entry : local.segment(at)) {
                KeyAtCut key = peers.keyMissingSomewhere(at, entry);
                Finding finding =
                        RoundPeers.missingAt(peer, placement.resolver().findings(key));
                lacking += finding != null && isSuspicious(finding) ? 1 : 0;
            }
        }
        return read == 0 ? 0 : lacking * missing.cardinality() / read;
    }

    private void decide(String target, long nowMs) {
        long whereEmpty = suspiciousWhereEmpty.getOrDefault(target, 0L);
        long compared = suspicious.getOrDefault(target, 0L);
        FloodGuard.Estimate estimate = new FloodGuard.Estimate(
                whereEmpty + (long) (compared * exchange.coverage().unresolvedFactor(target)),
                whereEmpty + (long) (compared * exchange.coverage().unheardFactor(target)));
        weighed.put(target, estimate.divergences());
        state.guard()
                .decide(
                        target,
                        estimate,
                        peers.mostEntries(),
                        exchange.isWhole(),
                        mismatched.contains(target),
                        cutMs,
                        nowMs);
        if (context.settings().rules().approveFills() && peers.isToBeFilled(target)) {
            state.guard().holdBackFill(target, peers.lacking(target), nowMs);
        }
    }

    /** For each replica that was weighed, how many divergences have no harmless explanation; 0 where all is well. */
    Map<String, Long> weighed() {
        return Map.copyOf(weighed);
    }
}

package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.exchange.Exchange;
import io.trueup.reconcile.exchange.LocalTree;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.tree.Hash128;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * In one round, sends peers the entries of segments in which they hold nothing and all others agree, without exchanging
 * these segments, and sends peers that were empty the tombstones. Stops where the pace is used up. Not thread-safe.
 */
final class BackfillRound {

    private final PartitionContext context;
    private final ReconcilerState state;
    private final PlacementState placement;
    private final Exchange exchange;
    private final LocalTree local;
    private final RoundPeers peers;
    private final Set<Hash128> inConflict;
    private final long cutMs;
    /** Replicas that were seen to lack live entries which are not on their way. */
    private final Set<String> lacking = new TreeSet<>();

    private int segments;
    private long keys;

    /** @param inConflict receives the keys for which a person must decide */
    BackfillRound(
            PartitionContext context,
            ReconcilerState state,
            PlacementState placement,
            Exchange exchange,
            LocalTree local,
            RoundPeers peers,
            Set<Hash128> inConflict,
            long cutMs) {
        this.context = context;
        this.state = state;
        this.placement = placement;
        this.exchange = exchange;
        this.local = local;
        this.peers = peers;
        this.inConflict = inConflict;
        this.cutMs = cutMs;
    }

    /** Segments of which entries were sent. */
    int segments() {
        return segments;
    }

    /** Keys in them. */
    long keys() {
        return keys;
    }

    /** Notes a finding: a target that lacks an entry which is not on its way may lack tombstones, too. */
    void noteLacking(Finding finding) {
        if (finding.kind() == Divergence.MISSING && !finding.waiting()) {
            lacking.add(finding.target());
        }
    }

    /** Announces which replicas will be filled. The first replica by name that was not empty does that. */
    void announce(long nowMs) {
        for (String peer : exchange.compared()) {
            boolean begins = state.backfill()
                    .begins(
                            peer,
                            peers.isToBeFilled(peer) && !state.dispatcher().rests(peer, nowMs));
            if (begins
                    && isFirstThatWasNotEmpty()
                    && !context.settings().rules().observeOnly()) {
                boolean held = state.guard().holdsBack(peer);
                context.outbox().filling(peer, peers.lacking(peer), peers.mostEntries(), held);
            }
        }
    }

    /** Fills all peers that are compared and not held back; again when more are heard, since some rules need them all. */
    void fillAll(long nowMs) {
        segments = 0;
        keys = 0;
        for (String peer : exchange.compared()) {
            boolean assessed = peers.isBeingFilled(peer) || exchange.isComplete();
            boolean source = context.settings().rules().sources().contains(peer);
            if (assessed && !source && !state.guard().holdsBack(peer)) {
                sendEntries(peer, nowMs);
                sendTombstones(peer, nowMs);
            }
        }
    }

    private void sendEntries(String target, long nowMs) {
        BitSet missing = exchange.coverage().missingOnlyAt(target);
        int paused = 0;
        boolean paced = false;
        for (int at = missing.nextSetBit(0); at >= 0 && !paced; at = missing.nextSetBit(at + 1)) {
            segments++;
            for (EntrySummary entry : local.segment(at)) {
                keys++;
                Action action = paced ? null : sendEntry(target, at, entry, nowMs);
                paused += action == Action.PAUSED ? 1 : 0;
                paced |= action == Action.PACED
                        || paused >= context.settings().limits().repairsPerRound();
            }
        }
    }

    private Action sendEntry(String target, int segment, EntrySummary entry, long nowMs) {
        KeyAtCut key = peers.keyMissingSomewhere(segment, entry);
        List<Finding> findings = placement.hotKeys().findings(entry.keyHash(), key);
        if (findings.stream().anyMatch(Finding::isConflict)) {
            decideByChoice(key, entry.keyHash(), findings, nowMs);
            return null;
        }
        Finding finding = RoundPeers.missingAt(target, findings);
        if (finding == null) {
            return null;
        }
        noteLacking(finding);
        return state.dispatcher().act(nowMs, cutMs, entry.keyHash(), finding, true);
    }

    /** The entry stands against absence that may be a forgotten delete: only a choice decides. */
    private void decideByChoice(KeyAtCut key, Hash128 keyHash, List<Finding> findings, long nowMs) {
        if (inConflict.add(keyHash)) {
            for (Finding finding : state.choices().decide(keyHash, key, findings, placement.resolver(), nowMs)) {
                state.dispatcher().act(nowMs, cutMs, keyHash, finding, false);
            }
        }
    }

    /**
     * Sends a peer that was empty the tombstones: no tree contains them, so no comparison shows that it lacks them. The first
     * replica by name that was not empty does that, once, over as many rounds as the pace requires.
     */
    private void sendTombstones(String target, long nowMs) {
        int count = 1 << context.settings().shape().segmentBits();
        state.backfill().heard(target, exchange.root(target), count, lacking.contains(target));
        Integer from = state.backfill().nextTombstones(target);
        if (from == null || !isFirstThatWasNotEmpty() || state.dispatcher().rests(target, nowMs)) {
            return;
        }
        int next = from;
        while (next < count && sendTombstonesOf(target, next, nowMs)) {
            next++;
        }
        state.backfill().tombstonesSent(target, next);
    }

    private boolean isFirstThatWasNotEmpty() {
        return !peers.wasEmpty(context.replica())
                && exchange.compared().stream()
                        .noneMatch(peer -> peer.compareTo(context.replica()) < 0 && !peers.wasEmpty(peer));
    }

    /** Sends the tombstones of a segment; false if the pace is used up. */
    private boolean sendTombstonesOf(String target, int segment, long nowMs) {
        for (EntrySummary entry : local.segment(segment)) {
            Finding finding = entry.deleted()
                    ? placement.resolver().missingTombstone(target, entry, peers.keyMissingSomewhere(segment, entry))
                    : null;
            if (finding != null
                    && state.dispatcher().act(nowMs, cutMs, entry.keyHash(), finding, true) == Action.PACED) {
                return false;
            }
        }
        return true;
    }
}

package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.exchange.Exchange;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.exchange.SealedTree;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.Tombstones;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The round under way, from the sealed cut to its report; for its phases see {@link Reconciler}. Its state ends with it. Not
 * thread-safe.
 */
final class Round {

    private final PartitionContext context;
    private final ReconcilerState state;
    private final PlacementState placement;
    private final long round;
    private final long cutMs;
    private final long sealOffset;
    private final long sealedMs;
    private final EntryTree tree;
    private final SealedTree local;
    private final Exchange exchange;
    private final RoundPeers peers;
    private final FloodAssessment flood;
    private final BackfillRound backfill;
    private final Evidence evidence;
    private final Root own;
    private final boolean heldNothing;
    /** Findings that wait for the end of the comparison. */
    private final TreeMap<Hash128, List<Finding>> found = new TreeMap<>();
    /** What was done about keys that may be judged again, because some owner was not heard of them. */
    private final Map<Hash128, List<Done>> done = new HashMap<>();

    private final Set<Hash128> inConflict = new HashSet<>();
    /** Keys that were compared, and are not the same at all replicas. */
    private final Set<Hash128> unequal = new HashSet<>();

    private long nowMs;
    /** When the cut was sealed, or a further peer was heard since. */
    private long lastHeardMs;
    /** Whether nothing that only this replica holds, or that it lacks, is left to decide. */
    private boolean trusted = true;

    /** How many peers were heard when the round acted last. */
    private int concludedWith;

    private boolean closed;
    private int segments;
    private long keys;
    private long controlMessages;
    private long controlBytes;

    private record Done(Finding finding, Action action) {}

    /**
     * Opens a round whose cut is sealed.
     *
     * @param memory what it may hold
     * @param sealOffset offset up to which the writes were consumed when it was sealed
     */
    Round(
            PartitionContext context,
            ReconcilerState state,
            PlacementState placement,
            RoundMemory.Share memory,
            long round,
            long sealOffset,
            long nowMs) {
        this.context = context;
        this.state = state;
        this.placement = placement;
        this.round = round;
        this.cutMs = context.windows().cutMs(round);
        this.sealOffset = sealOffset;
        this.sealedMs = nowMs;
        this.nowMs = nowMs;
        this.lastHeardMs = nowMs;
        this.tree = context.tree();
        local = new SealedTree(context.settings(), tree);
        evidence =
                state.evidence().consumedUpTo(cutMs + context.settings().times().graceMs());
        own = ownRoot();
        exchange = new Exchange(
                context.settings(),
                placement.owners().size(),
                local,
                own,
                this::publish,
                new Compared(),
                placement.lagPolicy(),
                placement.rotation(),
                placement.treePeers(),
                memory,
                cutMs);
        tree.noteWatermark();
        heldNothing = tree.holdsNothing(0, 0);
        peers = new RoundPeers(
                context,
                exchange,
                placement.resolver(),
                state.backfill(),
                cutMs,
                own,
                state.unproven().at(nowMs));
        flood = new FloodAssessment(context, state, placement, exchange, local, peers, cutMs);
        backfill = new BackfillRound(context, state, placement, exchange, local, peers, inConflict, cutMs);
    }

    private Root ownRoot() {
        Hash128 root = local.holdsNothing(0, 0) ? Hash128.ZERO : tree.node(0, 0);
        return new Root(
                root,
                tree.entries(),
                evidence,
                state.backfill().isBeingFilled(),
                state.backfill().isNew(tree.entries()),
                state.pauses().known());
    }

    long cutMs() {
        return cutMs;
    }

    /** Whether the round has ended and is reported. */
    boolean isClosed() {
        return closed;
    }

    /** Publishes the root. */
    void start() {
        publish(own);
    }

    /** Takes in a peer's message about this cut. */
    void receive(long now, Message message) {
        nowMs = now;
        int heardBefore = exchange.heard().size();
        exchange.receive(message.replica(), message.sealOffset(), message.body());
        if (exchange.heard().size() > heardBefore) {
            lastHeardMs = now;
        }
        if (exchange.allEqual()) {
            close(now);
        } else if (exchange.isComplete()) {
            conclude();
        }
    }

    /** Lets time pass. Silent peers are waited for since another was heard: all seal a cut late if the clock here is ahead. */
    void tick(long now) {
        nowMs = now;
        if (now >= context.deadlineMs(round)) {
            close(now);
        } else if (!exchange.heard().isEmpty()
                && now >= lastHeardMs + context.settings().times().settleMs()) {
            exchange.settle();
            if (exchange.isComplete()) {
                conclude();
            }
        }
    }

    /** Ends the round with what was heard so far. */
    void close(long now) {
        nowMs = now;
        closed = true;
        exchange.close();
        conclude();
        finish();
        report();
    }

    private void publish(Body body) {
        controlMessages++;
        controlBytes += context.publish(cutMs, sealOffset, placement.fingerprint(), body);
    }

    /** Judges what is compared. */
    private final class Compared implements Exchange.SegmentConsumer {

        @Override
        public void accept(int segment, Map<String, List<EntrySummary>> heard) {
            segments++;
            judge(heard);
        }

        @Override
        public void acceptKey(long key, Map<String, List<EntrySummary>> heard) {
            judge(heard);
        }
    }

    /** Judges the keys of which everything was heard, by what each replica holds. */
    private void judge(Map<String, List<EntrySummary>> heard) {
        TreeMap<Hash128, TreeMap<String, EntrySummary>> byKey = new TreeMap<>();
        heard.forEach((replica, entries) -> entries.forEach(entry ->
                byKey.computeIfAbsent(entry.keyHash(), k -> new TreeMap<>()).put(replica, entry)));
        byKey.forEach((keyHash, entries) -> {
            if (!exchange.isToBeJudged(keyHash.hi(), heard.keySet())) {
                return;
            }
            Set<String> before = exchange.judgedWith(keyHash.hi());
            heard.keySet().forEach(replica -> entries.putIfAbsent(replica, null));
            if (before.isEmpty()) {
                keys++;
            } else {
                takeBack(keyHash);
            }
            flood.compared(entries, before);
            judge(keyHash, peers.key(entries, heard.keySet()));
        });
    }

    /** A key is judged again: what was found of it before does not count. */
    private void takeBack(Hash128 keyHash) {
        found.remove(keyHash);
        inConflict.remove(keyHash);
        done.getOrDefault(keyHash, List.of())
                .forEach(before -> state.summary().takeBack(before.action, keyHash, before.finding));
        done.remove(keyHash);
    }

    private void judge(Hash128 keyHash, KeyAtCut key) {
        if (key.isEqualEverywhere()) {
            return;
        }
        unequal.add(keyHash);
        List<Finding> findings = placement.hotKeys().findings(keyHash, key);
        for (Finding finding : state.choices().decide(keyHash, key, findings, placement.resolver(), nowMs)) {
            found.computeIfAbsent(keyHash, k -> new ArrayList<>()).add(finding);
            if (finding.isConflict()) {
                inConflict.add(keyHash);
                carryOutChoice(keyHash);
            }
            trusted = trusted && !finding.isConflict();
        }
        trusted = trusted && !key.isMissingSomewhere() && !key.isUnreadSomewhere();
        long deletedMs = key.openDeleteSinceMs(context.replica());
        if (deletedMs != Entry.NEVER) {
            state.evidence().deleteIsOpen(keyHash, deletedMs);
        }
    }

    /** The conflict stands though a person has chosen what this replica holds: repairs were lost, or wait for their target. */
    private void carryOutChoice(Hash128 keyHash) {
        Entry held = context.table().get(keyHash);
        if (held != null) {
            Choice choice = state.choices().turn(keyHash, held.key(), context.replica(), nowMs);
            state.dispatcher().choose(nowMs, choice, placement.owners());
        }
    }

    /** Acts on what was found so far: first the flood guard decides, then repairs are sent. */
    private void conclude() {
        boolean moreHeard = exchange.heard().size() > concludedWith;
        if (!moreHeard && found.isEmpty()) {
            return;
        }
        flood.decideAll(found, nowMs);
        backfill.announce(nowMs);
        found.forEach(this::act);
        found.clear();
        if (moreHeard) {
            backfill.fillAll(nowMs);
        }
        concludedWith = exchange.heard().size();
    }

    private void act(Hash128 keyHash, List<Finding> findings) {
        for (Finding finding : findings) {
            backfill.noteLacking(finding);
            Action action = state.dispatcher().act(nowMs, cutMs, keyHash, finding, false);
            if (!isComparedByAll(keyHash)) {
                done.computeIfAbsent(keyHash, k -> new ArrayList<>()).add(new Done(finding, action));
            }
        }
    }

    /** Once all owners are known to agree except for what was found, forgets what is not needed any longer. */
    private void finish() {
        boolean comparedAll = exchange.allCompared() && exchange.isWhole();
        state.dispatcher().forgetBefore(cutMs, keyHash -> {
            boolean compared = isComparedByAll(keyHash)
                    || comparedAll && !exchange.coverage().differs(keyHash);
            return !compared || unequal.contains(keyHash);
        });
        long mostOfPeers =
                exchange.compared().stream().mapToLong(peers::entries).max().orElse(-1);
        state.backfill().compared(own, heldNothing, mostOfPeers, exchange.allCompared());
        long peersForgottenMs = exchange.heard().stream()
                .mapToLong(peer -> exchange.evidence(peer).forgottenMs())
                .reduce(Evidence.NONE, Math::max);
        if (comparedAll) {
            state.guard().assessedAll();
            settleConflicts();
            state.evidence().compared(cutMs, peersForgottenMs, trusted && !somethingIsMissing());
            forgetTombstones();
        }
        state.evidence().forgot(peersForgottenMs);
        state.evidence()
                .openDeletes(keyHash -> comparedAll && !exchange.coverage().differs(keyHash));
    }

    /** Whether the entries of all owners for a key were compared. */
    private boolean isComparedByAll(Hash128 keyHash) {
        return exchange.judgedWith(keyHash.hi()).size() == placement.owners().size();
    }

    /**
     * Reports as settled only what was seen: the entries of all owners were compared, or their hashes of the segment are equal. Where
     * an owner's state may lack keys, its absence is not seen.
     */
    private void settleConflicts() {
        boolean othersHoldMore = exchange.compared().stream()
                .anyMatch(peer -> exchange.coverage().onlyAt(peer) > 0);
        state.conflicts()
                .settle(
                        keyHash -> {
                            if (!allKnowAbsence() && !isLive(keyHash)) {
                                return false;
                            }
                            if (isComparedByAll(keyHash)) {
                                return !unequal.contains(keyHash);
                            }
                            // The sealed tree decides. A repair may have changed the table during the round.
                            boolean mayLack = othersHoldMore
                                    && tree.isEmpty(context.settings().shape().segmentBits(), tree.segment(keyHash));
                            return !exchange.coverage().differs(keyHash) && !mayLack;
                        },
                        placement.owners(),
                        cutMs);
    }

    /** Whether a replica holds nothing in a segment in which another one holds something. */
    private boolean somethingIsMissing() {
        return exchange.compared().stream()
                .anyMatch(peer -> exchange.coverage().missingAt(peer) > 0
                        || exchange.coverage().onlyAt(peer) > 0);
    }

    /** Whether this replica held a live entry at the cut, and holds it still. */
    private boolean isLive(Hash128 keyHash) {
        Entry held = tree.held(keyHash);
        return held != null && held.liveAt(cutMs) && held.appendTimeMs() <= cutMs;
    }

    /** Whether each owner's state contains every key that its datastore holds. */
    private boolean allKnowAbsence() {
        return evidence.knownFromMs() == Evidence.NONE
                && exchange.heard().stream()
                        .allMatch(peer -> exchange.evidence(peer).knownFromMs() == Evidence.NONE);
    }

    /** An owner whose state may lack keys may hold what a tombstone has deleted: then none is forgotten. */
    private void forgetTombstones() {
        if (!allKnowAbsence()) {
            return;
        }
        Settings.Times times = context.settings().times();
        long lowestMs = exchange.heard().stream()
                .mapToLong(peer -> exchange.evidence(peer).progressMs())
                .reduce(evidence.progressMs(), Math::min);
        if (lowestMs > Evidence.NONE + times.graceMs()) {
            long agreedMs = Math.min(cutMs, lowestMs - times.graceMs());
            Tombstones.Forgotten forgotten =
                    tree.forget(exchange.coverage().differing(), agreedMs, nowMs - times.tombstoneRetentionMs());
            state.summary().forgot(forgotten.entries());
            state.evidence().forgot(forgotten.latestDeathMs());
        }
    }

    private Outcome outcome() {
        if (exchange.heard().isEmpty()) {
            return Outcome.ALONE;
        }
        if (exchange.someDiffer()) {
            return Outcome.DIVERGENT;
        }
        return exchange.lagging().isEmpty() ? Outcome.EQUAL : Outcome.LAGGING;
    }

    private void report() {
        List<String> silent = placement.owners().stream()
                .filter(owner -> !peers.wasHeard(owner))
                .toList();
        Map<String, Long> filling = new TreeMap<>();
        placement.owners().stream()
                .filter(peers::wasHeard)
                .filter(peers::isBeingFilled)
                .forEach(owner -> filling.put(owner, peers.entries(owner)));
        RoundSummaryBuilder.Observed observed = new RoundSummaryBuilder.Observed(
                exchange.heard(),
                silent,
                exchange.lagging(),
                new RoundSummary.Holdings(
                        tree.node(0, 0).toString(), tree.entries(), peers.mostEntries(), tree.watermarkMs(), filling),
                segments + backfill.segments(),
                keys + backfill.keys(),
                inConflict.size(),
                state.guard().held(),
                flood.weighed(),
                state.resting(context.settings(), placement.owners(), nowMs),
                new RoundSummary.Control(controlMessages, controlBytes),
                new RoundSummary.Timing(Math.max(0, sealedMs - context.windows().dueMs(round)), nowMs - sealedMs));
        context.outbox()
                .report(state.summary()
                        .build(
                                round,
                                cutMs,
                                outcome(),
                                state.guard().takeNote(),
                                observed,
                                state.answers(),
                                tree.clamped()));
    }
}

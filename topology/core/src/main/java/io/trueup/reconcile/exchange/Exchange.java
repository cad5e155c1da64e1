package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Finds the segments in which replicas differ at one cut, by descending their trees together, and collects what each replica
 * holds there:
 *
 * <ol>
 *   <li>A peer's root that differs is answered with this replica's hashes {@code stride} levels below.
 *   <li>Each hash of a peer that differs from this replica's own is answered the same way, down to the leaves.
 *   <li>At the leaves, the segments to compare in this round are chosen, and their entries sent.
 *   <li>A segment is resolved once the entries of all replicas that take part were heard.
 * </ol>
 *
 * Everything is broadcast, so each node is answered once for all peers. A lost message costs at most this round.
 *
 * <p>Each pair of replicas compares a bounded number of segments and entries in a round and continues in the next round where it
 * stopped. Both choose alike, since both have heard the same hashes; a segment that a peer sends is answered in any case.
 *
 * <p>A replica that holds nothing below a node sends zero in place of a hash. No replica descends there: what the others
 * agree on is missing.
 *
 * <p>All steps change the same state of the peers, so they are one class. Not thread-safe.
 */
public final class Exchange {

    /** Receives each segment once, when everything about it was heard or will not be heard any more. */
    public interface SegmentConsumer {

        /**
         * Takes in a segment.
         *
         * @param heard what each replica that was heard holds in the segment, by name
         */
        void accept(int segment, Map<String, List<EntrySummary>> heard);
    }

    private final Settings settings;
    private final int peersExpected;
    private final LocalTree local;
    private final TreeAnswers answers;
    private final SegmentConsumer compared;
    private final LagPolicy lagPolicy;
    private final SegmentRotation rotation;
    private final long cutMs;
    private final int bits;
    private final Hash128 ownRoot;
    private final Evidence own;

    private final Map<String, PeerTree> peers = new TreeMap<>();
    private final Map<Integer, PendingSegment> pending = new TreeMap<>();
    private final BitSet resolved = new BitSet();
    private final Coverage coverage;
    private boolean settled;

    /**
     * Begins an exchange; nothing is published yet.
     *
     * @param owners number of replicas that own the partition, this one included
     * @param own what this replica has seen
     * @param publish sends a message to all peers
     */
    public Exchange(
            Settings settings,
            int owners,
            LocalTree local,
            Evidence own,
            Consumer<Body> publish,
            SegmentConsumer compared,
            LagPolicy lagPolicy,
            SegmentRotation rotation,
            long cutMs) {
        this.settings = settings;
        this.peersExpected = owners - 1;
        this.local = local;
        this.answers = new TreeAnswers(settings, local, publish);
        this.compared = compared;
        this.lagPolicy = lagPolicy;
        this.rotation = rotation;
        this.cutMs = cutMs;
        this.bits = settings.shape().segmentBits();
        this.ownRoot = local.node(0, 0);
        this.own = own;
        this.coverage = new Coverage(settings, peers, resolved);
    }

    /** Peers whose root was heard, in order of name. */
    public List<String> heard() {
        return List.copyOf(peers.keySet());
    }

    /** Those of them that are compared. */
    public List<String> compared() {
        return peers.values().stream()
                .filter(peer -> peer.compared)
                .map(peer -> peer.name)
                .toList();
    }

    /** Those that are not compared, because they lag as a whole, or this replica does. */
    public List<String> lagging() {
        return peers.values().stream()
                .filter(peer -> !peer.compared)
                .map(peer -> peer.name)
                .toList();
    }

    /** The root of a peer that was heard. */
    public Root root(String peer) {
        return peers.get(peer).root;
    }

    /** What a replica that was heard has seen, this one included. */
    public Evidence evidence(String replica) {
        return replica.equals(settings.replica()) ? own : root(replica).evidence();
    }

    /** Whether all owners were heard. */
    boolean allHeard() {
        return peers.size() == peersExpected;
    }

    /** Whether all owners were heard, and none lags. */
    public boolean allCompared() {
        return allHeard() && lagging().isEmpty();
    }

    /** Whether all owners were heard, none lags, and all hold the same tree. */
    public boolean allEqual() {
        return allCompared() && peers.values().stream().allMatch(this::hasOwnTree);
    }

    /** Whether a peer that is compared holds another tree. */
    public boolean someDiffer() {
        return peers.values().stream().anyMatch(peer -> peer.compared && !hasOwnTree(peer));
    }

    /** Whether nothing more is awaited: every chosen segment that differs is resolved. */
    public boolean isComplete() {
        return (settled || allHeard())
                && pending.isEmpty()
                && peers.values().stream()
                        .allMatch(
                                peer -> !peer.compared || peer.awaited.isEmpty() && isContained(peer.chosen, resolved));
    }

    /** Whether every segment that differs was compared, with what each peer that differs there holds. */
    public boolean isWhole() {
        return isComplete()
                && peers.values().stream()
                        .allMatch(peer -> !peer.compared || isContained(peer.differing, peer.resolvedWith));
    }

    private static boolean isContained(BitSet segments, BitSet others) {
        BitSet left = (BitSet) segments.clone();
        left.andNot(others);
        return left.isEmpty();
    }

    /** How much of what differs was compared. */
    public Coverage coverage() {
        return coverage;
    }

    /** Takes in a peer's message about this cut; one that contradicts an earlier one changes nothing, and is invalid. */
    public void receive(String replica, long sealOffset, Body body) {
        body.accept(new Receiver(replica, sealOffset));
    }

    private final class Receiver extends RoundMessages {
        private final String replica;
        private final long sealOffset;

        Receiver(String replica, long sealOffset) {
            this.replica = replica;
            this.sealOffset = sealOffset;
        }

        @Override
        public Void root(Root root) {
            onRoot(replica, sealOffset, root);
            return null;
        }

        @Override
        public Void level(Level level) {
            PeerTree peer = sameTree();
            if (peer != null) {
                onLevel(peer, level);
            }
            return null;
        }

        @Override
        public Void segment(Segment segment) {
            PeerTree peer = sameTree();
            if (peer != null) {
                onSegment(peer, segment);
            }
            return null;
        }

        /** The peer, if it is compared and the message is about the tree whose root was heard. */
        private PeerTree sameTree() {
            PeerTree peer = peers.get(replica);
            return peer != null && peer.sealOffset == sealOffset && peer.compared ? peer : null;
        }
    }

    /** From now on neither silent peers nor missing hashes are waited for. */
    public void settle() {
        if (settled) {
            return;
        }
        settled = true;
        peers.values().forEach(this::choose);
        resolveComplete();
    }

    /** Resolves what is left among those heard. */
    public void close() {
        for (Map.Entry<Integer, PendingSegment> entry : new ArrayList<>(pending.entrySet())) {
            Map<String, List<EntrySummary>> heard = heard(entry.getKey(), entry.getValue());
            if (heard.size() > 1 && heard.containsKey(settings.replica())) {
                resolve(entry.getKey(), heard);
            }
        }
        for (PeerTree peer : peers.values()) {
            if (peer.hasChosen && peer.compared) {
                rotation.compared(peer.name, peer.chosen, peer.differing);
            }
        }
    }

    private boolean hasOwnTree(PeerTree peer) {
        return isOwnTree(peer.root.hash());
    }

    private boolean isOwnTree(Hash128 hash) {
        return hash.equals(ownRoot) || hash.equals(Hash128.ZERO) && local.isEmpty(0, 0);
    }

    private void onRoot(String replica, long sealOffset, Root root) {
        PeerTree before = peers.get(replica);
        if (before != null) {
            if (sealOffset <= before.sealOffset) {
                return;
            }
            pending.values().forEach(segment -> segment.forget(replica));
        }
        boolean equal = isOwnTree(root.hash());
        boolean compared = lagPolicy.compare(
                replica, equal, own.watermarkMs(), root.evidence().watermarkMs(), cutMs);
        PeerTree peer = new PeerTree(replica, sealOffset, root, compared);
        peers.put(replica, peer);
        if (compared && !equal) {
            differsBelow(peer, 0, List.of(0), root.hash().equals(Hash128.ZERO) ? Set.of(0) : Set.of());
        }
        resolveComplete();
    }

    private void onLevel(PeerTree peer, Level level) {
        int fan = level.level() - level.parentLevel();
        List<Integer> different = new ArrayList<>();
        Set<Integer> nothing = new HashSet<>();
        for (int p = 0; p < level.parents().length; p++) {
            int parent = (1 << level.parentLevel()) + level.parents()[p];
            if (peer.heardBelow.get(parent)) {
                continue;
            }
            peer.heardBelow.set(parent);
            peer.awaited.clear(parent);
            for (int child = 0; child < 1 << fan; child++) {
                int index = (level.parents()[p] << fan) + child;
                int at = 2 * ((p << fan) + child);
                Hash128 heard = new Hash128(level.hashes()[at], level.hashes()[at + 1]);
                boolean holdsNothing = heard.equals(Hash128.ZERO);
                if (holdsNothing
                        ? !local.isEmpty(level.level(), index)
                        : !heard.equals(local.node(level.level(), index))) {
                    different.add(index);
                    if (holdsNothing) {
                        nothing.add(index);
                    }
                }
            }
        }
        differsBelow(peer, level.level(), different, nothing);
    }

    /**
     * A peer differs below nodes of a level; below some of them it holds nothing. A node below which this replica holds nothing
     * needs no answer: its own zero hash is the answer.
     */
    private void differsBelow(PeerTree peer, int level, List<Integer> nodes, Set<Integer> nothingAt) {
        List<Integer> toAnswer = new ArrayList<>();
        for (int node : nodes) {
            if (nothingAt.contains(node)) {
                markNothing(peer, level, node);
            } else if (local.holdsNothing(level, node)) {
                peer.onlyThere++;
            } else if (level == bits) {
                peer.differing.set(node);
            } else {
                peer.awaited.set((1 << level) + node);
                toAnswer.add(node);
            }
        }
        if (level < bits) {
            answers.levels(level, rotation.inOrder(peer.name, level, toAnswer));
        }
        if (settled || peer.awaited.isEmpty()) {
            choose(peer);
        }
    }

    private void markNothing(PeerTree peer, int level, int node) {
        int span = bits - level;
        for (int segment = node << span; segment < node + 1 << span; segment++) {
            if (!local.isEmpty(bits, segment)) {
                peer.nothing.set(segment);
            }
        }
    }

    /** Chooses the segments that this pair compares in this round, and sends their entries. */
    private void choose(PeerTree peer) {
        if (!peer.compared) {
            return;
        }
        peer.hasChosen = true;
        int max = settings.limits().maxSegmentsPerRound();
        for (int segment : rotation.choose(peer.name, peer.differing, max)) {
            if (peer.chosen.cardinality() >= max
                    || peer.chosenRows >= settings.limits().maxEntriesPerRound()) {
                return;
            }
            peer.chosenRows += peer.chosen.get(segment) ? 0 : local.rows(segment);
            peer.chosen.set(segment);
            send(segment);
        }
    }

    private void onSegment(PeerTree peer, Segment segment) {
        if (resolved.get(segment.index())) {
            return;
        }
        pending.computeIfAbsent(segment.index(), s -> new PendingSegment()).check(peer.name, segment);
        send(segment.index());
        pending.computeIfAbsent(segment.index(), s -> new PendingSegment()).add(peer.name, segment);
        resolveIfComplete(segment.index());
    }

    private void send(int segment) {
        List<EntrySummary> entries = answers.segment(segment);
        if (entries != null) {
            pending.computeIfAbsent(segment, s -> new PendingSegment()).put(settings.replica(), entries);
            resolveIfComplete(segment);
        }
    }

    private void resolveComplete() {
        for (int index : List.copyOf(pending.keySet())) {
            resolveIfComplete(index);
        }
    }

    private void resolveIfComplete(int index) {
        PendingSegment segment = pending.get(index);
        if (segment == null || !settled && !allHeard() || !segment.isWhole(settings.replica())) {
            return;
        }
        Map<String, List<EntrySummary>> heard = heard(index, segment);
        for (PeerTree peer : peers.values()) {
            if (peer.compared && !heard.containsKey(peer.name)) {
                return;
            }
        }
        if (heard.size() > 1) {
            resolve(index, heard);
        }
    }

    /** What each replica holds in a segment, as far as it was heard or is known to be nothing. */
    private Map<String, List<EntrySummary>> heard(int index, PendingSegment segment) {
        Map<String, List<EntrySummary>> heard = segment.whole();
        for (PeerTree peer : peers.values()) {
            if (peer.compared && peer.nothing.get(index)) {
                heard.putIfAbsent(peer.name, List.of());
            }
        }
        return heard;
    }

    private void resolve(int index, Map<String, List<EntrySummary>> heard) {
        pending.remove(index);
        resolved.set(index);
        peers.values().stream()
                .filter(peer -> heard.containsKey(peer.name))
                .forEach(peer -> peer.resolvedWith.set(index));
        compared.accept(index, heard);
    }
}

package io.trueup.reconcile;

import io.trueup.reconcile.Message.Body;
import io.trueup.reconcile.Message.Level;
import io.trueup.reconcile.Message.Root;
import io.trueup.reconcile.Message.Segment;
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
 * <p>Each pair of replicas compares a bounded number of segments in a round and continues in the next round where it stopped.
 * Both choose the same ones, since both have heard the same hashes; a segment that a peer sends is answered in any case.
 *
 * <p>A replica that holds nothing below a node sends zero in place of a hash. No replica descends there: what the others
 * agree on is missing.
 *
 * <p>All steps change the same state of the peers, so they are one class, although it is long. Not thread-safe.
 */
final class Exchange {

    /** Receives each segment once, when everything about it was heard or will not be heard any more. */
    interface Resolution {

        /** @param heard what each replica that was heard holds in the segment, by name */
        void resolve(int segment, Map<String, List<EntrySummary>> heard);
    }

    private final Settings settings;
    private final int peersExpected;
    private final LocalTree local;
    private final Answers answers;
    private final Resolution resolution;
    private final LagPolicy lagPolicy;
    private final SegmentRotation rotation;
    private final long cutMs;
    private final int bits;
    private final Hash128 ownRoot;
    private final long ownWatermarkMs;

    private final Map<String, PeerTree> peers = new TreeMap<>();
    private final Map<Integer, PendingSegment> pending = new TreeMap<>();
    private final BitSet resolved = new BitSet();
    private boolean settled;

    /**
     * @param placement the owners of the partition, and the state that lives as long as they stay the same
     * @param publish sends a message to all peers
     */
    Exchange(
            Settings settings,
            PlacementState placement,
            LocalTree local,
            Consumer<Body> publish,
            Resolution resolution,
            long cutMs) {
        this.settings = settings;
        this.peersExpected = placement.owners().size() - 1;
        this.local = local;
        this.answers = new Answers(settings, local, publish);
        this.resolution = resolution;
        this.lagPolicy = placement.lagPolicy();
        this.rotation = placement.rotation();
        this.cutMs = cutMs;
        this.bits = settings.shape().segmentBits();
        this.ownRoot = local.node(0, 0);
        this.ownWatermarkMs = local.watermarkMs();
    }

    /** Peers whose root was heard, in order of name. */
    List<String> heard() {
        return List.copyOf(peers.keySet());
    }

    /** Those of them that are compared. */
    List<String> compared() {
        return peers.values().stream()
                .filter(peer -> peer.compared)
                .map(peer -> peer.name)
                .toList();
    }

    /** Those that are not compared, because they lag as a whole, or this replica does. */
    List<String> lagging() {
        return peers.values().stream()
                .filter(peer -> !peer.compared)
                .map(peer -> peer.name)
                .toList();
    }

    /** The root of a peer that was heard. */
    Root root(String peer) {
        return peers.get(peer).root;
    }

    /** Watermark of a replica that was heard, this one included. */
    long watermarkMs(String replica) {
        return replica.equals(settings.replica())
                ? ownWatermarkMs
                : root(replica).watermarkMs();
    }

    /** Whether all owners were heard. */
    boolean allHeard() {
        return peers.size() == peersExpected;
    }

    /** Whether all owners were heard, and none lags. */
    boolean allCompared() {
        return allHeard() && lagging().isEmpty();
    }

    /** Whether all owners were heard, none lags, and all hold the same tree. */
    boolean allEqual() {
        return allCompared() && peers.values().stream().allMatch(this::hasOwnTree);
    }

    /** Whether a peer that is compared holds another tree. */
    boolean someDiffer() {
        return peers.values().stream().anyMatch(peer -> peer.compared && !hasOwnTree(peer));
    }

    /** Whether nothing more is awaited: every chosen segment that differs is resolved. */
    boolean isComplete() {
        return (settled || allHeard())
                && pending.isEmpty()
                && peers.values().stream()
                        .allMatch(peer ->
                                !peer.compared || peer.awaited.isEmpty() && isContained(peer.chosen, resolved));
    }

    /** Whether every segment that differs was compared, with what each peer that differs there holds. */
    boolean isWhole() {
        return isComplete()
                && peers.values().stream()
                        .allMatch(peer -> !peer.compared || isContained(peer.differing, peer.resolvedWith));
    }

    private static boolean isContained(BitSet segments, BitSet others) {
        BitSet left = (BitSet) segments.clone();
        left.andNot(others);
        return left.isEmpty();
    }

    /** Segments in which some peer differs, as far as is known. */
    BitSet differing() {
        BitSet all = new BitSet();
        for (PeerTree peer : peers.values()) {
            all.or(peer.differing);
            all.or(peer.nothing);
        }
        return all;
    }

    /** Number of segments that differ for each one that was resolved with what a replica holds there; at least 1. */
    double unresolvedFactor(String replica) {
        BitSet differ = new BitSet();
        peers.values().forEach(peer -> differ.or(peer.differing));
        return perResolved(differ, replica);
    }

    /** The same, if all hashes that were not heard in time differ; at least 1. */
    double unheardFactor(String replica) {
        BitSet mayDiffer = new BitSet();
        peers.values().forEach(peer -> peer.addWhatMayDiffer(mayDiffer, bits));
        return perResolved(mayDiffer, replica);
    }

    private double perResolved(BitSet segments, String replica) {
        BitSet resolvedWith = replica.equals(settings.replica()) ? resolved : peers.get(replica).resolvedWith;
        return Math.max(1.0, (double) segments.cardinality() / Math.max(1, resolvedWith.cardinality()));
    }

    /** Segments in which a peer holds nothing, though this replica and all other peers that are compared hold the same. */
    BitSet missingOnlyAt(String peer) {
        BitSet segments = (BitSet) peers.get(peer).nothing.clone();
        for (PeerTree other : peers.values()) {
            if (!other.name.equals(peer) && other.compared) {
                segments.andNot(other.differing);
                if (!other.awaited.isEmpty()) {
                    segments.clear();
                }
            }
        }
        segments.andNot(resolved);
        return segments;
    }

    /** Number of segments in which a peer holds nothing, and this replica something. */
    int missingAt(String peer) {
        return peers.get(peer).nothing.cardinality();
    }

    /** Number of segments, at least, in which a peer holds something, and this replica nothing. */
    int onlyAt(String peer) {
        return peers.get(peer).onlyThere;
    }

    /** Whether a peer holds nothing in a segment, and this replica something. */
    boolean holdsNothing(String peer, int segment) {
        return peers.get(peer).nothing.get(segment);
    }

    /** Takes in a peer's message about this cut. */
    void receive(String replica, long sealOffset, Body body) {
        body.accept(new Receiver(replica, sealOffset));
    }

    private final class Receiver implements Message.Visitor<Void, RuntimeException> {
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

        @Override
        public Void probe(Message.Probe probe) {
            return null;
        }

        @Override
        public Void probeAnswer(Message.ProbeAnswer answer) {
            return null;
        }

        @Override
        public Void approval(Message.Approval approval) {
            return null;
        }

        @Override
        public Void choice(Message.Choice choice) {
            return null;
        }
    }

    /** From now on neither silent peers nor missing hashes are waited for. */
    void settle() {
        if (settled) {
            return;
        }
        settled = true;
        peers.values().forEach(this::choose);
        resolveComplete();
    }

    /** Resolves what is left among those heard. */
    void close() {
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
        boolean compared = lagPolicy.compare(replica, equal, ownWatermarkMs, root.watermarkMs(), cutMs);
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
            if (peer.chosen.cardinality() >= max) {
                return;
            }
            peer.chosen.set(segment);
            send(segment);
        }
    }

    private void onSegment(PeerTree peer, Segment segment) {
        if (resolved.get(segment.index())) {
            return;
        }
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
        resolution.resolve(index, heard);
    }
}

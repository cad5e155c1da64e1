package io.trueup.reconcile;

import io.trueup.reconcile.Message.Body;
import io.trueup.reconcile.Message.Level;
import io.trueup.reconcile.Message.Root;
import io.trueup.reconcile.Message.Segment;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds the segments in which replicas differ at one cut, by descending their trees together, and collects what each holds
 * there. Broadcast: whoever sees a hash that differs from its own answers with its hashes {@code stride} levels below, at
 * the leaves with its entries; each node is answered once. A lost message costs at most this round.
 *
 * <p>At the leaves each pair of replicas compares a bounded number of segments, and goes on in the next round where it
 * stopped. Both choose the same ones, since both have heard the same hashes; a segment that a peer sends is answered in any
 * case.
 *
 * <p>A replica that holds nothing below a node says so in place of a hash. Nobody descends there: what others agree on is
 * missing.
 *
 * <p>Not thread-safe.
 */
final class Exchange {

    /** The local replica as the exchange sees it. */
    interface Local {
        /** Hash of a node of the sealed tree. */
        Hash128 node(int level, int index);

        /** Whether no live entry lies below a node of the sealed tree. */
        boolean isEmpty(int level, int index);

        /** Whether the replica holds nothing below a node, neither in the sealed tree nor now. */
        boolean holdsNothing(int level, int index);

        /** Highest position seen, not counting writes that repairs caused. */
        long watermarkMs();

        /** What the replica holds in a segment now. */
        List<EntrySummary> segment(int index);

        /** Sends to all peers. */
        void publish(Body body);

        /** Everything about a segment was heard, or will not be any more. */
        void resolve(int segment, Map<String, List<EntrySummary>> heard);
    }

    /** How two replicas stand to each other in this round. */
    enum Standing {
        COMPARED,
        /** The peer lags behind as a whole, or this replica behind the peer. */
        LAGGING
    }

    /** What is known of a peer. */
    private static final class Peer {
        private final String name;
        private final long sealOffset;
        private final Root root;
        private final Standing standing;
        /** Nodes above the leaves of which its hashes below are still to come. */
        private final BitSet awaited = new BitSet();
        /** Nodes of which its hashes below were heard: they do not change, and may be heard again. */
        private final BitSet heardBelow = new BitSet();
        /** Segments in which it differs from this replica. */
        private final BitSet differing = new BitSet();
        /** Those of them that are compared in this round. */
        private final BitSet chosen = new BitSet();
        /** Segments that were resolved with what it holds there. */
        private final BitSet resolvedWith = new BitSet();
        /** Segments in which it holds nothing, while this replica has live entries there. */
        private final BitSet nothing = new BitSet();

        /** Nodes below which it holds something and this replica nothing. */
        private int only;

        private boolean hasChosen;

        Peer(String name, long sealOffset, Root root, Standing standing) {
            this.name = name;
            this.sealOffset = sealOffset;
            this.root = root;
            this.standing = standing;
        }

        boolean isCompared() {
            return standing == Standing.COMPARED;
        }
    }

    /** What was heard of one segment. */
    private static final class Pending {
        private final Map<String, List<EntrySummary>> whole = new TreeMap<>();
        private final Map<String, List<List<EntrySummary>>> parts = new HashMap<>();

        void forget(String replica) {
            whole.remove(replica);
            parts.remove(replica);
        }

        void add(String replica, Segment segment) {
            List<List<EntrySummary>> chunks = parts.computeIfAbsent(replica, r -> new ArrayList<>());
            while (chunks.size() < segment.chunks()) {
                chunks.add(null);
            }
            chunks.set(segment.chunk(), segment.entries());
            if (!chunks.contains(null)) {
                List<EntrySummary> entries = new ArrayList<>();
                chunks.forEach(entries::addAll);
                whole.put(replica, entries);
                parts.remove(replica);
            }
        }
    }

    private final Settings settings;
    private final int peersExpected;
    private final Local local;
    private final LagPolicy patience;
    private final SegmentRotation turns;
    private final long cutMs;
    private final int bits;
    private final Hash128 ownRoot;
    private final long ownWatermarkMs;

    private final Map<String, Peer> peers = new TreeMap<>();
    private final BitSet answered = new BitSet();
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet resolved = new BitSet();
    private boolean settled;

    /** @param owners how many replicas own the partition, this one included */
    Exchange(Settings settings, int owners, Local local, LagPolicy patience, SegmentRotation turns, long cutMs) {
        this.settings = settings;
        this.peersExpected = owners - 1;
        this.local = local;
        this.patience = patience;
        this.turns = turns;
        this.cutMs = cutMs;
        this.bits = settings.shape().segmentBits();
        this.ownRoot = local.node(0, 0);
        this.ownWatermarkMs = local.watermarkMs();
    }

    /** Peers whose root was heard, and how they stand. */
    Map<String, Standing> heard() {
        Map<String, Standing> heard = new TreeMap<>();
        peers.forEach((name, peer) -> heard.put(name, peer.standing));
        return heard;
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

    /** Whether all owners were heard and lag behind nobody. */
    boolean allCompared() {
        return allHeard() && peers.values().stream().allMatch(Peer::isCompared);
    }

    /** Whether all owners were heard, lag behind nobody and hold the same tree. */
    boolean allEqual() {
        return allCompared() && peers.values().stream().allMatch(this::hasOwnTree);
    }

    /** Whether some peer that is compared holds another tree. */
    boolean someDiffer() {
        return peers.values().stream().anyMatch(peer -> peer.isCompared() && !hasOwnTree(peer));
    }

    /** Whether some peer is not compared, because it lags or this replica does; its tree is another one then. */
    boolean someLag() {
        return peers.values().stream().anyMatch(peer -> !peer.isCompared());
    }

    /** Whether nothing more is to come: all that differs and was chosen is resolved. */
    boolean isComplete() {
        return (settled || allHeard())
                && pending.isEmpty()
                && peers.values().stream()
                        .allMatch(peer ->
                                !peer.isCompared() || peer.awaited.isEmpty() && isContained(peer.chosen, resolved));
    }

    /** Whether every segment that differs was compared, with what each peer that differs there holds. */
    boolean isWhole() {
        return isComplete()
                && peers.values().stream()
                        .allMatch(peer -> !peer.isCompared() || isContained(peer.differing, peer.resolvedWith));
    }

    private static boolean isContained(BitSet segments, BitSet others) {
        BitSet left = (BitSet) segments.clone();
        left.andNot(others);
        return left.isEmpty();
    }

    /** Segments in which some peer differs, as far as is known. */
    BitSet differing() {
        BitSet all = new BitSet();
        for (Peer peer : peers.values()) {
            all.or(peer.differing);
            all.or(peer.nothing);
        }
        return all;
    }

    /** How many segments differ for each one that was resolved with what a replica holds there; at least 1. */
    double unresolvedFactor(String replica) {
        BitSet differ = new BitSet();
        peers.values().forEach(peer -> differ.or(peer.differing));
        return Math.max(
                1.0,
                (double) differ.cardinality()
                        / Math.max(1, resolvedWith(replica).cardinality()));
    }

    /** How many segments may differ for each such one, if all that was not heard in time does; at least 1. */
    double unheardFactor(String replica) {
        BitSet mayDiffer = new BitSet();
        for (Peer peer : peers.values()) {
            mayDiffer.or(peer.differing);
            for (int node = peer.awaited.nextSetBit(0); node >= 0; node = peer.awaited.nextSetBit(node + 1)) {
                int level = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(node);
                int first = node - (1 << level) << bits - level;
                mayDiffer.set(first, first + (1 << bits - level));
            }
        }
        return Math.max(
                1.0,
                (double) mayDiffer.cardinality()
                        / Math.max(1, resolvedWith(replica).cardinality()));
    }

    private BitSet resolvedWith(String replica) {
        return replica.equals(settings.replica()) ? resolved : peers.get(replica).resolvedWith;
    }

    /** Segments in which a peer holds nothing, though this replica and all other peers that are compared hold the same. */
    BitSet missingOnlyAt(String peer) {
        BitSet segments = (BitSet) peers.get(peer).nothing.clone();
        for (Peer other : peers.values()) {
            if (!other.name.equals(peer) && other.isCompared()) {
                segments.andNot(other.differing);
                if (!other.awaited.isEmpty()) {
                    segments.clear();
                }
            }
        }
        segments.andNot(resolved);
        return segments;
    }

    /** In how many segments a peer holds nothing, and this replica something. */
    int missingAt(String peer) {
        return peers.get(peer).nothing.cardinality();
    }

    /** In how many segments, at least, a peer holds something, and this replica nothing. */
    int onlyAt(String peer) {
        return peers.get(peer).only;
    }

    /** Whether a peer that is compared holds nothing in a segment. */
    boolean holdsNothing(String peer, int segment) {
        return peers.get(peer).nothing.get(segment);
    }

    /** Takes in a peer's message about this cut. */
    void receive(String replica, long sealOffset, Body body) {
        if (body instanceof Root root) {
            onRoot(replica, sealOffset, root);
            return;
        }
        Peer peer = peers.get(replica);
        if (peer == null || peer.sealOffset != sealOffset || !peer.isCompared()) {
            return;
        }
        if (body instanceof Level level) {
            onLevel(peer, level);
        } else if (body instanceof Segment segment) {
            onSegment(peer, segment);
        }
    }

    /** Silent peers are not waited for any longer, nor hashes that have not come. */
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
        for (Map.Entry<Integer, Pending> entry : new ArrayList<>(pending.entrySet())) {
            Map<String, List<EntrySummary>> heard = heard(entry.getKey(), entry.getValue());
            if (heard.size() > 1 && heard.containsKey(settings.replica())) {
                resolve(entry.getKey(), heard);
            }
        }
        for (Peer peer : peers.values()) {
            if (peer.hasChosen && peer.isCompared()) {
                turns.served(peer.name, peer.chosen, peer.differing);
            }
        }
    }

    private boolean hasOwnTree(Peer peer) {
        return isOwnTree(peer.root.hash());
    }

    private boolean isOwnTree(Hash128 hash) {
        return hash.equals(ownRoot) || hash.equals(Hash128.ZERO) && isEmpty(0, 0);
    }

    /** Whether this replica has no live entries below a node. */
    private boolean isEmpty(int level, int index) {
        return local.isEmpty(level, index);
    }

    private void onRoot(String replica, long sealOffset, Root root) {
        Peer before = peers.get(replica);
        if (before != null) {
            if (sealOffset <= before.sealOffset) {
                return;
            }
            pending.values().forEach(segment -> segment.forget(replica));
        }
        boolean equal = isOwnTree(root.hash());
        boolean compared = patience.compare(replica, equal, ownWatermarkMs, root.watermarkMs(), cutMs);
        Peer peer = new Peer(replica, sealOffset, root, compared ? Standing.COMPARED : Standing.LAGGING);
        peers.put(replica, peer);
        if (compared && !equal) {
            heardDifferent(peer, 0, List.of(0), root.hash().equals(Hash128.ZERO) ? Set.of(0) : Set.of());
        }
        resolveComplete();
    }

    private void onLevel(Peer peer, Level level) {
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
                if (holdsNothing ? !isEmpty(level.level(), index) : !heard.equals(local.node(level.level(), index))) {
                    different.add(index);
                    if (holdsNothing) {
                        nothing.add(index);
                    }
                }
            }
        }
        heardDifferent(peer, level.level(), different, nothing);
    }

    /**
     * A peer differs below nodes; below some of them it holds nothing. Where this replica holds nothing it has said so and
     * waits for nothing.
     */
    private void heardDifferent(Peer peer, int level, List<Integer> nodes, Set<Integer> nothingAt) {
        List<Integer> toAnswer = new ArrayList<>();
        for (int node : nodes) {
            if (nothingAt.contains(node)) {
                markNothing(peer, level, node);
            } else if (local.holdsNothing(level, node)) {
                peer.only++;
            } else {
                differs(peer, level, node, toAnswer);
            }
        }
        if (level < bits) {
            answer(peer, level, toAnswer);
        }
        if (settled || peer.awaited.isEmpty()) {
            choose(peer);
        }
    }

    private void differs(Peer peer, int level, int node, List<Integer> toAnswer) {
        if (level == bits) {
            peer.differing.set(node);
        } else {
            peer.awaited.set((1 << level) + node);
            toAnswer.add(node);
        }
    }

    private void markNothing(Peer peer, int level, int node) {
        int span = bits - level;
        for (int segment = node << span; segment < node + 1 << span; segment++) {
            if (!isEmpty(bits, segment)) {
                peer.nothing.set(segment);
            }
        }
    }

    /** Sends the segments that are this pair's to compare in this round. */
    private void choose(Peer peer) {
        if (!peer.isCompared()) {
            return;
        }
        peer.hasChosen = true;
        for (int segment :
                turns.choose(peer.name, peer.differing, settings.limits().maxSegmentsPerRound())) {
            if (peer.chosen.cardinality() >= settings.limits().maxSegmentsPerRound()) {
                return;
            }
            peer.chosen.set(segment);
            send(segment);
        }
    }

    private void onSegment(Peer peer, Segment segment) {
        if (resolved.get(segment.index())) {
            return;
        }
        send(segment.index());
        pending.computeIfAbsent(segment.index(), s -> new Pending()).add(peer.name, segment);
        resolveComplete(segment.index());
    }

    /** Answers nodes that differ with the hashes below them, once each. */
    private void answer(Peer peer, int level, List<Integer> indices) {
        List<Integer> fresh = new ArrayList<>();
        for (int index : turns.inTurn(peer.name, level, indices)) {
            int node = (1 << level) + index;
            if (!answered.get(node)) {
                answered.set(node);
                fresh.add(index);
            }
        }
        int below = Math.min(level + settings.shape().stride(), bits);
        int perMessage = Math.max(1, settings.limits().maxEntriesPerMessage() >> (below - level));
        for (int from = 0; from < fresh.size(); from += perMessage) {
            publishLevel(level, below, fresh.subList(from, Math.min(fresh.size(), from + perMessage)));
        }
    }

    private void publishLevel(int level, int below, List<Integer> parents) {
        int fan = below - level;
        long[] hashes = new long[2 * parents.size() << fan];
        int at = 0;
        for (int parent : parents) {
            for (int child = 0; child < 1 << fan; child++) {
                int index = (parent << fan) + child;
                Hash128 hash = local.holdsNothing(below, index) ? Hash128.ZERO : local.node(below, index);
                hashes[at++] = hash.hi();
                hashes[at++] = hash.lo();
            }
        }
        int[] indices = parents.stream().mapToInt(Integer::intValue).toArray();
        local.publish(new Level(level, below, indices, hashes));
    }

    private void send(int index) {
        int leaf = (1 << bits) + index;
        if (answered.get(leaf)) {
            return;
        }
        answered.set(leaf);
        List<EntrySummary> entries = local.segment(index);
        int perMessage = settings.limits().maxEntriesPerMessage();
        int chunks = Math.max(1, (entries.size() + perMessage - 1) / perMessage);
        for (int chunk = 0; chunk < chunks; chunk++) {
            List<EntrySummary> part =
                    entries.subList(chunk * perMessage, Math.min(entries.size(), (chunk + 1) * perMessage));
            local.publish(new Segment(index, chunk, chunks, List.copyOf(part)));
        }
        pending.computeIfAbsent(index, s -> new Pending()).whole.put(settings.replica(), entries);
        resolveComplete(index);
    }

    private void resolveComplete() {
        for (int index : List.copyOf(pending.keySet())) {
            resolveComplete(index);
        }
    }

    private void resolveComplete(int index) {
        Pending segment = pending.get(index);
        if (segment == null || !settled && !allHeard() || !segment.whole.containsKey(settings.replica())) {
            return;
        }
        Map<String, List<EntrySummary>> heard = heard(index, segment);
        for (Peer peer : peers.values()) {
            if (peer.isCompared() && !heard.containsKey(peer.name)) {
                return;
            }
        }
        if (heard.size() > 1) {
            resolve(index, heard);
        }
    }

    /** What each replica holds in a segment, as far as it was heard or is known to be nothing. */
    private Map<String, List<EntrySummary>> heard(int index, Pending segment) {
        Map<String, List<EntrySummary>> heard = new TreeMap<>(segment.whole);
        for (Peer peer : peers.values()) {
            if (peer.isCompared() && peer.nothing.get(index)) {
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
        local.resolve(index, heard);
    }
}

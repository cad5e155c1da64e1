package io.trueup.reconcile;

import io.trueup.reconcile.Message.Body;
import io.trueup.reconcile.Message.Level;
import io.trueup.reconcile.Message.Root;
import io.trueup.reconcile.Message.Segment;
import io.trueup.reconcile.Message.Summary;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the segments in which replicas differ at one cut, by descending their trees together, and collects what each holds
 * there. Broadcast: whoever sees a hash that differs from its own answers with its hashes {@code stride} levels below, at
 * the leaves with its entries; each node is answered once. A lost message costs at most this round.
 *
 * <p>Not thread-safe.
 */
final class Exchange {

    /** The local replica as the exchange sees it. */
    interface Local {
        /** Hash of a node of the sealed tree. */
        Hash128 node(int level, int index);

        /** Highest position seen, not counting writes that repairs caused. */
        long watermarkMs();

        /** What the replica holds in a segment now. */
        List<Summary> segment(int index);

        /** Sends to all peers. */
        void publish(Body body);

        /** Everything about a segment was heard, or will not be any more. */
        void resolve(int segment, Map<String, List<Summary>> heard);
    }

    /** How two replicas stand to each other in this round. */
    enum Standing {
        COMPARED,
        /** The peer lags behind as a whole, or this replica behind the peer. */
        LAGGING
    }

    private static final class Peer {
        private final long sealOffset;
        private final Root root;
        private final Standing standing;

        Peer(long sealOffset, Root root, Standing standing) {
            this.sealOffset = sealOffset;
            this.root = root;
            this.standing = standing;
        }
    }

    /** What was heard of one segment. */
    private static final class Pending {
        private final Map<String, List<Summary>> whole = new TreeMap<>();
        private final Map<String, List<List<Summary>>> parts = new HashMap<>();

        void forget(String replica) {
            whole.remove(replica);
            parts.remove(replica);
        }

        void add(String replica, Segment segment) {
            List<List<Summary>> chunks = parts.computeIfAbsent(replica, r -> new ArrayList<>());
            while (chunks.size() < segment.chunks()) {
                chunks.add(null);
            }
            chunks.set(segment.chunk(), segment.entries());
            if (!chunks.contains(null)) {
                List<Summary> entries = new ArrayList<>();
                chunks.forEach(entries::addAll);
                whole.put(replica, entries);
                parts.remove(replica);
            }
        }
    }

    private final Settings settings;
    private final Local local;
    private final Patience patience;
    private final long round;
    private final long cutMs;
    private final Hash128 ownRoot;
    private final long ownWatermarkMs;

    private final Map<String, Peer> peers = new TreeMap<>();
    private final BitSet answered = new BitSet();
    private final Map<Integer, Pending> pending = new TreeMap<>();
    private final BitSet resolved = new BitSet();
    private int segmentsSent;
    private boolean settled;

    Exchange(Settings settings, Local local, Patience patience, long round, long cutMs) {
        this.settings = settings;
        this.local = local;
        this.patience = patience;
        this.round = round;
        this.cutMs = cutMs;
        this.ownRoot = local.node(0, 0);
        this.ownWatermarkMs = local.watermarkMs();
    }

    /** Peers whose root was heard, and how they stand. */
    Map<String, Standing> heard() {
        Map<String, Standing> heard = new TreeMap<>();
        peers.forEach((name, peer) -> heard.put(name, peer.standing));
        return heard;
    }

    /** Watermark of a replica that was heard, this one included. */
    long watermarkMs(String replica) {
        return replica.equals(settings.replica())
                ? ownWatermarkMs
                : peers.get(replica).root.watermarkMs();
    }

    /** Whether all owners were heard, lag behind nobody and hold the same tree. */
    boolean allEqual() {
        return peers.size() == settings.replicas().size() - 1
                && peers.values().stream()
                        .allMatch(peer -> peer.standing == Standing.COMPARED
                                && peer.root.hash().equals(ownRoot));
    }

    /** Whether some peer that is compared holds another tree. */
    boolean someDiffer() {
        return peers.values().stream()
                .anyMatch(peer ->
                        peer.standing == Standing.COMPARED && !peer.root.hash().equals(ownRoot));
    }

    /** Takes in a peer's message about this cut. */
    void receive(String replica, long sealOffset, Body body) {
        if (body instanceof Root root) {
            onRoot(replica, sealOffset, root);
            return;
        }
        Peer peer = peers.get(replica);
        if (peer == null || peer.sealOffset != sealOffset || peer.standing != Standing.COMPARED) {
            return;
        }
        if (body instanceof Level level) {
            onLevel(level);
        } else if (body instanceof Segment segment) {
            onSegment(replica, segment);
        }
    }

    /** Silent peers are not waited for any longer. */
    void settle() {
        settled = true;
        resolveComplete();
    }

    /** Resolves what is left among those heard. */
    void close() {
        for (Map.Entry<Integer, Pending> entry : new ArrayList<>(pending.entrySet())) {
            Map<String, List<Summary>> heard = entry.getValue().whole;
            if (heard.size() > 1 && heard.containsKey(settings.replica())) {
                resolve(entry.getKey(), heard);
            }
        }
    }

    private void onRoot(String replica, long sealOffset, Root root) {
        Peer before = peers.get(replica);
        if (before != null) {
            if (sealOffset <= before.sealOffset) {
                return;
            }
            pending.values().forEach(segment -> segment.forget(replica));
        }
        boolean equal = root.hash().equals(ownRoot);
        boolean compared = patience.compare(replica, equal, ownWatermarkMs, root.watermarkMs(), cutMs);
        Standing standing = compared ? Standing.COMPARED : Standing.LAGGING;
        peers.put(replica, new Peer(sealOffset, root, standing));
        if (compared && !equal) {
            answer(0, List.of(0));
        }
        resolveComplete();
    }

    private void onLevel(Level level) {
        int fan = level.level() - level.parentLevel();
        List<Integer> different = new ArrayList<>();
        for (int p = 0; p < level.parents().length; p++) {
            for (int child = 0; child < 1 << fan; child++) {
                int index = (level.parents()[p] << fan) + child;
                int at = 2 * ((p << fan) + child);
                Hash128 own = local.node(level.level(), index);
                if (own.hi() != level.hashes()[at] || own.lo() != level.hashes()[at + 1]) {
                    different.add(index);
                }
            }
        }
        answer(level.level(), different);
    }

    private void onSegment(String replica, Segment segment) {
        if (resolved.get(segment.index())) {
            return;
        }
        send(segment.index());
        pending.computeIfAbsent(segment.index(), s -> new Pending()).add(replica, segment);
        resolveComplete(segment.index());
    }

    /** Answers nodes that differ, once each and in turn: with the hashes below, or at the leaves with the entries. */
    private void answer(int level, List<Integer> indices) {
        if (level == settings.segmentBits()) {
            inTurn(level, indices).forEach(this::send);
            return;
        }
        List<Integer> fresh = new ArrayList<>();
        for (int index : inTurn(level, indices)) {
            int node = (1 << level) + index;
            if (!answered.get(node)) {
                answered.set(node);
                fresh.add(index);
            }
        }
        int below = Math.min(level + settings.stride(), settings.segmentBits());
        int perMessage = Math.max(1, settings.maxEntriesPerMessage() >> (below - level));
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
                Hash128 hash = local.node(below, (parent << fan) + child);
                hashes[at++] = hash.hi();
                hashes[at++] = hash.lo();
            }
        }
        int[] indices = parents.stream().mapToInt(Integer::intValue).toArray();
        local.publish(new Level(level, below, indices, hashes));
    }

    /**
     * In an order that starts elsewhere in each round, the same everywhere and at every level, so that a bound on segments
     * reaches all.
     */
    private TreeSet<Integer> inTurn(int level, List<Integer> nodes) {
        int mask = (1 << level) - 1;
        int start = (int) (round * 0x9E3779B97F4A7C15L >>> 32) >>> Integer.SIZE - level;
        TreeSet<Integer> order = new TreeSet<>((a, b) -> Integer.compare(a - start & mask, b - start & mask));
        order.addAll(nodes);
        return order;
    }

    private void send(int index) {
        int leaf = (1 << settings.segmentBits()) + index;
        if (answered.get(leaf) || segmentsSent >= settings.maxSegmentsPerRound()) {
            return;
        }
        answered.set(leaf);
        segmentsSent++;
        List<Summary> entries = local.segment(index);
        int perMessage = settings.maxEntriesPerMessage();
        int chunks = Math.max(1, (entries.size() + perMessage - 1) / perMessage);
        for (int chunk = 0; chunk < chunks; chunk++) {
            List<Summary> part =
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
        boolean allRootsHeard = peers.size() == settings.replicas().size() - 1;
        if (segment == null || !settled && !allRootsHeard || !segment.whole.containsKey(settings.replica())) {
            return;
        }
        for (Map.Entry<String, Peer> peer : peers.entrySet()) {
            if (peer.getValue().standing == Standing.COMPARED && !segment.whole.containsKey(peer.getKey())) {
                return;
            }
        }
        if (segment.whole.size() > 1) {
            resolve(index, segment.whole);
        }
    }

    private void resolve(int index, Map<String, List<Summary>> heard) {
        pending.remove(index);
        resolved.set(index);
        local.resolve(index, heard);
    }
}

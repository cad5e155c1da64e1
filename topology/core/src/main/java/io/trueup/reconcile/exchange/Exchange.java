package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Finds the keys in which replicas differ at one cut, and collects what each replica holds of them. If sketches are kept:
 *
 * <ol>
 *   <li>A peer's root that differs is answered with the first symbols of this replica's sketch. The difference to those of the peer is
 *       decoded, see {@link SketchExchange}.
 *   <li>What each replica holds of the keys decoded is sent, see {@link KeyExchange}.
 * </ol>
 *
 * Where more keys differ than the symbols that are kept decode, or symbols are lost, or the peer knows no sketches, the trees are
 * descended together:
 *
 * <ol>
 *   <li>A peer's root that differs is answered with this replica's hashes {@code stride} levels below.
 *   <li>Each hash of a peer that differs from this replica's own is answered the same way, down to the leaves.
 *   <li>At the leaves, the segments to compare in this round are chosen, and their entries sent; or symbols of a sketch of these segments
 *       alone, of which as many are sent as it takes, and then the keys decoded.
 *   <li>A segment is resolved once the entries of all replicas that take part were heard.
 * </ol>
 *
 * Everything is broadcast, so each node is answered once for all peers. A lost message costs at most this round.
 *
 * <p>Each pair of replicas compares a bounded number of segments and entries in a round and continues in the next round where it
 * stopped. Both choose alike, since both have heard the same hashes; a segment or key that a peer sends is answered in any case.
 *
 * <p>A replica that holds nothing below a node sends zero in place of a hash. No replica descends there: what the others
 * agree on is missing.
 *
 * <p>Longer than 450 lines because all steps change the same state of the peers. Not thread-safe.
 */
public final class Exchange {

    /** Receives each segment and each single key, when everything about it was heard or will not be heard any more. */
    public interface SegmentConsumer {

        /**
         * Takes in a segment, once. Each of its keys is to be judged if {@link Exchange#isToBeJudged} says so.
         *
         * @param heard what each replica that was heard holds in the segment, by name
         */
        void accept(int segment, Map<String, List<EntrySummary>> heard);

        /**
         * Takes in a single key; the segment in which it lies may follow. If it was resolved without an owner, by itself or with its
         * segment, and that owner answers later, it is taken in again.
         *
         * @param key the upper lane of its hash
         */
        void acceptKey(long key, Map<String, List<EntrySummary>> heard);
    }

    /** Node 1 of a tree. */
    private static final int ROOT = 1;
    /** The entries of so few are sent at once: a sketch would take as much, and another message. */
    private static final int MIN_ROWS_SKETCHED = 8;
    /** As much as a replica chooses it answers and hears because a peer has chosen otherwise. */
    private static final int CHOICES = 2;

    private final Settings settings;
    private final int peersExpected;
    private final LocalSketches local;
    private final TreeAnswers answers;
    private final SketchExchange sketches;
    private final KeyExchange keys;
    private final SegmentConsumer compared;
    private final LagPolicy lagPolicy;
    private final SegmentRotation rotation;
    private final TreePeers treePeers;
    private final RoundMemory.Share memory;
    /** Whether sketches are exchanged in this round. */
    private final boolean sketched;

    private final long cutMs;
    private final int bits;
    private final Hash128 ownRoot;
    private final Root own;

    private final Map<String, PeerTree> peers = new TreeMap<>();
    private List<String> heard = List.of();
    private List<String> comparedPeers = List.of();
    private final Map<Integer, PendingSegment> pending = new TreeMap<>();
    private final BitSet resolved = new BitSet();
    private final KeyRange ranges;
    private final JudgedWith judged;
    private final Coverage coverage;
    private boolean settled;

    /**
     * Begins an exchange; nothing is published yet.
     *
     * @param owners number of replicas that own the partition, this one included
     * @param own the root of this replica
     * @param publish sends a message to all peers
     * @param memory what this round may hold
     */
    public Exchange(
            Settings settings,
            int owners,
            LocalSketches local,
            Root own,
            Consumer<Body> publish,
            SegmentConsumer compared,
            LagPolicy lagPolicy,
            SegmentRotation rotation,
            TreePeers treePeers,
            RoundMemory.Share memory,
            long cutMs) {
        this.settings = settings;
        this.peersExpected = owners - 1;
        this.local = local;
        this.answers = new TreeAnswers(settings, local, publish);
        this.sketches = new SketchExchange(settings, local, publish, new OfSketches(), memory);
        this.keys = new KeyExchange(settings, owners, local, publish, memory);
        this.compared = compared;
        this.lagPolicy = lagPolicy;
        this.rotation = rotation;
        this.treePeers = treePeers;
        this.memory = memory;
        this.sketched = treePeers.beginRound() && settings.shape().sketches();
        this.cutMs = cutMs;
        this.bits = settings.shape().segmentBits();
        this.ranges = new KeyRange(bits);
        this.judged = new JudgedWith(ranges);
        this.ownRoot = local.node(0, 0);
        this.own = own;
        this.coverage = new Coverage(settings, peers, resolved, keys.resolved());
    }

    /** Peers whose root was heard, in order of name. */
    public List<String> heard() {
        return heard;
    }

    /** Those of them that are compared. */
    public List<String> compared() {
        return comparedPeers;
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
        return replica.equals(settings.replica())
                ? own.evidence()
                : root(replica).evidence();
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
        if (!settled && !allHeard() || !pending.isEmpty() || keys.hasPending()) {
            return false;
        }
        for (PeerTree peer : peers.values()) {
            if (peer.compared
                    && !(peer.awaited.isEmpty() && peer.areResolved(peer.chosen, resolved, keys.resolved()))) {
                return false;
            }
        }
        return true;
    }

    /** Whether every segment that differs was compared, with what each peer that differs there holds. */
    public boolean isWhole() {
        return isComplete()
                && peers.values().stream()
                        .allMatch(peer -> !peer.compared || hasCompared(peer) && peer.isProven(peer.differing));
    }

    private static boolean hasCompared(PeerTree peer) {
        return peer.areResolved(peer.differing, peer.resolvedWith, peer.resolvedWithKeys);
    }

    /**
     * With which replicas a key was judged so far, this one included.
     *
     * @param key the upper lane of its hash
     */
    public Set<String> judgedWith(long key) {
        return judged.of(key);
    }

    /**
     * Whether a key that is taken in is to be judged: it was not yet, or with fewer replicas.
     *
     * @param key the upper lane of its hash
     * @param heardOf the replicas that were heard of it
     */
    public boolean isToBeJudged(long key, Set<String> heardOf) {
        return judged.isMore(key, heardOf);
    }

    /** How much of what differs was compared. */
    public Coverage coverage() {
        return coverage;
    }

    /** Takes in a peer's message about this cut; one that contradicts an earlier one changes nothing, and is invalid. */
    public void receive(String replica, long sealOffset, Body body) {
        body.accept(new Receiver(replica, sealOffset));
    }

    private final class Receiver extends RoundVisitor {
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

        @Override
        public Void symbols(Symbols symbols) {
            PeerTree peer = sameTree();
            if (peer != null) {
                peer.sentSymbols = true;
                onSymbols(peer, symbols);
            }
            return null;
        }

        @Override
        public Void entries(Entries entries) {
            PeerTree peer = sameTree();
            if (peer == null) {
                return null;
            }
            if (!hears(peer, entries)) {
                keys.answer(peer.name, entries);
            } else {
                keys.receive(peer.name, entries).forEach(Exchange.this::resolveKeyIfComplete);
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
        peers.values().stream().filter(peer -> peer.sketching).forEach(this::descend);
        peers.values().forEach(this::choose);
        resolveComplete();
    }

    /** Resolves what is left among those heard. */
    public void close() {
        memory.release();
        for (Map.Entry<Integer, PendingSegment> entry : new ArrayList<>(pending.entrySet())) {
            Map<String, List<EntrySummary>> heard =
                    heard(entry.getKey(), entry.getValue().whole());
            if (heard.size() > 1 && heard.containsKey(settings.replica())) {
                resolve(entry.getKey(), heard);
            }
        }
        for (long key : keys.pending()) {
            Map<String, List<EntrySummary>> heard = heard(segment(key), keys.heard(key));
            if (heard.size() > 1 && heard.containsKey(settings.replica())) {
                resolveKey(key, heard);
            }
        }
        for (PeerTree peer : peers.values()) {
            boolean knowsNoSketches = sketches.hasPublished() && peer.descended && !peer.sentSymbols;
            if (knowsNoSketches || peer.compared && hasCompared(peer) && !peer.isProven(peer.differing)) {
                treePeers.descended(peer.name);
            }
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
            keys.forget(replica);
            judged.forget(replica);
        }
        boolean equal = isOwnTree(root.hash());
        boolean compared = lagPolicy.compare(
                replica, equal, own.evidence().watermarkMs(), root.evidence().watermarkMs(), cutMs);
        PeerTree peer = new PeerTree(replica, sealOffset, root, compared);
        peers.put(replica, peer);
        heard = List.copyOf(peers.keySet());
        comparedPeers = peers.values().stream()
                .filter(other -> other.compared)
                .map(other -> other.name)
                .toList();
        if (compared && !equal) {
            if (isSketched(root) && sketches.begin(peer)) {
                peer.sketching = true;
                peer.awaited.set(ROOT);
            } else {
                descend(peer);
            }
        }
        resolveComplete();
    }

    /**
     * Whether what a peer holds is compared by sketches first. Not with a replica that is being filled: segments that it lacks as a
     * whole are found by their nodes, which takes less than a sketch of all that it lacks, round by round.
     */
    private boolean isSketched(Root root) {
        boolean nothing = root.hash().equals(Hash128.ZERO) || local.holdsNothing(0, 0);
        return sketched && !nothing && !root.filling() && !own.filling();
    }

    /** The trees of this replica and a peer differ: they are descended. */
    private void descend(PeerTree peer) {
        peer.sketching = false;
        peer.awaited.clear(ROOT);
        boolean nothing = peer.root.hash().equals(Hash128.ZERO);
        differsBelow(peer, 0, List.of(0), nothing ? Set.of(0) : Set.of());
    }

    private void onSymbols(PeerTree peer, Symbols symbols) {
        boolean awaited = peer.sketching || !peer.keyed && !symbols.segments().isEmpty();
        if (settings.shape().sketches() && !hasOwnTree(peer) && awaited) {
            sketches.receive(peer, symbols);
        } else if (settings.shape().sketches() && symbols.segments().isEmpty() && !peer.exact) {
            sketches.keep(peer, symbols);
            prove(peer);
        }
    }

    /** Compares the keys, too, that have changed since the cut, if they can be told. */
    private void prove(PeerTree peer) {
        Collection<Long> atCut = peer.exact || peer.decoded.isEmpty() ? null : sketches.atCut(peer);
        if (atCut != null) {
            peer.exact = true;
            atCut.forEach(key -> peer.decoded(segment(key), key));
            keys.send(atCut);
            atCut.forEach(this::resolveKeyIfComplete);
        }
    }

    private final class OfSketches implements SketchExchange.Outcome {

        @Override
        public void decoded(PeerTree peer, List<Integer> segments, Collection<Long> decoded) {
            if (isOfEverything(peer, segments)) {
                decodedAll(peer, segments.isEmpty() ? decoded : sketches.atCut(peer));
            } else {
                segments.forEach(peer.decoded::set);
                decoded.forEach(key -> peer.decoded(segment(key), key));
                keys.send(decoded);
                decoded.forEach(Exchange.this::resolveKeyIfComplete);
                prove(peer);
            }
        }

        /** @param decoded all keys in which a peer differed at the cut; null if they are not known */
        private void decodedAll(PeerTree peer, Collection<Long> decoded) {
            if (decoded == null || decoded.isEmpty()) {
                descend(peer); // the roots differ all the same
                return;
            }
            peer.sketching = false;
            peer.keyed = true;
            peer.exact = true;
            peer.awaited.clear(ROOT);
            for (long key : decoded) {
                peer.differing.set(segment(key));
                peer.decoded.set(segment(key));
                peer.decoded(segment(key), key);
            }
            choose(peer);
            decoded.forEach(Exchange.this::resolveKeyIfComplete);
        }

        /** Once the trees are descended, all segments may differ: they are then compared as any others. */
        private boolean isOfEverything(PeerTree peer, List<Integer> segments) {
            return peer.sketching && sketches.coversAll(segments);
        }

        @Override
        public void undecodable(PeerTree peer, List<Integer> segments) {
            if (isOfEverything(peer, segments)) {
                descend(peer);
            } else {
                segments.stream().filter(peer.chosen::get).forEach(Exchange.this::send);
            }
        }
    }

    private int segment(long key) {
        return ranges.segment(key);
    }

    private void onLevel(PeerTree peer, Level level) {
        peer.descended |= level.parentLevel() == 0;
        if (peer.sketching || peer.keyed && !peer.heardBelow.get(ROOT)) {
            descend(peer); // the peer does, too: it may have decoded nothing
        }
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
        BitSet chosen = new BitSet();
        peers.values().stream().filter(other -> other.compared).forEach(other -> chosen.or(other.chosen));
        for (int segment = node << span; segment < node + 1 << span; segment++) {
            if (!local.isEmpty(bits, segment)) {
                peer.nothing.set(segment);
                if (chosen.get(segment)) {
                    send(segment);
                }
            }
        }
    }

    /** Chooses the segments that this pair compares in this round, and sends their entries, or their sketch first. */
    private void choose(PeerTree peer) {
        if (!peer.compared) {
            return;
        }
        peer.hasChosen = true;
        int max = settings.limits().maxSegmentsPerRound();
        List<Integer> fresh = new ArrayList<>();
        for (int segment : rotation.choose(peer.name, peer.differing, max)) {
            if (peer.chosen.cardinality() >= max
                    || peer.chosenRows >= settings.limits().maxEntriesPerRound()
                    || !peer.chosen.isEmpty() && memory.isExhausted()) {
                break;
            }
            if (!peer.chosen.get(segment)) {
                boolean single = peer.keyed && !isSentWhole(peer, segment);
                long more = single ? peer.keys(segment).size() : local.rows(segment);
                peer.chosenRows += more;
                memory.heard(more * (1 + peersExpected));
                memory.expectVectors(vectorBytes(peer, segment, single) * (1 + peersExpected) * CHOICES);
                peer.chosen.set(segment);
                fresh.add(segment);
            }
        }
        if (settings.shape().sketches()) {
            fresh.stream().filter(segment -> isSentWhole(peer, segment)).forEach(this::send);
            fresh.removeIf(segment -> isSentWhole(peer, segment));
        }
        if (peer.keyed) {
            keys.send(fresh.stream()
                    .flatMap(segment -> peer.keys(segment).stream())
                    .toList());
        } else if (settled
                || !isSketched(fresh)
                || !sketches.begin(fresh.stream().sorted().toList(), expectedElements(peer, fresh.size()))) {
            fresh.forEach(this::send);
        }
        if (settled && !peer.keyed) {
            peer.chosen.stream().filter(segment -> !peer.decoded.get(segment)).forEach(this::send);
        }
    }

    /**
     * Whether a sketch does not suffice for a segment. If the keys are known in which a peer differs, and the trees are descended all the
     * same, because some peer does not know them, then the hashes may show segments that no known key explains: a sketch of what is
     * held now shows what differs now, and not at the cut.
     */
    private boolean isSentWhole(PeerTree peer, int segment) {
        return !isHeldByAll(segment) || peer.keyed && !peer.decoded.get(segment);
    }

    /** What this replica's own vectors take up of what is compared in a segment. */
    private long vectorBytes(PeerTree peer, int segment, boolean single) {
        if (!local.hasVectors()) {
            return 0;
        }
        return single
                ? peer.keys(segment).stream()
                        .mapToLong(key -> MessageMemory.vectorBytes(local.key(key)))
                        .sum()
                : MessageMemory.vectorBytes(local.segment(segment));
    }

    /**
     * Whether there is room for what a peer holds in a segment. If there is none, the peer is answered all the same: it has room,
     * since it has chosen the segment. One segment of each peer is heard in any case, so that whatever differs is compared in the end.
     */
    private boolean hears(PeerTree peer, Segment segment) {
        int index = segment.index();
        if (peer.chosen.get(index)) {
            peer.firstChosen = peer.firstChosen == PeerTree.NONE ? index : peer.firstChosen;
        } else {
            peer.firstOther = peer.firstOther == PeerTree.NONE ? index : peer.firstOther;
        }
        return hears(segment.entries(), index == peer.firstChosen || index == peer.firstOther);
    }

    /** The same for what a peer holds of single keys. */
    private boolean hears(PeerTree peer, Entries entries) {
        boolean first = !peer.heardKeys;
        peer.heardKeys = true;
        return hears(entries.entries(), first);
    }

    private boolean hears(List<EntrySummary> entries, boolean always) {
        long bytes = MessageMemory.vectorBytes(entries);
        boolean hears = always || memory.hasRoomForVectors(bytes);
        if (hears) {
            memory.heardVectors(bytes);
        }
        return hears;
    }

    /**
     * Whether no peer holds nothing in a segment. Otherwise all of its entries are compared: those keys that a sketch does not show,
     * because all others hold the same, are missing there.
     */
    private boolean isHeldByAll(int segment) {
        return peers.values().stream().noneMatch(peer -> peer.compared && peer.nothing.get(segment));
    }

    /** Whether the sketch of segments is likely to take less than their entries. */
    private boolean isSketched(List<Integer> segments) {
        long rows = segments.stream().mapToLong(local::rows).sum();
        return settings.shape().sketches()
                && segments.size() <= MessageCheck.MAX_SEGMENTS
                && rows > (long) MIN_ROWS_SKETCHED * segments.size();
    }

    /**
     * How many elements are expected in segments that differ. Where n of N segments differ, about -N ln(1 - n / N) keys do. Those
     * that only one replica holds are one element, the others two.
     */
    private double expectedElements(PeerTree peer, int segments) {
        double all = 1 << bits;
        double differing = Math.min(peer.differing.cardinality(), all - 0.5);
        double keysExpected = -all * Math.log(1 - differing / all);
        double surplus = Math.abs(local.entries() - peer.root.entries());
        return Math.max(keysExpected, 2 * keysExpected - surplus) * segments / differing;
    }

    private void onSegment(PeerTree peer, Segment segment) {
        if (resolved.get(segment.index())) {
            return;
        }
        PendingSegment before = pending.get(segment.index());
        if (before != null) {
            before.check(peer.name, segment);
        }
        if (peer.sketching && bits == 0) {
            descend(peer); // a tree of one segment has no hashes that the peer would have sent before
        }
        if (!hears(peer, segment)) {
            answers.segment(segment.index());
            return;
        }
        send(segment.index());
        pending.computeIfAbsent(segment.index(), s -> new PendingSegment()).add(peer.name, segment);
        resolveIfComplete(segment.index());
    }

    private void send(int segment) {
        List<EntrySummary> entries = answers.segment(segment);
        if (entries != null) {
            memory.heardVectors(MessageMemory.vectorBytes(entries));
            pending.computeIfAbsent(segment, s -> new PendingSegment()).put(settings.replica(), entries);
            resolveIfComplete(segment);
        }
    }

    private void resolveComplete() {
        for (int index : List.copyOf(pending.keySet())) {
            resolveIfComplete(index);
        }
        keys.pending().forEach(this::resolveKeyIfComplete);
    }

    private void resolveKeyIfComplete(long key) {
        Map<String, List<EntrySummary>> heard = heard(segment(key), keys.heard(key));
        if (isHeardByAll(heard)) {
            resolveKey(key, heard);
        }
    }

    /** A key counts as resolved with those replicas alone with which it was judged. */
    private void resolveKey(long key, Map<String, List<EntrySummary>> heard) {
        keys.resolve(key, heard);
        if (judged.isMore(key, heard.keySet())) {
            compared.acceptKey(key, heard);
            judged.key(key, heard.keySet());
        }
        Set<String> with = judged.of(key);
        peers.values().stream()
                .filter(peer -> with.contains(peer.name))
                .forEach(peer -> peer.resolvedWithKeys.add(key));
    }

    /** Whether this replica and all peers that take part are heard, and one at least takes part. */
    private boolean isHeardByAll(Map<String, List<EntrySummary>> heard) {
        return (settled || allHeard())
                && heard.containsKey(settings.replica())
                && heard.size() > 1
                && peers.values().stream().allMatch(peer -> !peer.compared || heard.containsKey(peer.name));
    }

    private void resolveIfComplete(int index) {
        PendingSegment segment = pending.get(index);
        if (segment != null) {
            Map<String, List<EntrySummary>> heard = heard(index, segment.whole());
            if (isHeardByAll(heard)) {
                resolve(index, heard);
            }
        }
    }

    /** What each replica holds in a segment, or of a key in it, as far as it was heard or is known to be nothing. */
    private Map<String, List<EntrySummary>> heard(int index, Map<String, List<EntrySummary>> heard) {
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
        judged.segment(index, heard.keySet());
        resolveKeysIn(index, heard);
    }

    /** Some keys of a segment that is resolved were heard of other replicas than the segment. */
    private void resolveKeysIn(int index, Map<String, List<EntrySummary>> heard) {
        Map<Long, TreeMap<String, List<EntrySummary>>> byKey = keys.heardIn(index);
        if (byKey.isEmpty()) {
            return;
        }
        heard.forEach((replica, entries) -> {
            byKey.values().forEach(ofKey -> ofKey.put(replica, new ArrayList<>()));
            for (EntrySummary entry : entries) {
                TreeMap<String, List<EntrySummary>> ofKey =
                        byKey.get(entry.keyHash().hi());
                if (ofKey != null) {
                    ofKey.get(replica).add(entry);
                }
            }
        });
        byKey.forEach(this::resolveKey);
    }
}

package io.trueup.reconcile;

import io.trueup.reconcile.Judge.Case;
import io.trueup.reconcile.Judge.Finding;
import io.trueup.reconcile.Message.Approval;
import io.trueup.reconcile.Message.Body;
import io.trueup.reconcile.Message.Choice;
import io.trueup.reconcile.Message.Command;
import io.trueup.reconcile.Message.Level;
import io.trueup.reconcile.Message.Probe;
import io.trueup.reconcile.Message.ProbeAnswer;
import io.trueup.reconcile.Message.Root;
import io.trueup.reconcile.Message.Segment;
import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The reconciler of one replica and one partition: keeps the tree current, takes part in rounds, decides repairs.
 *
 * <p>A state machine: it reads no clock and does no input or output. Time comes with each call and never goes back;
 * everything that it sends goes to the {@link Outbox}. Not thread-safe: one thread at a time.
 *
 * <p>One round is open at a time: it opens when its cut is sealed and closes at its deadline, which lies before the next
 * round is due, or as soon as all owners are known to be equal. What it finds is acted on when everything is compared, at
 * the latest when it closes.
 */
public final class Reconciler {

    private static final int MAX_EARLY = 10_000;
    private static final String A_PERSON = "(a command)";

    private final Settings settings;
    private final int partition;
    private final Outbox outbox;
    private final KeyedHash hash;
    private final Windows windows;
    private final EntryTable table;
    private final EntryTree tree;
    private final FloodGuard guard;
    private final Conflicts conflicts;
    private final ConflictChoices choices = new ConflictChoices();
    private final RepairDispatcher supply;
    private final Probes probes;
    private final RepairAnswers watch = new RepairAnswers();
    private final Outages absences;
    private RoundCounts tally = new RoundCounts();

    private List<String> owners = List.of();
    private long fingerprint;
    private Judge judge;
    private HotKeys motion;
    private LagPolicy patience;
    private SegmentRotation turns;

    /** Messages about cuts that are not sealed here yet. */
    private final TreeMap<Long, List<Message>> early = new TreeMap<>();

    private final TreeSet<String> disagreeing = new TreeSet<>();
    private long clampedReported;

    private final Backfill seeding;

    private long lastDueRound;
    private Long awaitedRound;
    private OpenRound open;

    /**
     * Builds the tree from the entries; rounds already due are not joined.
     *
     * @param entries what the replica holds
     */
    public Reconciler(Settings settings, int partition, EntryTable entries, Outbox outbox, long nowMs) {
        this.settings = settings;
        this.partition = partition;
        this.outbox = outbox;
        this.table = entries;
        hash = new KeyedHash(settings.secret());
        windows = new Windows(settings.times().intervalMs(), settings.times().graceMs());
        tree = new EntryTree(
                hash,
                windows,
                settings.shape().segmentBits(),
                settings.rules().compareValues(),
                entries,
                settings.rules().progressOnly(),
                nowMs);
        guard = new FloodGuard(settings);
        conflicts = new Conflicts(settings, entries, outbox);
        supply = new RepairDispatcher(settings, entries, hash, outbox, guard, conflicts);
        probes = new Probes(settings, new ProbedHere());
        absences = new Outages(settings);
        seeding = new Backfill(settings, entries);
        lastDueRound = windows.dueAt(nowMs);
        place(settings.placement());
    }

    /**
     * Changes who owns which partitions. Where the owners of this partition stay the same, nothing happens; the tree is not
     * built again in any case. A round under way ends unreported.
     */
    public void place(Placement placement) {
        List<String> now = placement.owners(partition);
        if (now.equals(owners)) {
            return;
        }
        owners = now;
        fingerprint = settings.with(placement).fingerprint(hash, partition);
        judge = new Judge(settings, owners);
        motion = new HotKeys(settings, judge);
        patience = new LagPolicy(settings);
        turns = new SegmentRotation(settings.shape().segmentBits());
        guard.keepOnly(owners);
        probes.forget();
        open = null;
        awaitedRound = null;
        early.clear();
    }

    private boolean isOwner() {
        return owners.contains(settings.replica());
    }

    /** Takes in a write event of this replica. */
    public void write(Write write) {
        if (tree.apply(write) == EntryTree.Applied.REPLACED && !watch.isEmpty()) {
            watch.written(hash.key(write.key()), write.repairId(), write.version(), write.deleted());
        }
    }

    /**
     * Takes in a progress event: every write of this partition up to a position is applied.
     *
     * @param appendTimeMs when the event was appended or first seen; a position ahead of it is clamped to it
     */
    public void progress(long positionMs, long appendTimeMs) {
        tree.progress(Math.min(positionMs, appendTimeMs));
    }

    /**
     * A scan of the datastore starts.
     *
     * @param scan names it
     * @param offset where its start lies in the writes partition
     */
    public void scanStarted(String scan, long offset) {
        tree.scanStarted(scan, offset);
    }

    /**
     * A scan has found what the datastore stores for a key; write events since its start are newer and win.
     *
     * @param write what was found, at the offset of the record that says so
     * @param since offset of the scan's start
     */
    public void scanned(Write write, String scan, long since) {
        tree.scanned(write, scan, since);
    }

    /**
     * A scan has ended: live entries that it has not found are dropped, unless it was not seen whole.
     *
     * @param since offset of its start
     * @param found how many keys it has found
     * @return how many entries were dropped, or -1 if the scan was not seen whole
     */
    public long scanEnded(long nowMs, String scan, long since, long found) {
        long dropped = tree.scanEnded(scan, since, found, nowMs);
        tally.dropped += Math.max(0, dropped);
        return dropped;
    }

    /** Takes in a repair event that some supplier has sent to this replica, to watch it being answered. */
    public void repairSent(long nowMs, String id, byte[] key, long version, boolean deleted, long validUntilMs) {
        if (nowMs <= validUntilMs) {
            Hash128 keyHash = hash.key(key);
            watch.sent(keyHash, id, version, deleted, validUntilMs, table.get(keyHash));
        }
    }

    /** Compares one key now, because someone has read differing answers or asks. Ignored where this replica owns nothing. */
    public void probe(long nowMs, byte[] key) {
        if (isOwner()) {
            probes.start(nowMs, hash.key(key));
        }
    }

    /**
     * Takes in a control message; own messages are ignored.
     *
     * @throws InvalidMessageException if it cannot be true; nothing was changed then
     */
    public void message(long nowMs, Message message) {
        if (message.replica().equals(settings.replica())) {
            return;
        }
        if (message.partition() != partition) {
            throw new InvalidMessageException(
                    "it is about partition " + message.partition() + ", but lies in partition " + partition);
        }
        boolean person = message.replica().equals(Message.PERSON);
        if (message.fingerprint() != fingerprint || !person && !owners.contains(message.replica())) {
            disagreeing.add(person ? A_PERSON : message.replica());
            return;
        }
        Body body = message.body();
        if (body instanceof Command || body instanceof Probe) {
            obey(nowMs, message.cutMs(), body);
            return;
        }
        require(!person, "it names no replica, and only a command or a probe may do so");
        check(body);
        if (body instanceof ProbeAnswer held) {
            if (isOwner()) {
                probes.answered(nowMs, message.replica(), message.cutMs(), held);
            }
        } else if (open != null && open.cutMs == message.cutMs()) {
            open.receive(nowMs, message);
        } else if (message.cutMs() > windows.cutMs(tree.sealedRound())) {
            keep(message);
        }
    }

    private void obey(long nowMs, long cutMs, Body body) {
        if (!isOwner()) {
            return;
        }
        if (body instanceof Probe probe) {
            probes.heard(nowMs, cutMs, probe.keyHash());
        } else if (body instanceof Approval approval) {
            guard.approve(approval.target(), approval.untilMs(), nowMs);
        } else if (body instanceof Choice choice && settings.rules().resolution() == Settings.Resolution.MAJORITY) {
            choices.chosen(
                    hash.key(choice.key()), choice, nowMs + settings.times().repairValidityMs());
        } else if (body instanceof Choice choice && choice.replica().equals(settings.replica())) {
            List<String> targets = owners.stream()
                    .filter(owner -> !settings.rules().sources().contains(owner))
                    .toList();
            supply.choose(nowMs, choice, targets, tally);
        }
    }

    /** Lets time pass: starts and closes rounds. To be called every 50 to 100 ms. */
    public void tick(long nowMs) {
        if (open != null) {
            open.tick(nowMs);
        }
        if (isOwner()) {
            probes.tick(nowMs, owners.size());
        }
        long due = windows.dueAt(nowMs);
        if (due <= lastDueRound) {
            return;
        }
        lastDueRound = due;
        if (open != null) {
            open.close(nowMs);
        }
        if (awaitedRound != null) {
            skip(nowMs, awaitedRound, "not consumed up to the end of the writes partition within the interval");
            awaitedRound = null;
        }
        watch.expire(nowMs);
        supply.nextRound();
        early.headMap(windows.cutMs(due), false).clear();
        if (!isOwner()) {
            tree.seal(due - 1);
            leaveConflicts(windows.cutMs(due - 1));
            return;
        }
        if (due < tree.exactFromRound()) {
            skip(nowMs, due, "the tree was rebuilt and is exact from round " + tree.exactFromRound() + " on");
            return;
        }
        awaitedRound = due;
        outbox.awaitEnd(due);
    }

    /** What this replica has told of is for the owners to tell now; what has been settled meanwhile is not to stand for ever. */
    private void leaveConflicts(long cutMs) {
        conflicts.onlyThese(Set.of(), cutMs);
        conflicts.remember();
    }

    /**
     * Answers {@link Outbox#awaitEnd}: the writes partition is consumed up to an end offset seen after the request.
     *
     * @param round the round of the request
     * @param offset the offset up to which the partition is consumed
     */
    public void sealed(long nowMs, long round, long offset) {
        if (awaitedRound == null || awaitedRound != round) {
            return;
        }
        awaitedRound = null;
        tree.seal(round);
        if (nowMs >= deadlineMs(round)) {
            skip(nowMs, round, "sealed only after its deadline");
            return;
        }
        open = new OpenRound(round, offset, nowMs);
        open.start();
        List<Message> heardBefore = early.getOrDefault(open.cutMs, List.of());
        early.headMap(open.cutMs, true).clear();
        for (Message message : heardBefore) {
            if (open != null) {
                open.receive(nowMs, message);
            }
        }
    }

    /**
     * Answers {@link Outbox#awaitEndForProbes}.
     *
     * @param ticket number of the request
     */
    public void probesConsumed(long nowMs, long ticket) {
        if (isOwner()) {
            probes.consumed(ticket);
            probes.tick(nowMs, owners.size());
        }
    }

    private long deadlineMs(long round) {
        return windows.dueMs(round) + settings.times().deadlineMs();
    }

    private void keep(Message message) {
        long newestCut = windows.cutMs(lastDueRound + 1);
        if (message.cutMs() <= newestCut) {
            List<Message> messages = early.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>());
            if (messages.size() < MAX_EARLY) {
                messages.add(message);
            }
        }
    }

    private void check(Body body) {
        if (body instanceof Level level) {
            int fan = level.level() - level.parentLevel();
            require(
                    level.parentLevel() >= 0
                            && fan >= 1
                            && fan <= settings.shape().stride(),
                    "levels " + level.parentLevel() + " and " + level.level() + " do not lie within a stride of "
                            + settings.shape().stride());
            require(
                    level.level() <= settings.shape().segmentBits(),
                    "level " + level.level() + " lies below the leaves");
            require(
                    level.hashes().length == (2L * level.parents().length << fan),
                    level.hashes().length / 2 + " hashes do not fit " + level.parents().length + " parents");
            for (int parent : level.parents()) {
                require(
                        parent >= 0 && parent < 1 << level.parentLevel(),
                        "there is no node " + parent + " at level " + level.parentLevel());
            }
        } else if (body instanceof Segment segment) {
            require(
                    segment.index() >= 0
                            && segment.index() < 1 << settings.shape().segmentBits(),
                    "there is no segment " + segment.index());
            require(
                    segment.chunk() >= 0 && segment.chunk() < segment.chunks() && segment.chunks() <= 1 << 20,
                    "there is no chunk " + segment.chunk() + " of " + segment.chunks());
            for (EntrySummary entry : segment.entries()) {
                require(
                        tree.segment(entry.keyHash()) == segment.index(),
                        "key hash " + entry.keyHash() + " does not lie in segment " + segment.index());
            }
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new InvalidMessageException(otherwise);
        }
    }

    private void skip(long nowMs, long round, String note) {
        new OpenRound(round, -1, nowMs).report(nowMs, Outcome.SKIPPED, note);
    }

    /** What this replica says and does about single keys. */
    private final class ProbedHere implements Probes.Local {
        @Override
        public ProbeAnswer held(Hash128 keyHash) {
            Entry entry = table.get(keyHash);
            return new ProbeAnswer(
                    keyHash, entry == null ? null : RepairDispatcher.summary(keyHash, entry), tree.watermarkMs());
        }

        @Override
        public void publish(long cutMs, Body body) {
            outbox.publish(new Message(settings.replica(), partition, cutMs, -1, fingerprint, body));
        }

        @Override
        public void awaitEnd(long ticket) {
            outbox.awaitEndForProbes(ticket);
        }

        @Override
        public void judge(long cutMs, Hash128 keyHash, Map<String, ProbeAnswer> heard) {
            tally.probes++;
            TreeMap<String, EntrySummary> entries = new TreeMap<>();
            Map<String, Long> watermarks = new TreeMap<>();
            heard.forEach((replica, held) -> {
                entries.put(replica, held.entry());
                watermarks.put(replica, held.watermarkMs());
            });
            Case key = new Case(cutMs, entries, watermarks);
            if (!judge.equal(key)) {
                long now = cutMs + settings.times().graceMs();
                judge.judge(key).forEach(finding -> supply.act(now, cutMs, keyHash, finding, false, tally));
                conflicts.remember();
            }
        }
    }

    /** A divergence that waits for the end of the comparison. */
    private record Found(Hash128 keyHash, Finding finding) {}

    /** The round under way: its exchange, and what was found and done. */
    private final class OpenRound implements Exchange.Local {
        private final long round;
        private final long cutMs;
        private final long sealOffset;
        private final long sealedMs;
        private final Exchange exchange;
        private final List<Found> found = new ArrayList<>();
        private final Map<String, Long> suspicious = new TreeMap<>();
        private final Map<String, Long> whereNothing = new TreeMap<>();
        private final DatasetMismatch strangers = new DatasetMismatch();
        private final Set<String> strange = new TreeSet<>();
        /** Who was seen to lack live entries, not counting what may be on its way. */
        private final Set<String> lacking = new TreeSet<>();

        private final Set<Hash128> inConflict = new HashSet<>();
        private long nowMs;
        private Root own;
        private boolean heldNothing;
        private boolean concluded;
        private int segments;
        private long keys;
        private long controlMessages;
        private long controlBytes;

        OpenRound(long round, long sealOffset, long nowMs) {
            this.round = round;
            this.cutMs = windows.cutMs(round);
            this.sealOffset = sealOffset;
            this.sealedMs = nowMs;
            this.nowMs = nowMs;
            this.exchange = new Exchange(settings, owners.size(), this, patience, turns, cutMs);
        }

        void start() {
            tree.noteWatermark();
            heldNothing = tree.holdsNothing(0, 0);
            Hash128 root = holdsNothing(0, 0) ? Hash128.ZERO : tree.node(0, 0);
            own = new Root(root, tree.entries(), tree.watermarkMs(), seeding.isFilled(), seeding.isNew(tree.entries()));
            publish(own);
        }

        void receive(long now, Message message) {
            nowMs = now;
            exchange.receive(message.replica(), message.sealOffset(), message.body());
            if (exchange.allEqual()) {
                close(now);
            } else if (exchange.isComplete()) {
                conclude();
            }
        }

        void tick(long now) {
            nowMs = now;
            if (now >= deadlineMs(round)) {
                close(now);
            } else if (now >= sealedMs + settings.times().settleMs()) {
                exchange.settle();
                if (exchange.isComplete()) {
                    conclude();
                }
            }
        }

        void close(long now) {
            nowMs = now;
            open = null;
            exchange.close();
            conclude();
            finish();
            report(now, outcome(), null);
        }

        private Outcome outcome() {
            if (exchange.heard().isEmpty()) {
                return Outcome.ALONE;
            } else if (exchange.someDiffer()) {
                return Outcome.DIVERGENT;
            } else {
                return exchange.someLag() ? Outcome.LAGGING : Outcome.EQUAL;
            }
        }

        /** Acts on what was found so far: first the guard weighs it, then repairs go out. */
        private void conclude() {
            if (exchange.heard().isEmpty() || concluded && found.isEmpty()) {
                return;
            }
            weigh();
            found.sort(Comparator.comparing(Found::keyHash));
            for (Found each : found) {
                noteLacking(each.finding);
                supply.act(nowMs, cutMs, each.keyHash, each.finding, false, tally);
            }
            found.clear();
            conflicts.remember();
            if (!concluded) {
                fill();
            }
            concluded = true;
        }

        /** Who was away by what was heard so far. */
        private void noteAbsences() {
            long highestMs = highestWatermarkMs();
            for (String owner : owners) {
                boolean heard =
                        owner.equals(settings.replica()) || exchange.heard().containsKey(owner);
                if (heard) {
                    absences.seen(owner, exchange.watermarkMs(owner), highestMs, cutMs);
                } else {
                    absences.silent(owner, highestMs, cutMs);
                }
            }
        }

        private long highestWatermarkMs() {
            return exchange.heard().keySet().stream()
                    .mapToLong(exchange::watermarkMs)
                    .reduce(tree.watermarkMs(), Math::max);
        }

        private void weigh() {
            noteAbsences();
            List<String> compared = compared();
            noteStrange(compared);
            for (Found each : found) {
                if (isSuspicious(each.finding)) {
                    suspicious.merge(each.finding.target(), 1L, Long::sum);
                }
            }
            for (String peer : compared) {
                if (!whereNothing.containsKey(peer) && (!isFilled(peer) || strange.contains(peer))) {
                    whereNothing.put(peer, suspiciousWhereNothing(peer));
                }
            }
            compared.forEach(this::weigh);
            if (!compared.isEmpty()) {
                weigh(settings.replica());
            }
        }

        private void noteStrange(List<String> compared) {
            compared.stream().filter(this::isStranger).forEach(strange::add);
            if (!strange.isEmpty()) {
                strange.add(settings.replica());
            }
        }

        /** Whether a peer and this replica seem not to hold the same data at all. Who is filled need not know what others hold. */
        private boolean isStranger(String peer) {
            double factor = exchange.unresolvedFactor(peer);
            boolean there = strangers.mostOnlyThere(peer, factor, exchange.onlyAt(peer), entries(peer));
            boolean here = strangers.mostOnlyHere(peer, factor, exchange.missingAt(peer), tree.entries());
            if (isFilled(peer) == isFilled(settings.replica())) {
                return there && here;
            }
            return isFilled(peer) ? there : here;
        }

        private void weigh(String target) {
            long lacking = whereNothing.getOrDefault(target, 0L);
            long compared = suspicious.getOrDefault(target, 0L);
            long divergences = lacking + (long) (compared * exchange.unresolvedFactor(target));
            long atMost = lacking + (long) (compared * exchange.unheardFactor(target));
            guard.weigh(
                    target, divergences, atMost, mostEntries(), exchange.isWhole(), strange.contains(target), nowMs);
        }

        /** Keys that a peer lacks where it holds nothing, estimated from as many as are a flood. */
        private long suspiciousWhereNothing(String peer) {
            BitSet missing = exchange.missingOnlyAt(peer);
            long flood = guard.leastFlood(mostEntries());
            long lacking = 0;
            long read = 0;
            for (int at = missing.nextSetBit(0); at >= 0 && lacking < flood; at = missing.nextSetBit(at + 1)) {
                read++;
                for (EntrySummary entry : segment(at)) {
                    Finding finding = missing(peer, judge.judge(whereNothing(at, entry)));
                    lacking += finding != null && isSuspicious(finding) ? 1 : 0;
                }
            }
            return read == 0 ? 0 : lacking * missing.cardinality() / read;
        }

        /** Peers that are compared in this round. */
        private List<String> compared() {
            return exchange.heard().entrySet().stream()
                    .filter(peer -> peer.getValue() == Exchange.Standing.COMPARED)
                    .map(Map.Entry::getKey)
                    .toList();
        }

        /** Live entries of the replica that has most. */
        private long mostEntries() {
            return exchange.heard().keySet().stream().mapToLong(this::entries).reduce(tree.entries(), Math::max);
        }

        /** Whether a divergence may be a sign of a mistake: not what an outage or an empty replica explains. */
        private boolean isSuspicious(Finding finding) {
            if (finding.waiting() || finding.kind() == Divergence.CONFLICT) {
                return false;
            }
            String target = finding.target();
            boolean fills = finding.kind() == Divergence.MISSING && isFilled(target) && !strange.contains(target);
            return !fills
                    && !absences.missed(
                            target, finding.winner().positionMs(), exchange.watermarkMs(target), highestWatermarkMs());
        }

        private long entries(String replica) {
            return replica.equals(settings.replica())
                    ? tree.entries()
                    : exchange.root(replica).entries();
        }

        /** Whether a replica has been empty and lacks much still. One that holds as many entries as others is no longer filled. */
        private boolean isFilled(String replica) {
            return seeding.isFilled(root(replica), mostEntries());
        }

        private Root root(String replica) {
            return replica.equals(settings.replica()) ? own : exchange.root(replica);
        }

        /** Gives a peer what it lacks where it holds nothing and all others agree, until the pace is used up. */
        private void fill() {
            for (String peer : compared()) {
                boolean weighed = isFilled(peer) || exchange.isComplete();
                if (weighed && !settings.rules().sources().contains(peer) && !guard.holdsBack(peer)) {
                    fill(peer);
                    tellTombstones(peer);
                }
            }
        }

        private void fill(String target) {
            BitSet missing = exchange.missingOnlyAt(target);
            boolean paced = false;
            for (int at = missing.nextSetBit(0); at >= 0 && !paced; at = missing.nextSetBit(at + 1)) {
                segments++;
                for (EntrySummary entry : segment(at)) {
                    keys++;
                    paced = paced || fill(target, at, entry) == Action.PACED;
                }
            }
        }

        private Action fill(String target, int segment, EntrySummary entry) {
            Case key = whereNothing(segment, entry);
            Finding finding = missing(target, motion.judge(entry.keyHash(), key));
            noteLacking(finding);
            return finding == null ? null : supply.act(nowMs, cutMs, entry.keyHash(), finding, true, tally);
        }

        private void noteLacking(Finding finding) {
            if (finding != null && finding.kind() == Divergence.MISSING && !finding.waiting()) {
                lacking.add(finding.target());
            }
        }

        /**
         * Gives a peer that has been empty the tombstones, too: they stand in no tree, so nothing would show that it lacks them.
         * The first by name of those that have not been empty does that, once, over as many rounds as the pace asks for.
         */
        private void tellTombstones(String target) {
            int segments = 1 << settings.shape().segmentBits();
            seeding.heard(target, exchange.root(target), segments, lacking.contains(target));
            Integer from = seeding.toTell(target);
            if (from == null || !isFirstNotEmpty()) {
                return;
            }
            int next = from;
            while (next < segments && tellTombstones(target, next)) {
                next++;
            }
            seeding.told(target, next);
        }

        private boolean isFirstNotEmpty() {
            long most = mostEntries();
            return !seeding.wasEmpty(own, most)
                    && compared().stream()
                            .noneMatch(peer -> peer.compareTo(settings.replica()) < 0
                                    && !seeding.wasEmpty(exchange.root(peer), most));
        }

        /** False if the pace is used up. */
        private boolean tellTombstones(String target, int segment) {
            for (EntrySummary entry : segment(segment)) {
                Finding finding =
                        entry.deleted() ? judge.missingTombstone(target, entry, whereNothing(segment, entry)) : null;
                if (finding != null
                        && supply.act(nowMs, cutMs, entry.keyHash(), finding, true, tally) == Action.PACED) {
                    return false;
                }
            }
            return true;
        }

        /** An entry of a segment in which some peers hold nothing and all others the same. */
        private Case whereNothing(int segment, EntrySummary entry) {
            TreeMap<String, EntrySummary> entries = new TreeMap<>();
            Map<String, Long> watermarks = new TreeMap<>();
            exchange.heard().forEach((peer, standing) -> {
                if (standing == Exchange.Standing.COMPARED) {
                    entries.put(peer, exchange.holdsNothing(peer, segment) ? null : entry);
                    watermarks.put(peer, exchange.watermarkMs(peer));
                }
            });
            entries.put(settings.replica(), entry);
            watermarks.put(settings.replica(), exchange.watermarkMs(settings.replica()));
            return new Case(cutMs, entries, watermarks);
        }

        private Finding missing(String target, List<Finding> findings) {
            return findings.stream()
                    .filter(finding -> finding.target().equals(target) && finding.kind() == Divergence.MISSING)
                    .findFirst()
                    .orElse(null);
        }

        /** Once all owners are known to agree but for what was found: what need not be remembered any more is forgotten. */
        private void finish() {
            supply.forgetBefore(cutMs);
            long most = compared().stream().mapToLong(this::entries).max().orElse(-1);
            seeding.compared(own, heldNothing, most, exchange.allCompared());
            if (exchange.allCompared() && exchange.isWhole()) {
                conflicts.onlyThese(inConflict, cutMs);
                long behindMs = exchange.heard().keySet().stream()
                        .mapToLong(exchange::watermarkMs)
                        .reduce(exchange.watermarkMs(settings.replica()), Math::min);
                if (behindMs > Long.MIN_VALUE + settings.times().graceMs()) {
                    long agreedMs = Math.min(cutMs, behindMs - settings.times().graceMs());
                    tally.forgotten += tree.forget(
                            exchange.differing(),
                            agreedMs,
                            nowMs - settings.times().tombstoneRetentionMs());
                }
            }
            conflicts.remember();
        }

        @Override
        public Hash128 node(int level, int index) {
            return tree.node(level, index);
        }

        @Override
        public boolean isEmpty(int level, int index) {
            return tree.isEmpty(level, index);
        }

        /** What the primary does not hold is for others to delete: that is compared key by key, as anything else. */
        @Override
        public boolean holdsNothing(int level, int index) {
            boolean absenceWins = settings.rules().resolution() == Settings.Resolution.PRIMARY
                    && settings.replica().equals(settings.rules().primary());
            return !absenceWins && tree.holdsNothing(level, index);
        }

        @Override
        public long watermarkMs() {
            return tree.watermarkMs();
        }

        @Override
        public List<EntrySummary> segment(int index) {
            List<EntrySummary> entries = new ArrayList<>();
            tree.scanSegment(index, (keyHash, entry) -> entries.add(RepairDispatcher.summary(keyHash, entry)));
            return entries;
        }

        @Override
        public void publish(Body body) {
            controlMessages++;
            controlBytes +=
                    outbox.publish(new Message(settings.replica(), partition, cutMs, sealOffset, fingerprint, body));
        }

        @Override
        public void resolve(int segment, Map<String, List<EntrySummary>> heard) {
            segments++;
            Map<String, Long> watermarks = new TreeMap<>();
            heard.keySet().forEach(replica -> watermarks.put(replica, exchange.watermarkMs(replica)));
            TreeMap<Hash128, TreeMap<String, EntrySummary>> byKey = new TreeMap<>();
            heard.forEach((replica, entries) -> entries.forEach(entry ->
                    byKey.computeIfAbsent(entry.keyHash(), k -> new TreeMap<>()).put(replica, entry)));
            byKey.forEach((keyHash, entries) -> {
                heard.keySet().forEach(replica -> entries.putIfAbsent(replica, null));
                keys++;
                noteStrangers(entries);
                Case key = new Case(cutMs, entries, watermarks);
                if (!judge.equal(key)) {
                    List<Finding> findings = choices.decide(keyHash, key, motion.judge(keyHash, key), judge, nowMs);
                    findings.forEach(finding -> found(keyHash, finding));
                }
            });
        }

        private void noteStrangers(TreeMap<String, EntrySummary> entries) {
            entries.forEach((replica, entry) -> {
                if (!replica.equals(settings.replica())) {
                    strangers.compared(replica, entries.get(settings.replica()), entry, cutMs);
                }
            });
        }

        private void found(Hash128 keyHash, Finding finding) {
            found.add(new Found(keyHash, finding));
            if (finding.kind() == Divergence.CONFLICT) {
                inConflict.add(keyHash);
            }
        }

        void report(long now, Outcome outcome, String note) {
            Map<String, Exchange.Standing> heard = exchange.heard();
            boolean sealed = outcome != Outcome.SKIPPED;
            List<String> silent = owners.stream()
                    .filter(owner -> sealed && !owner.equals(settings.replica()) && !heard.containsKey(owner))
                    .toList();
            List<String> lagging = heard.entrySet().stream()
                    .filter(peer -> peer.getValue() == Exchange.Standing.LAGGING)
                    .map(Map.Entry::getKey)
                    .toList();
            Map<String, Long> filled = new TreeMap<>();
            owners.stream()
                    .filter(owner -> sealed && (owner.equals(settings.replica()) || heard.containsKey(owner)))
                    .filter(this::isFilled)
                    .forEach(owner -> filled.put(owner, entries(owner)));
            long clamped = tree.clamped() - clampedReported;
            clampedReported = tree.clamped();
            outbox.report(new RoundSummary(
                    round,
                    cutMs,
                    outcome,
                    note,
                    new RoundSummary.Peers(List.copyOf(heard.keySet()), silent, lagging, List.copyOf(disagreeing)),
                    new RoundSummary.Holdings(
                            sealed ? tree.node(0, 0).toString() : "",
                            tree.entries(),
                            mostEntries(),
                            tree.watermarkMs(),
                            filled),
                    new RoundSummary.Comparison(segments, keys, tally.divergences(), inConflict.size(), tally.sample()),
                    new RoundSummary.Repairs(
                            tally.repairs(),
                            tally.waiting,
                            watch.takeVerified(),
                            watch.takeDeclined(),
                            tally.failed,
                            guard.held()),
                    new RoundSummary.Upkeep(tally.probes, tally.forgotten, tally.dropped, clamped),
                    new RoundSummary.Control(controlMessages, controlBytes),
                    new RoundSummary.Timing(Math.max(0, sealedMs - windows.dueMs(round)), now - sealedMs)));
            disagreeing.clear();
            tally = new RoundCounts();
        }
    }
}

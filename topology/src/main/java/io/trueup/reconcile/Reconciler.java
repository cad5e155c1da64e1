package io.trueup.reconcile;

import io.trueup.reconcile.Judge.Case;
import io.trueup.reconcile.Judge.Finding;
import io.trueup.reconcile.Message.Body;
import io.trueup.reconcile.Message.Level;
import io.trueup.reconcile.Message.Root;
import io.trueup.reconcile.Message.Segment;
import io.trueup.reconcile.Message.Summary;
import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.DivergentKey;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The reconciler of one replica and one partition: keeps the tree current, takes part in rounds, decides repairs.
 *
 * <p>A state machine: it reads no clock and does no input or output. Time comes with each call and never goes back;
 * everything that it sends goes to the {@link Outbox}. Not thread-safe: one thread at a time.
 *
 * <p>One round is open at a time: it opens when its cut is sealed and closes at its deadline, which lies before the next
 * round is due, or as soon as all owners are known to be equal.
 */
public final class Reconciler {

    private static final int MAX_SAMPLE = 32;
    private static final int MAX_EARLY = 10_000;
    private static final int MAX_IN_MOTION = 10_000;

    private final Settings settings;
    private final int partition;
    private final Outbox outbox;
    private final KeyedHash hash;
    private final Windows windows;
    private final EntryTable table;
    private final EntryTree tree;
    private final long fingerprint;
    private final Judge judge;
    private final Ledger ledger;
    private final RepairWatch watch = new RepairWatch();
    private final Patience patience;

    /** The highest entry seen in an earlier round, of keys that differed and could not be judged, or were waited for. */
    private final Map<Hash128, Summary> inMotion = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash128, Summary> eldest) {
            return size() > MAX_IN_MOTION;
        }
    };

    /** Messages about cuts that are not sealed here yet. */
    private final TreeMap<Long, List<Message>> early = new TreeMap<>();

    private final TreeSet<String> disagreeing = new TreeSet<>();
    private final TreeMap<String, Long> emitted = new TreeMap<>();
    private long clampedReported;

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
        windows = new Windows(settings.intervalMs(), settings.graceMs());
        tree = new EntryTree(hash, windows, settings.segmentBits(), settings.compareValues(), entries, nowMs);
        fingerprint = settings.fingerprint(partition);
        judge = new Judge(settings);
        ledger = new Ledger(settings);
        patience = new Patience(settings);
        lastDueRound = windows.dueAt(nowMs);
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

    /** Takes in a repair event that some supplier has sent to this replica, to watch it being answered. */
    public void repairSent(long nowMs, String id, byte[] key, long version, boolean deleted, long validUntilMs) {
        if (nowMs <= validUntilMs) {
            Hash128 keyHash = hash.key(key);
            watch.sent(keyHash, id, version, deleted, validUntilMs, table.get(keyHash));
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
        if (message.fingerprint() != fingerprint
                || !settings.placement().owners(partition).contains(message.replica())) {
            disagreeing.add(message.replica());
            return;
        }
        check(message.body());
        if (open != null && open.cutMs == message.cutMs()) {
            open.receive(nowMs, message);
        } else if (message.cutMs() > windows.cutMs(tree.sealedRound())) {
            keep(message);
        }
    }

    /** Lets time pass: starts and closes rounds. To be called every 50 to 100 ms. */
    public void tick(long nowMs) {
        if (open != null) {
            open.tick(nowMs);
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
        early.headMap(windows.cutMs(due), false).clear();
        if (due < tree.exactFromRound()) {
            skip(nowMs, due, "the tree was rebuilt and is exact from round " + tree.exactFromRound() + " on");
            return;
        }
        awaitedRound = due;
        outbox.awaitEnd(due);
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
    public void probesConsumed(long nowMs, long ticket) {}

    private long deadlineMs(long round) {
        return windows.dueMs(round) + settings.deadlineMs();
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
                    level.parentLevel() >= 0 && fan >= 1 && fan <= settings.stride(),
                    "levels " + level.parentLevel() + " and " + level.level() + " do not lie within a stride of "
                            + settings.stride());
            require(level.level() <= settings.segmentBits(), "level " + level.level() + " lies below the leaves");
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
                    segment.index() >= 0 && segment.index() < 1 << settings.segmentBits(),
                    "there is no segment " + segment.index());
            require(
                    segment.chunk() >= 0 && segment.chunk() < segment.chunks() && segment.chunks() <= 1 << 20,
                    "there is no chunk " + segment.chunk() + " of " + segment.chunks());
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

    /** The round under way: its exchange, and what was found and done. */
    private final class OpenRound implements Exchange.Local {
        private final long round;
        private final long cutMs;
        private final long sealOffset;
        private final long sealedMs;
        private final Exchange exchange;
        private final EnumMap<Divergence, Long> divergences = new EnumMap<>(Divergence.class);
        private final List<DivergentKey> sample = new ArrayList<>();
        private long nowMs;
        private int segments;
        private long keys;
        private long waiting;
        private long failed;
        private long controlMessages;
        private long controlBytes;

        OpenRound(long round, long sealOffset, long nowMs) {
            this.round = round;
            this.cutMs = windows.cutMs(round);
            this.sealOffset = sealOffset;
            this.sealedMs = nowMs;
            this.nowMs = nowMs;
            this.exchange = new Exchange(settings, this, patience, round, cutMs);
        }

        void start() {
            publish(new Root(tree.node(0, 0), tree.entries(), tree.watermarkMs(), false));
        }

        void receive(long now, Message message) {
            nowMs = now;
            exchange.receive(message.replica(), message.sealOffset(), message.body());
            closeIfEqual();
        }

        void tick(long now) {
            nowMs = now;
            if (now >= deadlineMs(round)) {
                close(now);
            } else if (now >= sealedMs + settings.settleMs()) {
                exchange.settle();
            }
        }

        void close(long now) {
            nowMs = now;
            exchange.close();
            ledger.forgetBefore(cutMs);
            open = null;
            Outcome outcome = exchange.heard().isEmpty()
                    ? Outcome.ALONE
                    : exchange.someDiffer() ? Outcome.DIVERGENT : Outcome.EQUAL;
            report(now, outcome, null);
        }

        private void closeIfEqual() {
            if (open == this && exchange.allEqual()) {
                close(nowMs);
            }
        }

        @Override
        public Hash128 node(int level, int index) {
            return tree.node(level, index);
        }

        @Override
        public long watermarkMs() {
            return tree.watermarkMs();
        }

        @Override
        public List<Summary> segment(int index) {
            List<Summary> entries = new ArrayList<>();
            tree.scanSegment(index, (keyHash, entry) -> entries.add(summary(keyHash, entry)));
            return entries;
        }

        @Override
        public void publish(Body body) {
            controlMessages++;
            controlBytes +=
                    outbox.publish(new Message(settings.replica(), partition, cutMs, sealOffset, fingerprint, body));
        }

        @Override
        public void resolve(int segment, Map<String, List<Summary>> heard) {
            segments++;
            Map<String, Long> watermarks = new TreeMap<>();
            heard.keySet().forEach(replica -> watermarks.put(replica, exchange.watermarkMs(replica)));
            TreeMap<Hash128, TreeMap<String, Summary>> byKey = new TreeMap<>();
            heard.forEach((replica, entries) -> entries.forEach(entry ->
                    byKey.computeIfAbsent(entry.keyHash(), k -> new TreeMap<>()).put(replica, entry)));
            byKey.forEach((keyHash, entries) -> {
                heard.keySet().forEach(replica -> entries.putIfAbsent(replica, null));
                keys++;
                Case key = new Case(cutMs, entries, watermarks);
                if (!judge.equal(key)) {
                    judge(keyHash, key).forEach(finding -> act(keyHash, finding));
                }
            });
        }

        private List<Finding> judge(Hash128 keyHash, Case key) {
            List<Finding> findings = judge.judge(key);
            Summary newest = Judge.highest(Judge.present(key));
            boolean unsettled =
                    !Judge.judgeable(newest, cutMs) || findings.stream().anyMatch(Finding::waiting);
            if (settings.resolution() != Settings.Resolution.LATEST || !unsettled) {
                inMotion.remove(keyHash);
                return findings;
            }
            Summary earlier = inMotion.putIfAbsent(keyHash, newest);
            if (earlier == null || !Judge.judgeable(earlier, cutMs)) {
                return findings;
            }
            List<Finding> moving = judge.judgeInMotion(key, earlier);
            if (moving.stream().noneMatch(Finding::waiting)) {
                inMotion.put(keyHash, newest);
            }
            return overridden(findings, moving);
        }

        /** One finding for each target: the one that need not wait. */
        private List<Finding> overridden(List<Finding> findings, List<Finding> moving) {
            TreeMap<String, Finding> byTarget = new TreeMap<>();
            findings.forEach(finding -> byTarget.put(finding.target(), finding));
            for (Finding finding : moving) {
                Finding other = byTarget.get(finding.target());
                if (other == null || other.waiting()) {
                    byTarget.put(finding.target(), finding);
                }
            }
            return List.copyOf(byTarget.values());
        }

        private void act(Hash128 keyHash, Finding finding) {
            divergences.merge(finding.kind(), 1L, Long::sum);
            if (finding.kind() == Divergence.CONFLICT) {
                note(keyHash, finding, null, Action.LEFT_TO_PERSON);
                return;
            }
            if (finding.waiting()) {
                waiting++;
                note(keyHash, finding, null, Action.WAITING);
                return;
            }
            if (settings.observeOnly()) {
                note(keyHash, finding, null, Action.OBSERVED);
                return;
            }
            Ledger.Turn turn = ledger.turn(keyHash, finding.target(), finding.winner(), finding.observed(), cutMs);
            String supplier = supplier(finding, turn);
            if (turn.failed() && supplier.equals(settings.replica())) {
                failed++;
            }
            if (!turn.due()) {
                waiting++;
                note(keyHash, finding, supplier, turn.failed() ? Action.FAILED : Action.WAITING);
            } else if (!supplier.equals(settings.replica())) {
                note(keyHash, finding, supplier, Action.LEFT_TO_SUPPLIER);
            } else if (emit(keyHash, finding, turn)) {
                emitted.merge(finding.target(), 1L, Long::sum);
                note(keyHash, finding, supplier, turn.failed() ? Action.FAILED : Action.EMITTED);
            } else {
                waiting++;
                note(keyHash, finding, supplier, Action.WAITING);
            }
        }

        private String supplier(Finding finding, Ledger.Turn turn) {
            return deletes(finding)
                    ? finding.target()
                    : finding.holders()
                            .get((turn.attempt() - 1) % finding.holders().size());
        }

        private boolean deletes(Finding finding) {
            return finding.winner().deleted() || finding.winner().expiryMs() <= cutMs;
        }

        /** False if what this replica holds by now is no longer the winner, or no longer to be deleted. */
        private boolean emit(Hash128 keyHash, Finding finding, Ledger.Turn turn) {
            Entry held = table.get(keyHash);
            boolean deletes = deletes(finding);
            boolean ifObserved = settings.resolution() != Settings.Resolution.LATEST;
            boolean stands = held != null
                    && (deletes ? outdated(held, finding, ifObserved) : supplies(held, finding.winner(), ifObserved));
            if (!stands) {
                return false;
            }
            Summary winner = deletes ? finding.winner() : summary(keyHash, held);
            outbox.repair(new Repair(
                    id(keyHash, finding.target(), winner),
                    held.key(),
                    keyHash,
                    finding.target(),
                    settings.replica(),
                    finding.kind(),
                    winner.version(),
                    winner.vector(),
                    winner.positionMs(),
                    deletes,
                    deletes ? Entry.NEVER : winner.expiryMs(),
                    deletes ? -1 : held.offset(),
                    ifObserved,
                    finding.observed(),
                    cutMs,
                    turn.attempt(),
                    nowMs + settings.repairValidityMs()));
            return true;
        }

        /** Whether the own entry is still to be deleted. */
        private boolean outdated(Entry held, Finding finding, boolean exactly) {
            if (!held.liveAt(cutMs)) {
                return false;
            }
            return exactly
                    ? held.version() == finding.observed().version()
                            && held.digest().equals(finding.observed().digest())
                    : held.version() <= finding.winner().version();
        }

        /** Whether the own entry is the winner still, or where the latest wins a newer one. */
        private boolean supplies(Entry held, Summary winner, boolean exactly) {
            if (held.deleted()) {
                return false;
            }
            boolean same = held.version() == winner.version() && held.digest().equals(winner.digest());
            return same
                    || exactly && settings.compareValues() && held.digest().equals(winner.digest())
                    || !exactly && held.version() > winner.version();
        }

        private String id(Hash128 keyHash, String target, Summary winner) {
            return hash.text(settings.dataset()
                            + '/'
                            + keyHash
                            + '/'
                            + target
                            + '/'
                            + winner.version()
                            + '/'
                            + winner.deleted()
                            + '/'
                            + winner.digest())
                    .toString();
        }

        private void note(Hash128 keyHash, Finding finding, String supplier, Action action) {
            if (sample.size() < MAX_SAMPLE) {
                Entry held = table.get(keyHash);
                byte[] key = held == null ? null : held.key();
                sample.add(
                        new DivergentKey(keyHash.toString(), key, finding.target(), finding.kind(), supplier, action));
            }
        }

        private Summary summary(Hash128 keyHash, Entry entry) {
            return new Summary(
                    keyHash,
                    entry.version(),
                    entry.vector(),
                    entry.positionMs(),
                    entry.appendTimeMs(),
                    entry.expiryMs(),
                    entry.deleted(),
                    entry.digest());
        }

        void report(long now, Outcome outcome, String note) {
            Map<String, Exchange.Standing> heard = exchange.heard();
            boolean sealed = outcome != Outcome.SKIPPED;
            List<String> silent = settings.placement().owners(partition).stream()
                    .filter(owner -> sealed && !owner.equals(settings.replica()) && !heard.containsKey(owner))
                    .toList();
            List<String> lagging = heard.entrySet().stream()
                    .filter(peer -> peer.getValue() == Exchange.Standing.LAGGING)
                    .map(Map.Entry::getKey)
                    .toList();
            long clamped = tree.clamped() - clampedReported;
            clampedReported = tree.clamped();
            outbox.report(new RoundSummary(
                    round,
                    cutMs,
                    outcome,
                    note,
                    List.copyOf(heard.keySet()),
                    silent,
                    lagging,
                    List.copyOf(disagreeing),
                    sealed ? tree.node(0, 0).toString() : "",
                    tree.entries(),
                    tree.watermarkMs(),
                    segments,
                    keys,
                    Collections.unmodifiableMap(new EnumMap<>(divergences)),
                    Collections.unmodifiableMap(new TreeMap<>(emitted)),
                    waiting,
                    watch.takeVerified(),
                    watch.takeDeclined(),
                    failed,
                    Map.of(),
                    List.of(),
                    0,
                    0,
                    0,
                    0,
                    clamped,
                    controlMessages,
                    controlBytes,
                    Math.max(0, sealedMs - windows.dueMs(round)),
                    now - sealedMs,
                    List.copyOf(sample)));
            disagreeing.clear();
            emitted.clear();
        }
    }
}

package io.trueup.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.EndOfInput;
import io.trueup.reconcile.Outbox;
import io.trueup.reconcile.Reconciler;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.clock.RoundClock;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * The reconciler of one replica and partition in its shell: consumes the writes log with a delay, seals by end offset, stops,
 * crashes and restarts.
 */
final class Node implements Outbox, EndOfInput {

    final String replica;
    final int partition;
    final Store store;

    private final World world;
    private Settings settings;
    private final Windows windows;
    private final SplittableRandom random;
    /** How much of the table is read into the tree at a time. */
    private final SplittableRandom slices;

    private final long clockOffsetMs;
    private long jumpedMs;
    private long steppedMs;
    private long clockWasWrongMs = Long.MIN_VALUE;
    private RoundClock clock;

    private RecordingTable table = new RecordingTable();
    private RecordingTable flushedTable = new RecordingTable();
    private int flushedNext;
    private Reconciler reconciler;
    /** Index of the next record of the log. */
    private int next;

    private long position;
    private long awaitedRound = -1;
    private long awaitedEnd = -1;
    private long probeTicket = -1;
    private long probeEnd = -1;
    private int incarnation;
    private long lastDueRound;
    /** Cut of the round that has begun and is not reported; -1 if there is none. */
    private long unreportedCutMs = -1;

    /** Offsets of records that compaction has removed. */
    private Set<Long> compacted = Set.of();

    /** The shortest time for which the log has kept deletes so far. */
    private long deletesKeptMs = Long.MAX_VALUE;

    /** Deletes that were written before may be missing in the log that its table was built from. */
    private long deletesLostUntilMs = Long.MIN_VALUE;
    /** Whether its table is being built from a log that goes on losing deletes. */
    private boolean rebuilding;
    /** The own clock alone has dated the end of the rebuild: the reconciler dates it again with each cut. */
    private boolean datedAlone;
    /** Whether it was no owner for a time, since it may have agreed with others that deletes can be forgotten. */
    private boolean wasAway;
    /** Number of rows of scans that it has read. */
    private int rows;

    private int losses;
    private boolean down;
    private boolean stalled;
    /** Whether what a scan has not found is not dropped yet. */
    private boolean dropping;

    private final List<Runnable> whenUp = new ArrayList<>();

    Node(World world, Store store, int partition, SplittableRandom random) {
        this.world = world;
        this.store = store;
        this.replica = store.replica;
        this.partition = partition;
        this.random = random;
        this.slices =
                new SplittableRandom(world.plan.seed() ^ 0x1F83D9ABFB41BD6BL ^ store.replica.hashCode() ^ partition);
        this.settings = world.plan.settings(replica).with(world.placement());
        this.windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        this.clockOffsetMs = random.nextInt(world.plan.maxSkewMs() + 1);
        store.whenAppended(() -> world.time.after(1 + random.nextInt(world.plan.maxConsumeMs()), this::consume));
        start();
    }

    private long nowMs() {
        return clock.advance(world.time.nowMs());
    }

    private long wallMs() {
        return world.time.nowMs() + clockOffsetMs + jumpedMs + steppedMs;
    }

    /** The wall clock is wrong from now on, or right again with 0. */
    void step(long byMs) {
        steppedMs = byMs;
        world.trace.add(
                world.time.nowMs(), ofPartition(), () -> "the clock of " + this + " is wrong by " + byMs + " ms");
    }

    /** When its time was last seen to be wrong by more than clocks differ; long ago if never. */
    long clockWasWrongMs() {
        return clockWasWrongMs;
    }

    private void watchClock() {
        if (Math.abs(nowMs() - world.time.nowMs()) > world.plan.maxSkewMs()) {
            clockWasWrongMs = world.time.nowMs();
        }
    }

    /** Whether its time is another than its peers', so that they compare at other cuts. */
    boolean isClockWrong() {
        return Math.abs(nowMs() - world.time.nowMs())
                >= settings.times().graceMs() + settings.times().intervalMs();
    }

    void jump(long byMs, long untilMs) {
        jumpedMs = byMs;
        world.trace.add(world.time.nowMs(), ofPartition(), () -> "the clock of " + this + " jumps by " + byMs + " ms");
        world.time.at(untilMs, () -> jumpedMs = 0);
    }

    private void start() {
        clock = new RoundClock(windows, settings.times().patienceMs(), wallMs(), world.time.nowMs());
        down = false;
        begin();
        List<Runnable> waiting = List.copyOf(whenUp);
        whenUp.clear();
        waiting.forEach(Runnable::run);
    }

    /** Builds the reconciler from the table, also where a running one accepts a step of its clock. */
    private void begin() {
        incarnation++;
        dropping = false;
        awaitedRound = -1;
        awaitedEnd = -1;
        probeEnd = -1;
        unreportedCutMs = -1;
        lastDueRound = windows.dueAt(nowMs());
        table.opened(windows, nowMs());
        reconciler = new Reconciler(settings, partition, table, this, this, world.totals, world.memory, nowMs());
        reconciler.open(nowMs(), slices.nextInt(4) == 0 ? slices.nextInt(EntryTree.SLICES) : EntryTree.SLICES);
        int mine = incarnation;
        world.time.after(random.nextInt(500), () -> tick(mine));
        consume();
    }

    private void tick(int mine) {
        if (mine == incarnation && !down) {
            if (clock.regulate(wallMs(), world.time.nowMs(), ownClocks())) {
                world.trace.add(world.time.nowMs(), ofPartition(), () -> this + " accepts the time " + nowMs());
                Reconciler.noteWrongClock(table);
                begin();
                return;
            }
            watchClock();
            int some = 1 + slices.nextInt(EntryTree.SLICES);
            reconciler.open(nowMs(), some);
            if (reconciler.mustRead(nowMs())) {
                reconciler.read(nowMs(), some);
            }
            sealUnowned();
            if (settings.rules().progress() == Settings.Progress.GROUP) {
                reconciler.fed(nowMs(), store.fedMs());
            }
            if (clock.isConfirmed()) {
                reconciler.timeIsConfirmed(nowMs());
                datedAlone &= rebuilding;
            }
            reconciler.tick(nowMs());
            world.time.after(500 + random.nextInt(500), () -> tick(mine));
        }
    }

    /** The tree of a replica that owns nothing is sealed without a request. */
    private void sealUnowned() {
        long due = windows.dueAt(nowMs());
        if (due > lastDueRound && !owns()) {
            table.sealed(windows.cutMs(due - 1));
        }
        lastDueRound = due;
    }

    private int ownClocks() {
        return settings.placement().owners(partition).size() + (owns() ? 0 : 1);
    }

    /** Whether its own replica is an owner under its settings. */
    boolean owns() {
        return isOwner(replica);
    }

    /** Whether a replica is an owner under its settings. */
    boolean isOwner(String name) {
        return settings.placement().owners(partition).contains(name);
    }

    /** Adopts another placement; no tree is built for that. */
    void place(Placement placement) {
        boolean moves = !placement.owners(partition).equals(settings.placement().owners(partition));
        settings = settings.with(placement);
        if (down) {
            return;
        }
        long scans = table.scans();
        reconciler.place(placement);
        world.truth.require(table.scans() == scans, null, "a tree is rebuilt because owners change: " + this);
        if (moves) {
            unreportedCutMs = -1;
            awaitedRound = -1;
            awaitedEnd = -1;
            world.trace.add(
                    world.time.nowMs(), ofPartition(), () -> this + " adopts owners " + placement.owners(partition));
        }
    }

    private void consume() {
        while (!down && !stalled && next < store.log.size()) {
            WritesLog.Event record = store.log.get(next++);
            position = record.offset() + 1;
            if (compacted.contains(record.offset())) {
                continue;
            }
            watchClock();
            long appendMs = nowMs();
            if (world.plan.logAppendTime()) {
                appendMs = record.appendTimeMs();
                clock.heardBroker(appendMs);
            }
            if (record.scan() != null) {
                scan(record, appendMs);
            } else if (record.key() == null) {
                reconciler.progress(record.progressMs(), appendMs);
            } else {
                write(record, appendMs);
            }
        }
        if (!down && next == store.log.size()) {
            position = store.log.endOffset();
        }
        sealIfConsumed();
    }

    @Override
    public void scanCompleted(String scan, long dropped) {
        dropping = false;
    }

    boolean isDropping() {
        return dropping;
    }

    /** Whether it consumes the write events of its datastore. */
    boolean isReading() {
        return !down && !stalled;
    }

    private void write(WritesLog.Event record, long appendMs) {
        Fault wrong = store.wrongEvent(record.offset());
        if (wrong != null) {
            world.truth.inject(wrong, replica, record.key());
        }
        if (record.unreadable()) {
            byte[] key = record.key().getBytes(UTF_8);
            reconciler.unread(key, unreadableBytes(record), record.offset(), appendMs);
            unread(record);
            return;
        }
        Write write = event(record, appendMs);
        world.truth.consumed(write);
        reconciler.write(write);
        if (write.repairId() != null) {
            world.truth.restated(this, record.key());
        }
        if (store.isLatestEvent(record)) {
            world.truth.seen(this, record.key());
        }
    }

    private void scan(WritesLog.Event record, long appendMs) {
        WritesLog.Scan scan = record.scan();
        if (record.unreadable()) {
            reconciler.unreadRow(
                    record.key().getBytes(UTF_8),
                    unreadableBytes(record),
                    record.offset(),
                    appendMs,
                    scan.id(),
                    scan.since());
            unread(record);
        } else if (record.key() != null) {
            rows++;
            store.rowFound(record.key(), record.held());
            reconciler.scanned(event(record, appendMs), scan.id(), scan.since());
            world.truth.restated(this, record.key());
            if (store.isLatestEvent(record)) {
                world.truth.seen(this, record.key());
            }
        } else if (scan.found() < 0) {
            reconciler.scanStarted(scan.id(), record.offset());
        } else {
            store.lossesFound();
            dropping = reconciler.scanEnded(scan.id(), scan.since(), scan.found()) || dropping;
        }
    }

    /** The bytes of an event of which the reconciler can read nothing but the key. */
    static byte[] unreadableBytes(WritesLog.Event record) {
        return record.held().toString().getBytes(UTF_8);
    }

    /** What the replica holds is unknown from now on, unless a later event is known already. */
    private void unread(WritesLog.Event record) {
        HeldValue view = view(record.key());
        if (view != null && view.isUnread()) {
            world.truth.injectNoticed(Fault.UNREADABLE_EVENT, replica, record.key());
        }
    }

    private static Write event(WritesLog.Event record, long appendMs) {
        HeldValue held = record.held();
        return new Write(
                record.key().getBytes(UTF_8),
                held.reportedVersion(),
                held.vector(),
                held.positionMs(),
                held.value() == null,
                held.value() == null ? null : held.value().getBytes(UTF_8),
                null,
                held.expiryMs(),
                record.repairId(),
                record.offset(),
                appendMs);
    }

    /** What the replica holds for a key according to the reconciler; null for nothing. */
    HeldValue view(String key) {
        Entry entry = table.get(world.hash.key(key.getBytes(UTF_8)));
        return entry == null ? null : store.log.stated(store.log.at(entry.offset()));
    }

    private void sealIfConsumed() {
        if (!down && awaitedEnd >= 0 && position >= awaitedEnd) {
            long round = awaitedRound;
            awaitedEnd = -1;
            table.sealed(windows.cutMs(round));
            reconciler.sealed(nowMs(), round, position);
        }
        if (!down && probeEnd >= 0 && position >= probeEnd) {
            probeEnd = -1;
            reconciler.probesConsumed(nowMs(), probeTicket);
        }
    }

    void message(Message message) {
        if (down) {
            whenUp.add(() -> message(message));
        } else {
            long nowMs = nowMs();
            if (reconciler.isRootOfPeer(message)) {
                clock.heardRoot(message.replica(), message.cutMs());
            }
            reconciler.message(nowMs, message);
        }
    }

    /** Whether a key lies in a segment. */
    boolean isIn(int level, int index, String key) {
        return level == 0 || world.hash.key(key.getBytes(UTF_8)).hi() >>> -level == index;
    }

    void repairSent(Repair repair) {
        if (down) {
            whenUp.add(() -> repairSent(repair));
        } else {
            reconciler.repairSent(
                    nowMs(),
                    repair.id(),
                    repair.key(),
                    repair.winner().version(),
                    repair.winner().vector(),
                    repair.winner().deleted(),
                    repair.validUntilMs());
        }
    }

    void probe(String key) {
        if (!down) {
            reconciler.probe(nowMs(), key.getBytes(UTF_8));
        }
    }

    void stall(long untilMs) {
        stalled = true;
        world.time.at(untilMs, () -> {
            stalled = false;
            consume();
        });
    }

    /** Remembers table and offset, as a flush before a commit does. */
    void flush() {
        flushedTable = table.reopened();
        flushedNext = next;
    }

    /** Stops cleanly and starts again later with the same table. */
    void restart(long downMs) {
        stop(downMs, table.reopened(), next);
    }

    /** Crashes. The table is then as it was flushed last, or ahead of the offset that was committed with it. */
    void crash(long downMs) {
        losses++;
        stop(downMs, random.nextBoolean() ? flushedTable.reopened() : table.reopened(), flushedNext);
    }

    private void stop(long downMs, RecordingTable left, int from) {
        if (down) {
            return;
        }
        down = true;
        int mine = ++incarnation;
        world.trace.add(world.time.nowMs(), ofPartition(), () -> this + " goes down for " + downMs + " ms");
        world.time.after(downMs, () -> {
            if (mine == incarnation) {
                startAgain(left, from);
            }
        });
    }

    private void startAgain(RecordingTable left, int from) {
        table = left;
        flushedTable = left.reopened();
        flushedNext = from;
        next = from;
        position = from == 0 ? 0 : store.log.get(from - 1).offset() + 1;
        world.trace.add(world.time.nowMs(), ofPartition(), () -> this + " starts again from offset " + position);
        start();
    }

    /** Starts without a table, at the beginning of the log. That deletes were compacted away stays known. */
    void beginAnew() {
        losses++;
        RecordingTable empty = new RecordingTable();
        noteBeginning(empty);
        if (!compacted.isEmpty()) {
            losesDeletes();
            Reconciler.noteRebuild(empty, wallMs(), store.log.endOffset(), deletesKeptMs);
        }
        startAgain(empty, store.log.first());
    }

    /** Notes when the first record that is left in the log was appended, as the broker knows it; now if it does not. */
    private void noteBeginning(RecordingTable empty) {
        if (store.log.first() > 0) {
            boolean dated = world.plan.logAppendTime() && store.log.first() < store.log.size();
            long beginningMs = dated ? store.log.get(store.log.first()).appendTimeMs() : wallMs();
            Reconciler.noteKnownFrom(empty, beginningMs, dated);
        }
    }

    /** Records at the beginning of the log are deleted, and the table is lost. */
    void trimmed() {
        store.log.trim(random.nextInt(store.log.size() + 1));
        world.trace.add(
                world.time.nowMs(),
                ofPartition(),
                () -> "the log of " + this + " begins at index " + store.log.first());
        beginAnew();
    }

    /** The table is lost, and is built again from a log that is compacted in part. */
    void loseState() {
        losses++;
        RecordingTable empty = new RecordingTable();
        noteBeginning(empty);
        // Deletes that were kept for a shorter time once are gone, however long they are kept since.
        long keptMs = Math.min(deletesKeptMs, 500L + random.nextInt(random.nextBoolean() ? 5_000 : 60_000));
        // A scan whose rows are compacted is not seen whole, and what it has dropped comes back.
        boolean compacts = !world.plan.scans();
        deletesKeptMs = keptMs;
        if (compacts) {
            losesDeletes();
        }
        long until = store.log.endOffset();
        Reconciler.noteRebuild(empty, wallMs(), until, compacts ? keptMs : Long.MAX_VALUE);
        if (compacts) {
            compacted = new HashSet<>(compacted);
            compacted.addAll(store.log.compacted(
                    random.nextInt(3) > 0
                            ? store.log.size()
                            : store.log.first() + random.nextInt(store.log.size() - store.log.first() + 1),
                    world.time.nowMs() - keptMs));
        }
        world.trace.add(
                world.time.nowMs(),
                ofPartition(),
                () -> this + " loses its table; the log has lost offsets " + compacted);
        startAgain(empty, store.log.first());
    }

    /** The log may lack deletes that are older than it keeps them, until the table is built from it. */
    private void losesDeletes() {
        deletesLostUntilMs = Math.max(deletesLostUntilMs, world.time.nowMs() - deletesKeptMs);
        rebuilding = true;
        datedAlone = true;
    }

    /** The log has lost records that the table was built from. */
    void historyChanged() {
        losses++;
        if (!compacted.isEmpty()) {
            losesDeletes();
        }
        RecordingTable empty = table.withoutEntries();
        Reconciler.noteKnownFrom(empty, wallMs(), false);
        Reconciler.noteRebuild(empty, wallMs(), Long.MAX_VALUE, compacted.isEmpty() ? Long.MAX_VALUE : deletesKeptMs);
        startAgain(empty, store.log.first());
    }

    /** Matches all keys of the partition. */
    Predicate<String> ofPartition() {
        return key -> world.partition(key) == partition;
    }

    /** Replicas contradict neither the tree nor themselves. */
    @Override
    public void refused(Message message, String reason) {
        world.truth.require(false, null, this + " refuses a message of " + message.replica() + ": " + reason);
    }

    @Override
    public int publish(Message message) {
        if (datedAlone && !(message.body() instanceof Message.Rebuilding)) {
            losesDeletes();
            rebuilding = false;
        }
        if (message.body() instanceof Message.Root root) {
            world.truth.sealed(this, table, message, root);
            world.truth.require(unreportedCutMs < 0, null, "a round of " + this + " is not reported");
            unreportedCutMs = message.cutMs();
        }
        world.broadcast(this, message);
        return 1;
    }

    @Override
    public void repair(Repair repair) {
        world.emitted(this, repair);
    }

    @Override
    public void report(RoundSummary summary) {
        unreportedCutMs = summary.cutMs() == unreportedCutMs ? -1 : unreportedCutMs;
        world.roundReported(this, summary);
    }

    @Override
    public void filling(String target, long lacking, long entries, boolean held) {
        world.trace.add(
                world.time.nowMs(), ofPartition(), () -> this + " fills " + target + ": " + lacking + " of " + entries);
    }

    @Override
    public void awaitEnd(long round) {
        awaitedRound = round;
        awaitedEnd = -1;
        int mine = incarnation;
        world.time.after(random.nextInt(100), () -> {
            if (mine == incarnation && awaitedRound == round) {
                awaitedEnd = store.log.endOffset();
                sealIfConsumed();
            }
        });
    }

    @Override
    public void awaitEndForProbes(long ticket) {
        int mine = incarnation;
        world.time.after(random.nextInt(100), () -> {
            if (mine == incarnation) {
                probeTicket = ticket;
                probeEnd = store.log.endOffset();
                sealIfConsumed();
            }
        });
    }

    @Override
    public void conflict(Conflict conflict) {
        world.conflictReported(this, conflict);
    }

    /** How often it was started. */
    int incarnation() {
        return incarnation;
    }

    /** Deletes that were written before may be missing in what it has read; {@link Long#MIN_VALUE} if none is. */
    long deletesLostUntilMs() {
        return deletesLostUntilMs;
    }

    /** The replica is no owner of the partition. */
    void isAway() {
        wasAway = true;
    }

    /** Whether there was a time since which others may have forgotten deletes without it. */
    boolean hadGap() {
        return wasAway || losses > 0 || rows > 0;
    }

    /** How often it may have lost its notes. */
    int losses() {
        return losses;
    }

    /** Receives a command of a person. */
    void command(Message.Body body) {
        if (down) {
            whenUp.add(() -> command(body));
        } else {
            reconciler.message(nowMs(), Message.command(settings, partition, nowMs(), body));
        }
    }

    @Override
    public String toString() {
        return replica + "/" + partition;
    }
}

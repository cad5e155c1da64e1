package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Exchange;
import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.rule.HotKeys;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.reconcile.sent.RepairAnswers;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.OptionalLong;

/**
 * The reconciler of one replica and one partition: keeps the tree current, takes part in rounds, decides repairs.
 *
 * <p>A state machine: it reads no clock and does no input or output. Time comes with each call and never goes back;
 * everything that it sends goes to the {@link Outbox}. Not thread-safe: one thread at a time.
 *
 * <p>The phases of a round:
 *
 * <ol>
 *   <li><b>Due</b> ({@link #tick}): the time of the round is reached. The end of the writes partition is requested.
 *   <li><b>Sealed</b> ({@link #sealed}): all writes up to that end are consumed. The tree moves on to the cut, the {@link
 *       Round} opens and publishes its root.
 *   <li><b>Exchange</b> ({@link Exchange}): roots that differ are answered with the hashes below, down to the segments that
 *       differ, whose entries are exchanged.
 *   <li><b>Judgement</b> ({@link Resolver}, {@link HotKeys}): each key of such a segment is judged among the replicas heard.
 *   <li><b>Conclusion</b> ({@link FloodAssessment}, {@link RepairDispatcher}, {@link BackfillRound}): when everything is
 *       compared, or when the round closes, the flood guard decides, and repairs are sent.
 *   <li><b>Report</b> ({@link RoundSummary}): the round closes at its deadline, which lies before the next round is due, or as
 *       soon as all owners are known to be equal.
 * </ol>
 *
 * One round is open at a time. {@link Probes} compare single keys beside it.
 *
 * <p>At the start, the tree is built from the entries, which takes long where there are many: {@link #open} does it in slices.
 * Until it is done the reconciler takes part in no round; everything else it does as always.
 */
public final class Reconciler {

    private final PartitionContext context;
    private final Settings settings;
    private final EntryTree tree;
    private final Windows windows;
    private final ReconcilerState state;
    private final Probes probes;
    private final MessageRouter router;
    private final LocalRebuild rebuild;
    private final Rounds rounds;
    private final RoundMemory.Share memory;

    private PlacementState placement = PlacementState.none();
    private boolean opened;

    /**
     * A reconciler whose tree must be opened: see {@link #open}. Rounds already due are not joined.
     *
     * @param entries what the replica holds
     * @param totals what the other partitions have found
     * @param memory how much the rounds of all partitions may take up
     */
    public Reconciler(
            Settings settings,
            int partition,
            EntryTable entries,
            Outbox outbox,
            EndOfInput endOfInput,
            FloodTotals totals,
            RoundMemory memory,
            long nowMs) {
        this.settings = settings;
        KeyedHash hash = new KeyedHash(settings.secret());
        windows = new Windows(settings.times().intervalMs(), settings.times().graceMs());
        tree = new EntryTree(
                hash,
                windows,
                settings.shape().segmentBits(),
                settings.shape().symbols(),
                settings.rules().compareValues(),
                entries,
                settings.rules().progress() == Progress.EVENTS,
                nowMs,
                settings.expirySlots());
        context = new PartitionContext(settings, partition, hash, windows, entries, tree, outbox);
        RoundMemory.Share share =
                memory.open(settings.replica(), partition, settings.times().intervalMs());
        this.memory = share;
        state = ReconcilerState.of(context, totals, share);
        probes = new Probes(settings, new LocalProbes(context, state, () -> placement, endOfInput));
        rebuild = new LocalRebuild(entries);
        rounds = new Rounds(context, state, () -> placement, rebuild, endOfInput, share, nowMs);
        router = new MessageRouter(context, state, () -> placement, probes, rounds::receive);
        place(settings.placement());
    }

    /**
     * Reads further slices of the entries into the tree; {@link EntryTree#SLICES} are all. Input may be taken in between.
     *
     * @return whether the tree is built
     */
    public boolean open(long nowMs, int slices) {
        opened = tree.open(slices, nowMs);
        return opened;
    }

    /** Whether {@link #read} is to be called, once the tree is built. */
    public boolean mustRead(long nowMs) {
        return opened && tree.mustRead(nowMs);
    }

    /** Reads further slices of the entries: to drop what a scan has not found, or for what expires in the next rounds. */
    public void read(long nowMs, int slices) {
        EntryTree.Completed scan = tree.read(slices, nowMs);
        if (scan != null) {
            state.summary().dropped(scan.dropped());
            state.evidence().isComplete();
            context.outbox().scanCompleted(scan.scan(), scan.dropped());
        }
    }

    /**
     * Offset after the last write event that the state contains once the tree is built: the writes partition cannot end before
     * it.
     */
    public long seenTo() {
        return tree.seenTo();
    }

    /**
     * Notes what a new state will not contain, before a reconciler is built from it.
     *
     * @param knownFromMs the state will contain every write since then; {@link Long#MIN_VALUE} if it will contain all
     * @param confirmed whether the broker has dated that; false if only the clock of this process has
     */
    public static void noteKnownFrom(EntryTable entries, long knownFromMs, boolean confirmed) {
        LocalEvidence.noteKnownFrom(entries, knownFromMs, confirmed);
    }

    /** Whether a note says since when the state knows the writes topic: it holds for whatever is built from the same topic. */
    public static boolean isNoteOfMissingHistory(String name) {
        return LocalEvidence.isNoteOfMissingHistory(name);
    }

    /** Notes that the clock of this process was wrong, before a reconciler is built again with the right time. */
    public static void noteWrongClock(EntryTable entries) {
        LocalEvidence.noteWrongClock(entries);
    }

    /**
     * Notes that the state was lost and is built again from the beginning of its writes partition, before a reconciler is built
     * from it. The replica takes part in no round until the partition is read up to its end, and says so to its peers.
     *
     * @param until the offset up to which the partition was consumed before
     * @param deletesKeptMs for how long the partition keeps deletes; {@link Long#MAX_VALUE} for ever. An older delete may be
     *     missing in the new state
     */
    public static void noteRebuild(EntryTable entries, long nowMs, long until, long deletesKeptMs) {
        LocalRebuild.note(entries, nowMs, until, deletesKeptMs);
    }

    /** The offset up to which the writes partition was consumed before the state was lost; empty if no rebuild is under way. */
    public static OptionalLong rebuildsUntil(EntryTable entries) {
        return LocalRebuild.until(entries);
    }

    /** Changes the owners of partitions. A round under way ends unreported, if those of this partition change. Builds no tree again. */
    public void place(Placement changed) {
        if (changed.owners(context.partition()).equals(placement.owners())) {
            return;
        }
        placement = PlacementState.of(context, changed);
        state.guard().keepOnly(placement.owners());
        probes.forget();
        rounds.abandon();
    }

    private boolean isOwner() {
        return placement.owners().contains(settings.replica());
    }

    /** Takes in a write event of this replica. */
    public void write(Write write) {
        rebuild.read(write.offset());
        EntryTree.Applied applied = tree.apply(write);
        state.evidence().stored(applied, write, windows.cutMs(tree.sealedRound()));
        if (applied.isStored() && !state.answers().isEmpty()) {
            Hash128 keyHash = context.hash().key(write.key());
            if (state.answers().awaits(keyHash)) {
                state.answers()
                        .written(keyHash, write.repairId(), context.table().get(keyHash));
            }
        }
    }

    /** Takes in a write event of which only the key can be read, see {@link Write#unread}. */
    public void unread(byte[] key, byte[] value, long offset, long appendTimeMs) {
        write(Write.unread(context.hash(), settings.replica(), key, value, offset, appendTimeMs));
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
     * It is seen that the datastore has consumed its feed: everything that was in the feed at a time. Needed where that proves
     * which writes have reached it, see {@link Progress#GROUP}. To be called often: what is seen after a cut does not count at
     * it.
     *
     * @param positionMs that time; {@link Long#MIN_VALUE} if it is unknown how far the datastore has consumed
     */
    public void fed(long nowMs, long positionMs) {
        state.evidence().fed(nowMs, positionMs);
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
     * @param write what was found, with the offset of the record that reports it
     * @param since offset of the scan's start
     */
    public void scanned(Write write, String scan, long since) {
        state.evidence().stored(tree.scanned(write, scan, since), write, windows.cutMs(tree.sealedRound()));
    }

    /** A scan has found a row of which only the key can be read. */
    public void unreadRow(byte[] key, byte[] value, long offset, long appendTimeMs, String scan, long since) {
        scanned(Write.unread(context.hash(), settings.replica(), key, value, offset, appendTimeMs), scan, since);
    }

    /**
     * A scan has ended: live entries that it has not found are dropped by {@link #read}, unless it was not seen whole.
     *
     * @param since offset of its start
     * @param found how many keys it has found
     * @return whether it was seen whole
     */
    public boolean scanEnded(String scan, long since, long found) {
        return tree.scanEnded(scan, since, found);
    }

    /**
     * Takes in a repair event that a supplier has sent to this replica, to watch for its answer.
     *
     * @param version version of the winning entry
     * @param vector its version vector, or null
     * @param deleted whether the repair deletes the key
     */
    public void repairSent(
            long nowMs, String id, byte[] key, long version, VersionVector vector, boolean deleted, long validUntilMs) {
        if (nowMs <= validUntilMs) {
            Hash128 keyHash = context.hash().key(key);
            RepairAnswers.Sent sent = new RepairAnswers.Sent(id, version, vector, deleted, validUntilMs, nowMs);
            state.answers().sent(keyHash, sent, context.table().get(keyHash));
        }
    }

    /**
     * Compares one key now, because a client has read differing answers or a person has requested it. Ignored by a replica that
     * owns nothing.
     */
    public void probe(long nowMs, byte[] key) {
        if (isOwner()) {
            probes.start(nowMs, context.hash().key(key));
        }
    }

    /** Whether a message is the root of another owner under the same settings: its cut shows what time it is there. */
    public boolean isRootOfPeer(Message message) {
        return message.body() instanceof Message.Root && router.isOfPeer(message);
    }

    /** Whether a person has paused the repairs of a replica. */
    public boolean isPaused(String target) {
        return state.pauses().isPaused(target);
    }

    /**
     * Whether no repair of a replica is to be sent, not even one that is decided already: a person has paused that, or a maintenance
     * window is open.
     */
    public boolean rests(String target, long nowMs) {
        return state.dispatcher().rests(target, nowMs);
    }

    /**
     * Takes in a control message; own messages are ignored.
     *
     * @throws InvalidMessageException if it cannot be true; nothing was changed then
     */
    public void message(long nowMs, Message message) {
        router.route(nowMs, message);
    }

    /**
     * A clock outside this process shows the same time: what this one has dated is right. To be called as long as that holds,
     * before {@link #tick}.
     */
    public void timeIsConfirmed(long nowMs) {
        tree.timeIsConfirmed(nowMs);
        state.evidence().timeIsConfirmed(nowMs);
    }

    /** Lets time pass: starts and closes rounds. To be called every 50 to 100 ms. */
    public void tick(long nowMs) {
        rounds.tick(nowMs);
        if (isOwner()) {
            probes.tick(nowMs, placement.owners().size());
        }
        rounds.startDue(nowMs, opened);
        memory.expires(tree.expiryBytes());
    }

    /** Nothing is called from now on: what this held counts no longer as memory of the process. */
    public void close() {
        memory.close();
    }

    /**
     * Answers {@link EndOfInput#awaitEnd}: the writes partition is consumed up to an end offset seen after the request.
     *
     * @param round the round of the request
     * @param offset the offset up to which the partition is consumed
     */
    public void sealed(long nowMs, long round, long offset) {
        rounds.sealed(nowMs, round, offset);
    }

    /**
     * Answers {@link EndOfInput#awaitEndForProbes}.
     *
     * @param ticket number of the request
     */
    public void probesConsumed(long nowMs, long ticket) {
        rounds.consumedToEnd(nowMs);
        if (isOwner()) {
            probes.consumed(ticket);
            probes.tick(nowMs, placement.owners().size());
        }
    }
}

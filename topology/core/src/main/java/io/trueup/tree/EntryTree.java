package io.trueup.tree;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The entries of one replica and one partition together with their tree, kept in step write by write.
 *
 * <p>The tree is a function of the entries. An entry lies in it from its effective window until it is replaced or expires.
 * The effective window is never before that of the entry replaced, nor sealed: each cut then holds, for every key, one entry
 * that the replica really had. Built from the table on start; a cut before the newest effective window found there could
 * lack entries replaced since, so the first exact round is that window's. Times far ahead of the start are not believed, see
 * {@link EffectiveTimes}.
 *
 * <p>A large table is built in slices: see {@link #open}. Meanwhile the tree takes in writes, and nothing else is asked of it
 * than what the replica holds.
 *
 * <p>A write costs one read and one write of the table and O(1) in the tree. Not thread-safe.
 */
public final class EntryTree {

    /** The effect of a write event. */
    public enum Applied {
        /** The entry is replaced. */
        REPLACED,
        /** The write event was seen before: the same entry was stored again, the tree is unchanged. */
        REPLAYED,
        /** The write event has a lower offset than the known entry: skipped. */
        SKIPPED
    }

    // The names of the notes are part of the stored state.
    private static final String WATERMARK_NOTE = "watermark";
    private static final String PROGRESS_WATERMARK_NOTE = "watermark of progress events";
    /** Some entries may come from scans, which do not show whether they came through the feed: they raise no watermark. */
    private static final String SCANNED_NOTE = "scanned";

    private static final int SLICE_BITS = 10;
    /** The number of slices in which the table is read. */
    public static final int SLICES = 1 << SLICE_BITS;

    private static final Hash128 FIRST = new Hash128(0, 0);
    private static final Hash128 LAST = new Hash128(-1, -1);

    private final KeyedHash hash;
    private final Windows windows;
    private final int bits;
    private final EntryDigest digests;
    private final EntryTable table;
    private final CutTree tree;
    private final EffectiveTimes times;
    /** Entries of the table by segment, dead ones included. */
    private final int[] rows;

    private final Tombstones tombstones;

    private final boolean progressOnly;
    /** Number of slices that are in the tree. */
    private int opened;

    private boolean caughtUp;
    private long exactFromRound;
    private long watermarkMs = Long.MIN_VALUE;
    private long notedWatermarkMs = Long.MIN_VALUE;
    private long clamped;
    private boolean clampedFar;
    private Scan scan;
    /** Effective time of entries dropped before it was sealed: until it is sealed the tree holds the entries they had replaced. */
    private final Map<Hash128, Long> dropped = new HashMap<>();

    /**
     * A tree of an entry table, to be opened.
     *
     * @param bits the tree has {@code 1 << bits} segments
     * @param compareValues true: an entry's digest covers its key and value; false: version and expiry, too
     * @param progressOnly true: only progress raises the watermark, for a replica with writers of its own; false: writes, too
     * @param nowMs rounds due up to now count as sealed
     */
    public EntryTree(
            KeyedHash hash,
            Windows windows,
            int bits,
            boolean compareValues,
            EntryTable table,
            boolean progressOnly,
            long nowMs) {
        this.hash = hash;
        this.windows = windows;
        this.bits = bits;
        this.digests = new EntryDigest(hash, compareValues);
        this.table = table;
        this.progressOnly = progressOnly;
        long sealed = windows.dueAt(nowMs);
        this.times = new EffectiveTimes(windows, table, nowMs);
        this.tree = new CutTree(hash, bits, sealed);
        this.rows = new int[1 << bits];
        this.tombstones = new Tombstones(1 << bits);
        exactFromRound = sealed + 1;
        byte[] noted = table.note(watermarkNote());
        if (noted != null) {
            notedWatermarkMs = ByteBuffer.wrap(noted).getLong();
            watermarkMs = times.unlessAhead(notedWatermarkMs);
        }
    }

    /**
     * Reads further slices of the table into the tree: {@value #SLICES} make a full scan. Writes may be taken in between. A table
     * without a bound of its times, which is new or was written by an earlier version, is read at once.
     *
     * @param nowMs when the last one is read
     * @return whether the tree contains all
     */
    public boolean open(int slices, long nowMs) {
        int until = times.areBounded() ? Math.min(SLICES, opened + slices) : SLICES;
        if (opened == until) {
            return opened == SLICES;
        }
        boolean raises = !progressOnly && table.note(SCANNED_NOTE) == null;
        table.scan(
                new Hash128((long) opened << -SLICE_BITS, 0),
                new Hash128(((long) until << -SLICE_BITS) - 1, -1),
                (keyHash, entry) -> {
                    exactFromRound = Math.max(exactFromRound, times.found(keyHash, entry));
                    enter(keyHash, entry);
                    rows[segment(keyHash)]++;
                    if (raises) {
                        watermarkMs = Math.max(watermarkMs, times.watermarkMs(entry));
                    }
                });
        opened = until;
        if (opened == SLICES) {
            times.built(nowMs);
        }
        return opened == SLICES;
    }

    /** Whether the tree contains what the table holds for a key. */
    private boolean isOpen(Hash128 keyHash) {
        return keyHash.hi() >>> -SLICE_BITS < opened;
    }

    /**
     * Everything is consumed that was in the writes partition when the tree was built. Until then, entries were dated when they
     * were read, which was later than they were written. The position of one may be ahead of that by more than the grace: the cuts
     * before may lack it.
     */
    public void caughtUp(long nowMs) {
        if (!caughtUp && clampedFar) {
            exactFromRound = Math.max(exactFromRound, windows.of(nowMs));
        }
        caughtUp = true;
    }

    /** Takes in a write event. */
    public Applied apply(Write write) {
        return apply(hash.key(write.key()), write, !progressOnly);
    }

    private Applied apply(Hash128 keyHash, Write write, boolean moving) {
        Entry old = table.get(keyHash);
        if (old != null && write.offset() <= old.offset()) {
            if (write.offset() < old.offset()) {
                return Applied.SKIPPED;
            }
            table.put(keyHash, old);
            return Applied.REPLAYED;
        }
        Entry entry = entry(keyHash, write, old);
        boolean open = isOpen(keyHash);
        if (open && old != null) {
            leave(keyHash, old, windows.of(entry.effectiveMs()));
        }
        times.written(keyHash, entry);
        if (open) {
            rows[segment(keyHash)] += old == null ? 1 : 0;
            enter(keyHash, entry);
        }
        table.put(keyHash, entry);
        if (moving && !entry.repaired() && write.positionMs() <= write.appendTimeMs() + windows.graceMs()) {
            watermarkMs = Math.max(watermarkMs, Math.min(write.positionMs(), entry.appendTimeMs()));
        }
        return Applied.REPLACED;
    }

    /**
     * A scan of the datastore starts: entries that it does not find are dropped at its end.
     *
     * @param id names the scan
     * @param offset where its start lies in the writes partition
     */
    public void scanStarted(String id, long offset) {
        scan = new Scan(id, offset);
    }

    /**
     * A scan has found what the replica stores for a key. Write events since its start are newer and win; where the entry is
     * the same, nothing changes.
     *
     * @param write what was found, with the offset of the record that reports it
     * @param since offset of the scan's start
     */
    public Applied scanned(Write write, String id, long since) {
        Hash128 keyHash = hash.key(write.key());
        if (scan != null && scan.is(id, since)) {
            scan.found(keyHash);
        }
        Entry old = table.get(keyHash);
        boolean replayed = old != null && old.offset() == write.offset();
        if (old != null && !replayed && (old.offset() > since || says(write, old))) {
            return Applied.SKIPPED;
        }
        if (table.note(SCANNED_NOTE) == null) {
            noteWatermark();
            table.note(SCANNED_NOTE, new byte[] {1});
        }
        return apply(keyHash, write, false);
    }

    private String watermarkNote() {
        return progressOnly ? PROGRESS_WATERMARK_NOTE : WATERMARK_NOTE;
    }

    private boolean says(Write write, Entry entry) {
        if (write.version() != entry.version() || !Objects.equals(write.vector(), entry.vector())) {
            return false;
        }
        if (write.deleted()) {
            return !entry.liveAt(write.appendTimeMs());
        }
        return !entry.deleted()
                && write.expiryMs() == entry.expiryMs()
                && digests.ofValue(write).equals(entry.digest());
    }

    /**
     * A scan has ended. Live entries that it has not found, and that no write event since its start has written, are dropped:
     * the replica does not hold them. A scan whose start or some of whose finds were not seen drops nothing.
     *
     * @param since offset of its start
     * @param found how many keys it has found
     * @param nowMs what has expired by then is left alone
     * @return how many entries were dropped, or -1 if the scan was not seen whole
     */
    public long scanEnded(String id, long since, long found, long nowMs) {
        Scan ended = scan;
        if (ended == null || !ended.is(id, since) || ended.size() != found) {
            return -1;
        }
        scan = null;
        List<Hash128> gone = new ArrayList<>();
        table.scan(FIRST, LAST, (keyHash, entry) -> {
            if (entry.offset() < since && entry.liveAt(nowMs) && !ended.hasFound(keyHash)) {
                gone.add(keyHash);
            }
        });
        gone.forEach(this::drop);
        return gone.size();
    }

    private void drop(Hash128 keyHash) {
        Entry entry = table.get(keyHash);
        if (times.window(keyHash, entry) > tree.sealedRound()) {
            dropped.put(keyHash, times.of(keyHash, entry));
        }
        if (isOpen(keyHash)) {
            leave(keyHash, entry, Math.max(times.window(keyHash, entry), tree.sealedRound() + 1));
        }
        remove(keyHash);
    }

    private void remove(Hash128 keyHash) {
        table.remove(keyHash);
        rows[segment(keyHash)] -= isOpen(keyHash) ? 1 : 0;
    }

    /**
     * Forgets tombstones and expired entries on whose segment all owners agree. The tree does not change: it holds only live
     * entries.
     *
     * @param disputed segments that are left alone
     * @param untilMs only entries that were written, had died and were in the tree at this time
     * @param retainedSinceMs only entries that were appended, and had died, by this time
     * @return what was forgotten
     */
    public Tombstones.Forgotten forget(BitSet disputed, long untilMs, long retainedSinceMs) {
        return tombstones.forget(disputed, untilMs, retainedSinceMs, this::scanSegment, this::remove);
    }

    /** The replica has applied every write up to this position. */
    public void progress(long positionMs) {
        watermarkMs = Math.max(watermarkMs, positionMs);
    }

    /** Moves the tree on to the cut of a round. */
    public void seal(long round) {
        tree.seal(round);
        dropped.values().removeIf(effectiveMs -> windows.of(effectiveMs) <= round);
    }

    /** The round whose cut the tree stands at. */
    public long sealedRound() {
        return tree.sealedRound();
    }

    /** Another clock shows the same time. */
    public void timeIsConfirmed(long nowMs) {
        times.confirmed(nowMs);
    }

    /** The first round whose tree is exact. */
    public long exactFromRound() {
        return exactFromRound;
    }

    /** Offset after the last write event in the table when the tree was opened; 0 if there was none. */
    public long seenTo() {
        return times.seenTo();
    }

    /** Hash of a node of the sealed tree; level 0 is the root, level {@code bits} the leaves. */
    public Hash128 node(int level, int index) {
        return tree.node(level, index);
    }

    /** Whether no live entry lies below a node of the sealed tree. */
    public boolean isEmpty(int level, int index) {
        return tree.isEmpty(level, index);
    }

    /** Whether no live entry lies below a node of the sealed tree, and the replica now holds nothing there, dead or alive. */
    public boolean holdsNothing(int level, int index) {
        if (!tree.isEmpty(level, index)) {
            return false;
        }
        int span = bits - level;
        for (int segment = index << span; segment < index + 1 << span; segment++) {
            if (rows[segment] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Live entries in the sealed tree. */
    public long entries() {
        return tree.entries();
    }

    /**
     * Highest position seen; {@link Long#MIN_VALUE} if none. Writes that repairs caused do not count, nor do positions that
     * are ahead by more than the grace: they would hide that the replica lags. When the tree is built, no position that was ahead
     * counts; what was noted does.
     */
    public long watermarkMs() {
        return watermarkMs;
    }

    /** Notes the watermark beside the entries, for the next start. */
    public void noteWatermark() {
        if (watermarkMs != notedWatermarkMs) {
            notedWatermarkMs = watermarkMs;
            table.note(
                    watermarkNote(),
                    ByteBuffer.allocate(Long.BYTES).putLong(watermarkMs).array());
        }
    }

    /** Number of write events so far whose position was ahead of their append time. */
    public long clamped() {
        return clamped;
    }

    /** What the replica holds for a key now, dated as {@link #scanSegment} does; null for nothing. */
    public Entry held(Hash128 keyHash) {
        Entry entry = table.get(keyHash);
        return entry == null ? null : times.known(keyHash, entry);
    }

    /** Visits what the replica holds in a segment now, in ascending order of key hash, tombstones included. */
    public void scanSegment(int segment, EntryTable.Visitor visitor) {
        long first = bits == 0 ? 0 : (long) segment << -bits;
        long last = bits == 0 ? -1 : first | -1L >>> bits;
        table.scan(new Hash128(first, 0), new Hash128(last, -1), times.known(visitor));
    }

    private Entry entry(Hash128 keyHash, Write write, Entry old) {
        long appendTimeMs = times.appendTimeMs(write);
        if (write.positionMs() > appendTimeMs) {
            clamped++;
            clampedFar = clampedFar || write.positionMs() > appendTimeMs + windows.graceMs();
        }
        long effective = Math.max(Math.min(write.positionMs(), appendTimeMs), windows.cutMs(tree.sealedRound()) + 1);
        Long droppedMs = dropped.remove(keyHash);
        if (old != null) {
            effective = Math.max(effective, times.of(keyHash, old));
        } else if (droppedMs != null) {
            effective = Math.max(effective, droppedMs);
        }
        return new Entry(
                write.key(),
                write.version(),
                write.vector(),
                write.positionMs(),
                effective,
                appendTimeMs,
                write.deleted() ? Entry.NEVER : write.expiryMs(),
                write.deleted(),
                write.repairId() != null,
                digests.ofValue(write),
                write.offset(),
                times.areInDoubt());
    }

    /** The entry lies in the tree from its effective window until it expires. */
    private void enter(Hash128 keyHash, Entry entry) {
        tombstones.entered(segment(keyHash), entry);
        long from = times.window(keyHash, entry);
        long until = windows.of(entry.expiryMs());
        if (!entry.deleted() && from < until) {
            Hash128 digest = entryDigest(keyHash, entry);
            tree.add(from, segment(keyHash), digest);
            tree.remove(until, segment(keyHash), digest);
        }
    }

    /** Removes an entry from the tree from a window on; cancels its expiry if that lies in a later window. */
    private void leave(Hash128 keyHash, Entry entry, long window) {
        long from = times.window(keyHash, entry);
        long until = windows.of(entry.expiryMs());
        if (!entry.deleted() && from < until && window < until) {
            Hash128 digest = entryDigest(keyHash, entry);
            tree.remove(window, segment(keyHash), digest);
            tree.add(until, segment(keyHash), digest);
        }
    }

    private Hash128 entryDigest(Hash128 keyHash, Entry entry) {
        return digests.of(keyHash, entry.version(), entry.vector(), entry.expiryMs(), entry.digest());
    }

    /** The segment of a key. */
    public int segment(Hash128 keyHash) {
        return bits == 0 ? 0 : (int) (keyHash.hi() >>> -bits);
    }
}

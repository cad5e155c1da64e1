package io.trueup.tree;

import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

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
 * <p>A write costs one read and one write of the table and O(1) in the tree, and in a sketch of m symbols about 4 ln(m) additions.
 * Not thread-safe.
 *
 * <p>Longer than 450 lines because a write changes entries, tree, times and counts together, and each way of reading them goes
 * by the same times.
 */
public final class EntryTree {

    /** The effect of a write event. */
    public enum Applied {
        /** The entry is replaced. */
        REPLACED,
        /** The same, where the table held a newer delete; or by a row that a scan has found, where it held nothing that lives. */
        APPEARED,
        /** The write event was seen before: the same entry was stored again, the tree is unchanged. */
        REPLAYED,
        /** The write event has a lower offset than the known entry: skipped. */
        SKIPPED;

        /** Whether another entry is stored. */
        public boolean isStored() {
            return this == REPLACED || this == APPEARED;
        }
    }

    /** The number of slices in which the table is read. */
    public static final int SLICES = Pass.SLICES;

    /**
     * What a scan has not found is dropped.
     *
     * @param scan its id
     * @param dropped how many entries
     */
    public record Completed(String scan, long dropped) {}

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

    private final Watermark watermark;
    private final Expiries expiries;
    /** Reads the table into the tree. */
    private final Pass opening = new Pass();

    private final Scans scans = new Scans();

    /** Whether some entry may have a version vector. */
    private boolean vectors;

    private boolean caughtUp;
    private long exactFromRound;
    private long clamped;
    private boolean clampedFar;
    /** Effective time of entries dropped before it was sealed: until it is sealed the tree holds the entries they had replaced. */
    private final Map<Hash128, Long> dropped = new HashMap<>();

    /**
     * A tree of an entry table, to be opened.
     *
     * @param bits the tree has {@code 1 << bits} segments
     * @param symbols how many symbols of a sketch are kept beside the tree
     * @param compareValues true: an entry's digest covers its key and value; false: version and expiry, too
     * @param progressOnly true: only progress raises the watermark, for a replica with writers of its own; false: writes, too
     * @param nowMs rounds due up to now count as sealed
     * @param expirySlots see {@link Expiries}
     */
    public EntryTree(
            KeyedHash hash,
            Windows windows,
            int bits,
            int symbols,
            boolean compareValues,
            EntryTable table,
            boolean progressOnly,
            long nowMs,
            long expirySlots) {
        this.hash = hash;
        this.windows = windows;
        this.bits = bits;
        this.digests = new EntryDigest(hash, compareValues);
        this.table = table;
        long sealed = windows.dueAt(nowMs);
        this.times = new EffectiveTimes(windows, table, nowMs);
        this.expiries = new Expiries(new PendingDeltas(hash, symbols), expirySlots, sealed);
        this.tree = new CutTree(hash, bits, symbols, sealed, expiries);
        this.rows = new int[1 << bits];
        this.tombstones = new Tombstones(1 << bits);
        exactFromRound = sealed + 1;
        this.watermark = new Watermark(table, progressOnly, times);
    }

    /**
     * Reads further slices of the table into the tree: {@value #SLICES} make a full scan. Writes may be taken in between. A table
     * without a bound of its times, which is new or was written by an earlier version, is read at once.
     *
     * @param nowMs when the last one is read
     * @return whether the tree contains all
     */
    public boolean open(int slices, long nowMs) {
        if (opening.isEnded()) {
            return true;
        }
        boolean raises = watermark.followsEntries();
        boolean ended = opening.read(table, times.areBounded() ? slices : SLICES, (keyHash, entry) -> {
            exactFromRound = Math.max(exactFromRound, times.found(keyHash, entry));
            enter(keyHash, entry);
            rows[segment(keyHash)]++;
            if (raises) {
                watermark.raise(times.watermarkMs(entry));
            }
        });
        if (ended) {
            times.built(nowMs);
        }
        return ended;
    }

    /** Whether the table is to be read, once the tree is built: to drop what a scan has not found, or for what expires next. */
    public boolean mustRead(long nowMs) {
        return scans.isDropping() || expiries.mustRead(windows.dueAt(nowMs));
    }

    /**
     * Reads further slices of the table for that.
     *
     * @return the scan whose missing entries are all dropped now, or null
     */
    public Completed read(int slices, long nowMs) {
        if (scans.isDropping()) {
            return scans.drop(table, slices, nowMs, this::drop);
        }
        if (expiries.mustRead(windows.dueAt(nowMs))) {
            expiries.read(table, slices, (keyHash, entry) -> {
                long until = windows.of(entry.expiryMs());
                if (!entry.deleted() && times.window(keyHash, entry) < until && expiries.isSought(until)) {
                    expiries.found(until, keyHash, segment(keyHash), entryDigest(keyHash, entry));
                }
            });
        }
        return null;
    }

    /** What is pending because it is to expire, in slots: see {@link Expiries}. */
    long expirySlots() {
        return expiries.slots();
    }

    /** The same in bytes. */
    public long expiryBytes() {
        return expiries.slots() * Delta.SLOT_BYTES;
    }

    /** Why the tree of a round that is not sealed yet will not be exact, or not as a whole; null if it will be. */
    public String whyInexact(long round) {
        if (round < exactFromRound) {
            return "the tree was rebuilt and is exact from round " + exactFromRound + " on";
        }
        if (scans.isDropping()) {
            return "entries are being dropped that a scan has not found";
        }
        return round <= expiries.knownTo() ? null : "the stored entries are being read for those that have expired";
    }

    /** Whether the tree contains what the table holds for a key. */
    private boolean isOpen(Hash128 keyHash) {
        return opening.hasRead(keyHash);
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
        return apply(hash.key(write.key()), write, watermark.followsWrites());
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
        boolean moves = moving && !entry.repaired() && !entry.isUnread();
        if (moves && write.positionMs() <= write.appendTimeMs() + windows.graceMs()) {
            watermark.raise(Math.min(write.positionMs(), entry.appendTimeMs()));
        }
        return old != null && !entry.repaired() && entry.revives(old) ? Applied.APPEARED : Applied.REPLACED;
    }

    /**
     * A scan of the datastore starts: entries that it does not find are dropped at its end.
     *
     * @param id names the scan
     * @param offset where its start lies in the writes partition
     */
    public void scanStarted(String id, long offset) {
        scans.started(id, offset);
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
        scans.found(keyHash, id, since);
        Entry old = table.get(keyHash);
        boolean replayed = old != null && old.offset() == write.offset();
        if (old != null && !replayed && (old.offset() > since || digests.states(write, old))) {
            return Applied.SKIPPED;
        }
        watermark.scanned();
        boolean appears = !write.deleted() && (old == null || !old.liveAt(write.appendTimeMs()));
        Applied applied = apply(keyHash, write, false);
        return applied == Applied.REPLACED && appears ? Applied.APPEARED : applied;
    }

    /**
     * A scan has ended. Live entries that it has not found, and that no write event since its start has written, are dropped by
     * {@link #read}: the replica does not hold them. A scan whose start or some of whose finds were not seen drops nothing.
     *
     * @param since offset of its start
     * @param found how many keys it has found
     * @return whether the scan was seen whole
     */
    public boolean scanEnded(String id, long since, long found) {
        return scans.ended(id, since, found);
    }

    private void drop(Hash128 keyHash) {
        Entry entry = table.get(keyHash);
        if (times.window(keyHash, entry) > tree.sealedRound()) {
            dropped.put(keyHash, times.of(keyHash, entry));
        }
        leave(keyHash, entry, Math.max(times.window(keyHash, entry), tree.sealedRound() + 1));
        remove(keyHash);
    }

    private void remove(Hash128 keyHash) {
        table.remove(keyHash);
        rows[segment(keyHash)]--;
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
        watermark.raise(positionMs);
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

    /** The first symbols of the sketch of what is in the sealed tree; it must not be changed. */
    public Sketch sketch() {
        return tree.sketch();
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
        return watermark.positionMs();
    }

    /** Notes the watermark beside the entries, for the next start. */
    public void noteWatermark() {
        watermark.note();
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

    /** The same for the keys whose hashes have a given upper lane: hardly ever more than one. */
    public void scanKey(long upperLane, EntryTable.Visitor visitor) {
        table.scan(new Hash128(upperLane, 0), new Hash128(upperLane, -1), times.known(visitor));
    }

    /** Adds the live entries that the replica holds in a segment now to a sketch. What expires up to the sealed cut is dead. */
    public void sketchSegment(int segment, Sketch sketch) {
        long cutMs = windows.cutMs(tree.sealedRound());
        scanSegment(segment, (keyHash, entry) -> {
            if (entry.liveAt(cutMs)) {
                sketch.add(hash, keyHash.hi(), entryDigest(keyHash, entry).hi(), 1);
            }
        });
    }

    /** The hashes of the elements of its sketches. */
    public ElementHash elementHash() {
        return hash;
    }

    private Entry entry(Hash128 keyHash, Write write, Entry old) {
        long appendTimeMs = times.appendTimeMs(write);
        if (write.positionMs() > appendTimeMs) {
            clamped++;
            clampedFar = clampedFar || write.positionMs() > appendTimeMs + windows.graceMs();
        }
        long writtenMs = write.isUnread() ? Long.MIN_VALUE : Math.min(write.positionMs(), write.appendTimeMs());
        long effective = Math.max(writtenMs, windows.cutMs(tree.sealedRound()) + 1);
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
        vectors |= entry.vector() != null;
        long from = times.window(keyHash, entry);
        long until = windows.of(entry.expiryMs());
        if (!entry.deleted() && from < until) {
            Hash128 digest = entryDigest(keyHash, entry);
            tree.add(from, keyHash, segment(keyHash), digest);
            tree.expire(until, keyHash, segment(keyHash), digest);
        }
    }

    /** Removes an entry from the tree from a window on, unless it expires before. */
    private void leave(Hash128 keyHash, Entry entry, long window) {
        long until = windows.of(entry.expiryMs());
        if (!entry.deleted() && times.window(keyHash, entry) < until) {
            tree.leave(window, until, keyHash, segment(keyHash), entryDigest(keyHash, entry));
        }
    }

    private Hash128 entryDigest(Hash128 keyHash, Entry entry) {
        return digests.of(keyHash, entry.version(), entry.vector(), entry.expiryMs(), entry.digest());
    }

    /** Whether entries may have version vectors; no entry has had one so far if not. */
    public boolean hasVectors() {
        return vectors;
    }

    /** How many entries the replica holds in a segment now, dead or alive. */
    public int rows(int segment) {
        return rows[segment];
    }

    /** The segment of a key. */
    public int segment(Hash128 keyHash) {
        return bits == 0 ? 0 : (int) (keyHash.hi() >>> -bits);
    }
}

package io.trueup.tree;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * Interprets the times of stored entries. A time that lies far ahead of the moment when the tree is built was given while a
 * clock was wrong: it counts as that moment, by which the entry was there. The table stays as it is, because the clock may be
 * wrong now and was right then.
 *
 * <p>So as long as the table holds such times and no other clock has confirmed the own one, a write that is first seen now is not dated
 * by it: a time too early would count as a proof that others have seen the write. It is stored as undated. Once the clock is
 * confirmed, it counts as appended by then.
 *
 * <p>A bound of the append times is noted beside the entries, so that the doubt is known before all of them are read.
 *
 * <p>An entry whose position lies after its append time by more than the grace was dated by a clock that was wrong: that of its
 * writer, or that of the reconciler. Once the tree is built again, it counts as undated, and as appended by then. The position
 * of an entry is never changed: replicas compare it, and repairs carry it. An unread entry has no position of its own, which
 * would show that the clock was behind; so it counts as undated as soon as the tree is built again, as it is once a clock was
 * corrected. Not thread-safe.
 */
final class EffectiveTimes {

    // The name of the note is part of the stored state.
    private static final String APPENDED_NOTE = "append times up to";

    private final Windows windows;
    private final EntryTable table;
    private final long builtMs;
    private final long limitMs;
    private final long apartMs;
    /** Entries written since whose offset and time look as if they were there before: write events that are replayed late. */
    private final Set<Hash128> replayed = new HashSet<>();

    private boolean building = true;
    /** Offset after the last entry that was found. */
    private long seenTo;
    /** Offset after the last entry that was there before the tree was built. */
    private long oldTo;
    /** Offset of the first write that was taken in before all entries were read. */
    private long firstWritten = Long.MAX_VALUE;
    /** The latest append time of such an entry. */
    private long newestMs = Long.MIN_VALUE;
    /** The latest append time of any entry that was found, or written meanwhile. */
    private long foundMs = Long.MIN_VALUE;

    private final boolean bounded;
    /** No entry was appended later: what is noted. */
    private long notedMs;

    private boolean inDoubt;
    private boolean confirmed;
    /** The offset after the last write that was taken in while the clock was in doubt, and when that ended. */
    private long doubtedTo;

    private long confirmedMs;

    EffectiveTimes(Windows windows, EntryTable table, long builtMs) {
        this.windows = windows;
        this.table = table;
        this.builtMs = builtMs;
        apartMs = windows.graceMs() + windows.intervalMs();
        limitMs = builtMs + apartMs;
        byte[] noted = table.note(APPENDED_NOTE);
        bounded = noted != null;
        notedMs = bounded ? ByteBuffer.wrap(noted).getLong() : Long.MIN_VALUE;
        inDoubt = notedMs > limitMs;
    }

    /** Whether a bound of the append times is known before the entries are read; not where there are none, or old ones. */
    boolean areBounded() {
        return bounded;
    }

    /** The tree is being built, and this entry is in the table. Returns its window. */
    long found(Hash128 keyHash, Entry entry) {
        seenTo = Math.max(seenTo, entry.offset() + 1);
        foundMs = Math.max(foundMs, entry.appendTimeMs());
        if (isOld(keyHash, entry)) {
            newestMs = Math.max(newestMs, entry.appendTimeMs());
            oldTo = Math.max(oldTo, entry.offset() + 1);
        }
        return window(keyHash, entry);
    }

    /** All entries are found. */
    void built(long nowMs) {
        building = false;
        inDoubt = !confirmed && newestMs > limitMs;
        if (!inDoubt) {
            confirmedMs = Math.max(confirmedMs, nowMs);
        }
        note(foundMs);
    }

    /** Offset after the last write event in the table when all entries were found. */
    long seenTo() {
        return seenTo;
    }

    private void note(long appendTimeMs) {
        notedMs = appendTimeMs == Long.MIN_VALUE ? appendTimeMs : appendTimeMs + windows.intervalMs();
        table.note(
                APPENDED_NOTE, ByteBuffer.allocate(Long.BYTES).putLong(notedMs).array());
    }

    /** Another clock shows the same time. */
    void confirmed(long nowMs) {
        if (inDoubt) {
            inDoubt = false;
            confirmed = true;
            confirmedMs = nowMs;
        }
    }

    /** When a write event was appended or first seen; the latest time that is possible if the clock is in doubt. */
    long appendTimeMs(Write write) {
        long newest = building ? notedMs : newestMs;
        return inDoubt ? Math.max(write.appendTimeMs(), Math.max(newest, write.positionMs())) : write.appendTimeMs();
    }

    /** Whether the clock is in doubt: what is written now is undated. */
    boolean areInDoubt() {
        return inDoubt;
    }

    private boolean isOld(Hash128 keyHash, Entry entry) {
        return building ? entry.offset() < firstWritten : entry.offset() < oldTo && !replayed.contains(keyHash);
    }

    /** To where a stored entry raises the watermark; {@link Long#MIN_VALUE} if it shows nothing. */
    long watermarkMs(Entry entry) {
        boolean shows = !entry.repaired() && !entry.undated() && entry.positionMs() < entry.appendTimeMs();
        return shows ? unlessAhead(entry.positionMs()) : Long.MIN_VALUE;
    }

    /** A position, unless it lies so far ahead that a clock must have been wrong: then {@link Long#MIN_VALUE}. */
    long unlessAhead(long positionMs) {
        return positionMs > limitMs ? Long.MIN_VALUE : positionMs;
    }

    /** From when on the trees hold an entry. */
    long of(Hash128 keyHash, Entry entry) {
        return entry.effectiveMs() > limitMs && isOld(keyHash, entry) ? builtMs : entry.effectiveMs();
    }

    /** The window of this time. */
    long window(Hash128 keyHash, Entry entry) {
        return windows.of(of(keyHash, entry));
    }

    /** An entry is written. */
    void written(Hash128 keyHash, Entry entry) {
        doubtedTo = inDoubt ? Math.max(doubtedTo, entry.offset() + 1) : doubtedTo;
        if (entry.appendTimeMs() > notedMs) {
            note(entry.appendTimeMs());
        }
        if (building) {
            firstWritten = Math.min(firstWritten, entry.offset());
            foundMs = Math.max(foundMs, entry.appendTimeMs());
            return;
        }
        boolean ambiguous = entry.offset() < oldTo && Math.max(entry.effectiveMs(), entry.appendTimeMs()) > limitMs;
        if (ambiguous) {
            replayed.add(keyHash);
        } else if (!replayed.isEmpty()) {
            replayed.remove(keyHash);
        }
    }

    /** Visits entries as they are known to have been written: no later than the tree was built. */
    EntryTable.Visitor known(EntryTable.Visitor visitor) {
        return (keyHash, entry) -> visitor.visit(keyHash, known(keyHash, entry));
    }

    /** An entry as it is known to have been written: no later than the tree was built. */
    Entry known(Hash128 keyHash, Entry entry) {
        boolean undated =
                entry.undated() || entry.isUnread() || entry.positionMs() > entry.appendTimeMs() + windows.graceMs();
        if (isOld(keyHash, entry)) {
            return undated || entry.appendTimeMs() > limitMs ? appendedBy(builtMs, undated, keyHash, entry) : entry;
        }
        boolean doubted = !inDoubt && entry.offset() < doubtedTo;
        return doubted ? appendedBy(confirmedMs, undated, keyHash, entry) : entry;
    }

    private Entry appendedBy(long timeMs, boolean undated, Hash128 keyHash, Entry entry) {
        return new Entry(
                entry.key(),
                entry.version(),
                entry.vector(),
                entry.positionMs(),
                of(keyHash, entry),
                timeMs,
                entry.expiryMs(),
                entry.deleted(),
                entry.repaired(),
                entry.digest(),
                entry.offset(),
                undated);
    }
}

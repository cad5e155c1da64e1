package io.trueup.tree;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/** Knows in which segments there may be tombstones, or expired entries, that can be forgotten. Not thread-safe. */
public final class Tombstones {

    /**
     * What was forgotten.
     *
     * @param entries number of tombstones and expired entries
     * @param latestDeathMs the latest time at which one of them had died and its write event was appended; {@link
     *     Long#MIN_VALUE} if nothing was forgotten
     */
    public record Forgotten(long entries, long latestDeathMs) {

        static final Forgotten NOTHING = new Forgotten(0, Long.MIN_VALUE);

        private Forgotten and(Forgotten other) {
            return new Forgotten(entries + other.entries, Math.max(latestDeathMs, other.latestDeathMs));
        }
    }

    /** How many entries are read at a time, so that a round does not wait for long; the next round continues. */
    private static final int MAX_READ = 200_000;

    /** By segment, the earliest time at which an entry in it may have been dead and appended. */
    private final long[] firstGoneMs;

    private int next;
    private int read;

    Tombstones(int segments) {
        firstGoneMs = new long[segments];
        Arrays.fill(firstGoneMs, Entry.NEVER);
    }

    /** Visits what is held in a segment. */
    @FunctionalInterface
    interface SegmentScan {
        void scan(int segment, EntryTable.Visitor visitor);
    }

    /** A segment contains an entry, dead or alive. */
    void entered(int segment, Entry entry) {
        firstGoneMs[segment] = Math.min(firstGoneMs[segment], goneMs(entry));
    }

    /**
     * Forgets what may be forgotten, see {@link EntryTree#forget}.
     *
     * @param remove removes an entry
     */
    Forgotten forget(
            BitSet disputed, long untilMs, long retainedSinceMs, SegmentScan segments, Consumer<Hash128> remove) {
        Forgotten forgotten = Forgotten.NOTHING;
        read = 0;
        for (int left = firstGoneMs.length; left > 0 && read < MAX_READ; left--) {
            int segment = next;
            next = (next + 1) % firstGoneMs.length;
            if (firstGoneMs[segment] <= retainedSinceMs && !disputed.get(segment)) {
                forgotten = forgotten.and(forget(segment, untilMs, retainedSinceMs, segments, remove));
            }
        }
        return forgotten;
    }

    private Forgotten forget(
            int segment, long untilMs, long retainedSinceMs, SegmentScan segments, Consumer<Hash128> remove) {
        List<Hash128> gone = new ArrayList<>();
        long[] firstLeftMs = {Entry.NEVER};
        long[] latestDeathMs = {Long.MIN_VALUE};
        segments.scan(segment, (keyHash, entry) -> {
            read++;
            boolean agreed = Math.max(deathMs(entry), entry.effectiveMs()) <= untilMs;
            if (agreed && goneMs(entry) <= retainedSinceMs) {
                gone.add(keyHash);
                latestDeathMs[0] = Math.max(latestDeathMs[0], goneMs(entry));
            } else {
                firstLeftMs[0] = Math.min(firstLeftMs[0], goneMs(entry));
            }
        });
        gone.forEach(remove);
        firstGoneMs[segment] = firstLeftMs[0];
        return new Forgotten(gone.size(), latestDeathMs[0]);
    }

    /** When an entry dies: a tombstone when it was written; an entry that expires at its expiry, but not before it was written. */
    private static long deathMs(Entry entry) {
        return entry.deleted() ? entry.writtenMs() : Math.max(entry.writtenMs(), entry.expiryMs());
    }

    /** When the retention of an entry begins: it is dead, and its write event is appended. */
    private static long goneMs(Entry entry) {
        return Math.max(deathMs(entry), entry.appendTimeMs());
    }
}

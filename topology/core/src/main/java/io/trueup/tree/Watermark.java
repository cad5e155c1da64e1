package io.trueup.tree;

import java.nio.ByteBuffer;

/**
 * The highest position that a replica is known to have applied, noted beside the entries. Not thread-safe.
 */
final class Watermark {

    // The names of the notes are part of the stored state.
    private static final String NOTE = "watermark";
    private static final String PROGRESS_NOTE = "watermark of progress events";
    /** Some entries may come from scans, which do not show whether they came through the feed: they raise no watermark. */
    private static final String SCANNED_NOTE = "scanned";

    private final EntryTable table;
    private final boolean progressOnly;
    private long positionMs = Long.MIN_VALUE;
    private long notedMs = Long.MIN_VALUE;

    /**
     * Takes up what is noted.
     *
     * @param progressOnly true: only progress raises it; false: writes, too
     */
    Watermark(EntryTable table, boolean progressOnly, EffectiveTimes times) {
        this.table = table;
        this.progressOnly = progressOnly;
        byte[] noted = table.note(name());
        if (noted != null) {
            notedMs = ByteBuffer.wrap(noted).getLong();
            positionMs = times.unlessAhead(notedMs);
        }
    }

    private String name() {
        return progressOnly ? PROGRESS_NOTE : NOTE;
    }

    /** Whether writes raise it. */
    boolean followsWrites() {
        return !progressOnly;
    }

    /** Whether stored entries raise it. */
    boolean followsEntries() {
        return !progressOnly && table.note(SCANNED_NOTE) == null;
    }

    /** An entry comes from a scan: from now on, stored entries do not raise it, but what is noted does. */
    void scanned() {
        if (table.note(SCANNED_NOTE) == null) {
            note();
            table.note(SCANNED_NOTE, new byte[] {1});
        }
    }

    void raise(long toMs) {
        positionMs = Math.max(positionMs, toMs);
    }

    /** {@link Long#MIN_VALUE} if nothing is known. */
    long positionMs() {
        return positionMs;
    }

    void note() {
        if (positionMs != notedMs) {
            notedMs = positionMs;
            table.note(
                    name(), ByteBuffer.allocate(Long.BYTES).putLong(positionMs).array());
        }
    }
}

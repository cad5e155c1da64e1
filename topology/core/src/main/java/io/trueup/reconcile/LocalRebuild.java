package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Message;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.util.OptionalLong;

/**
 * Whether the local state was lost and is being built again from its writes partition. It is noted beside the entries until
 * the partition is read up to its end. Not thread-safe.
 */
final class LocalRebuild {

    // The name of the note is part of the stored state.
    private static final String NOTE = "rebuild";
    private static final byte VERSION = 1;

    /** In place of a time: deletes are kept for ever. */
    static final long KEPT_FOR_EVER = Long.MAX_VALUE;

    private final EntryTable table;
    private Noted noted;
    private long read;

    /**
     * @param sinceMs when it began
     * @param until the offset up to which the partition was consumed before
     * @param deletesKeptMs for how long the partition keeps deletes
     */
    private record Noted(long sinceMs, long until, long deletesKeptMs) {}

    LocalRebuild(EntryTable table) {
        this.table = table;
        this.noted = read(table);
    }

    static void note(EntryTable table, long nowMs, long until, long deletesKeptMs) {
        table.note(
                NOTE,
                new FieldWriter()
                        .tag(VERSION)
                        .number(nowMs)
                        .number(until)
                        .number(deletesKeptMs)
                        .toBytes());
    }

    static OptionalLong until(EntryTable table) {
        Noted noted = read(table);
        return noted == null ? OptionalLong.empty() : OptionalLong.of(noted.until());
    }

    private static Noted read(EntryTable table) {
        byte[] note = table.note(NOTE);
        if (note == null) {
            return null;
        }
        NoteReader in = new NoteReader(NOTE, note, VERSION);
        Noted noted = new Noted(in.number(), in.number(), in.number());
        in.end();
        return noted;
    }

    boolean isUnderWay() {
        return noted != null;
    }

    /** The record at an offset is read. */
    void read(long offset) {
        read = Math.max(read, offset + 1);
    }

    Message.Rebuilding message() {
        return new Message.Rebuilding(noted.sinceMs(), Math.min(read, noted.until()), noted.until());
    }

    /**
     * The partition is read up to its end.
     *
     * @return deletes older than that many milliseconds may have been removed from the partition before they were read; empty
     *     if none was
     */
    OptionalLong finished() {
        long keptMs = noted.deletesKeptMs();
        noted = null;
        table.note(NOTE, null);
        return keptMs == KEPT_FOR_EVER ? OptionalLong.empty() : OptionalLong.of(keptMs);
    }
}

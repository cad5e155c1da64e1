package io.trueup.tree;

import java.util.function.Consumer;

/**
 * The windows in which entries leave the tree because they expire. Those of the next windows wait in memory, as many as find
 * room there. When their end comes near, the table is read again for the next ones. So a long time to live, or a window for each
 * entry, costs no memory, but a pass over the table now and then. Not thread-safe.
 */
final class Expiries {

    /** Windows for which there is always room. */
    private static final int MIN_WINDOWS = 2;
    /** So many windows before the last known one, the next ones are read. */
    private static final int LEAD_WINDOWS = 4;

    private final PendingDeltas pending;
    private final long maxSlots;
    /** The round that is due. */
    private long dueRound;
    /** What expires up to this window is pending. */
    private long knownTo = Windows.NONE;

    /** Under way if not null. */
    private Pass pass;
    /** The same of entries that the pass has read. */
    private long readTo;

    private long passBegun = Long.MIN_VALUE;

    /**
     * @param pending receives what is to expire
     * @param maxSlots for how many slots of deltas there is room, see {@link Delta#slots}
     * @param dueRound the round that is due
     */
    Expiries(PendingDeltas pending, long maxSlots, long dueRound) {
        this.pending = pending;
        this.maxSlots = maxSlots;
        this.dueRound = dueRound;
    }

    /** An entry expires in a window that is not sealed. */
    void add(long window, Hash128 keyHash, int segment, Hash128 digest) {
        if (isKnown(window, keyHash)) {
            change(window, keyHash, segment, digest, -1);
        }
    }

    /** An entry that expires in a window does so no longer. Only where that is known. */
    void cancel(long window, Hash128 keyHash, int segment, Hash128 digest) {
        change(window, keyHash, segment, digest, 1);
    }

    /** Whether it is pending if an entry of a key expires in a window. */
    boolean isKnown(long window, Hash128 keyHash) {
        return window <= (pass != null && pass.hasRead(keyHash) ? readTo : knownTo);
    }

    private void change(long window, Hash128 keyHash, int segment, Hash128 digest, int times) {
        if (window != Windows.NONE) {
            pending.add(window, keyHash, segment, digest, times);
            makeRoom();
        }
    }

    private void makeRoom() {
        while (pending.slots() > maxSlots && pending.lastWindow() > dueRound + MIN_WINDOWS) {
            long last = pending.lastWindow();
            pending.dropLast();
            knownTo = Math.min(knownTo, last - 1);
            readTo = Math.min(readTo, last - 1);
        }
    }

    /** Takes out what expires up to a window, which must be known. */
    void drain(long lastWindow, Consumer<Delta> consumer) {
        pending.drain(lastWindow, consumer);
    }

    /** The last window of which it is known what expires. */
    long knownTo() {
        return knownTo;
    }

    /** Slots in use. */
    long slots() {
        return pending.slots();
    }

    /** Whether the table is to be read for what expires next. */
    boolean mustRead(long nowDueRound) {
        dueRound = Math.max(dueRound, nowDueRound);
        if (pass == null && knownTo != Windows.NONE && knownTo <= dueRound + LEAD_WINDOWS && passBegun < dueRound) {
            pass = new Pass();
            passBegun = dueRound;
            readTo = Windows.NONE;
        }
        return pass != null;
    }

    /**
     * Reads further slices of the table.
     *
     * @param visitor calls {@link #found} for each entry in the tree that expires in a window which {@link #isSought}
     */
    void read(EntryTable table, int slices, EntryTable.Visitor visitor) {
        if (pass.read(table, slices, visitor)) {
            knownTo = readTo;
            pass = null;
        }
    }

    /** Whether the pass looks for what expires in a window. */
    boolean isSought(long window) {
        return window > knownTo && window <= readTo && window != Windows.NONE;
    }

    /** The pass has found an entry that expires in such a window. */
    void found(long window, Hash128 keyHash, int segment, Hash128 digest) {
        change(window, keyHash, segment, digest, -1);
    }
}

package io.trueup.tree;

/** A pass over an entry table in slices, between which the table may change. Not thread-safe. */
final class Pass {

    private static final int SLICE_BITS = 10;
    /** The number of slices of a table. */
    static final int SLICES = 1 << SLICE_BITS;

    private int read;

    /**
     * Visits the entries of the next slices; {@value #SLICES} are all.
     *
     * @return whether all slices have been visited
     */
    boolean read(EntryTable table, int slices, EntryTable.Visitor visitor) {
        int until = Math.min(SLICES, read + slices);
        if (read < until) {
            table.scan(
                    new Hash128((long) read << -SLICE_BITS, 0),
                    new Hash128(((long) until << -SLICE_BITS) - 1, -1),
                    visitor);
            read = until;
        }
        return isEnded();
    }

    boolean isEnded() {
        return read == SLICES;
    }

    /** Whether the slice of a key has been visited. */
    boolean hasRead(Hash128 keyHash) {
        return keyHash.hi() >>> -SLICE_BITS < read;
    }
}

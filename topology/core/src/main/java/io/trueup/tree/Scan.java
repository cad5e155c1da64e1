package io.trueup.tree;

import java.util.Arrays;

/**
 * A scan of the datastore under way: which keys it has found so far, by 64 bits of their hash. An open-addressing set of
 * primitives: 16 to 32 bytes a key. Not thread-safe.
 */
public final class Scan {

    private final String id;
    private final long since;
    private long[] slots = new long[1024];
    private int size;

    /**
     * @param id names the scan
     * @param since offset of its start in the writes partition
     */
    public Scan(String id, long since) {
        this.id = id;
        this.since = since;
    }

    /** Whether it is the scan of this id that started at this offset. */
    public boolean is(String otherId, long otherSince) {
        return id.equals(otherId) && since == otherSince;
    }

    String id() {
        return id;
    }

    long since() {
        return since;
    }

    /** Keys found so far. */
    public int size() {
        return size;
    }

    /** A row of this key was found. */
    public void found(Hash128 keyHash) {
        if (2 * (size + 1) > slots.length) {
            grow();
        }
        if (insert(bits(keyHash))) {
            size++;
        }
    }

    /** Whether a row of this key was found. */
    public boolean hasFound(Hash128 keyHash) {
        return slots[slot(bits(keyHash))] != 0;
    }

    /** Zero marks a free slot. */
    private static long bits(Hash128 keyHash) {
        return keyHash.lo() == 0 ? 1 : keyHash.lo();
    }

    private boolean insert(long bits) {
        int slot = slot(bits);
        boolean fresh = slots[slot] == 0;
        slots[slot] = bits;
        return fresh;
    }

    private int slot(long bits) {
        int mask = slots.length - 1;
        int slot = (int) (bits ^ bits >>> 32) & mask;
        while (slots[slot] != 0 && slots[slot] != bits) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        Arrays.stream(old).filter(bits -> bits != 0).forEach(this::insert);
    }
}

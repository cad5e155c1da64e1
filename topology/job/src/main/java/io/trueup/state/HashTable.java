package io.trueup.state;

import io.trueup.tree.Hash128;
import java.util.Arrays;

/**
 * Byte strings by key hash, in memory, in ascending order of the unsigned hash. Hashes of keys are evenly distributed, so the
 * place of one follows from its first bits: a look-up reads a few neighbouring slots, and a range of hashes is a range of slots.
 *
 * <p>A slot holds a hash in an array of longs, and a reference to the bytes. An entry that finds its slot taken moves to the
 * right, so that the order is kept (linear probing in order of the hash: Amble and Knuth, "Ordered hash tables", The Computer
 * Journal 17(2), 1974). A slot costs 20 bytes with compressed references; between three and six of eight are taken. When the
 * table grows, all slots are copied at once: about 15 ms per million. Hashes that are not evenly distributed are stored correctly,
 * but slowly.
 *
 * <p>Not thread-safe.
 */
final class HashTable {

    private static final int SMALLEST_BITS = 6;
    private static final int LARGEST_BITS = 29;
    private static final int SLACK = 64;
    private static final long EMPTY = -1;

    /** Receives what a range contains. */
    @FunctionalInterface
    interface Visitor {
        /** Returns whether to go on. */
        boolean visit(long hi, long lo, byte[] value);
    }

    private int bits;
    /** The two halves of each hash; all bits are set where a slot is empty, so that a look-up ends there. */
    private long[] hashes;

    private byte[][] values;
    private int size;

    HashTable() {
        clear();
    }

    /** Forgets all. */
    void clear() {
        size = 0;
        bits = SMALLEST_BITS;
        allocate((1 << bits) + SLACK);
    }

    private void allocate(int slots) {
        hashes = new long[2 * slots];
        Arrays.fill(hashes, EMPTY);
        values = new byte[slots][];
    }

    int size() {
        return size;
    }

    /** Returns the bytes under a hash, not copied, or null. */
    byte[] get(long hi, long lo) {
        int slot = slotOf(hi, lo);
        return isAt(slot, hi, lo) ? values[slot] : null;
    }

    /**
     * Stores bytes, which must not change from now on.
     *
     * @return what was there before, or null
     * @throws IllegalStateException if the table is as large as an array can be
     */
    byte[] put(long hi, long lo, byte[] value) {
        int slot = slotOf(hi, lo);
        if (isAt(slot, hi, lo)) {
            byte[] before = values[slot];
            values[slot] = value;
            return before;
        }
        insert(slot, hi, lo, value);
        return null;
    }

    /** Removes what is under a hash, and returns it, or null. */
    byte[] remove(long hi, long lo) {
        int slot = slotOf(hi, lo);
        if (!isAt(slot, hi, lo)) {
            return null;
        }
        byte[] removed = values[slot];
        int next = slot + 1;
        // those to the right move back by one, up to the first that is where it belongs
        while (next < values.length && values[next] != null && home(hashes[2 * next]) < next) {
            next++;
        }
        move(slot + 1, next, slot);
        set(next - 1, EMPTY, EMPTY, null);
        size--;
        return removed;
    }

    /** Visits what lies between two hashes, both included, in order. The visitor must not change the table. */
    void scan(Hash128 first, Hash128 last, Visitor visitor) {
        for (int slot = slotOf(first.hi(), first.lo()); slot < values.length; slot++) {
            if (values[slot] == null) {
                if (Long.compareUnsigned(slot < 1L << bits ? (long) slot << -bits : -1, last.hi()) > 0) {
                    return; // all that follows belongs to greater hashes
                }
                continue;
            }
            if (compare(slot, last.hi(), last.lo()) > 0) {
                return;
            }
            if (!visitor.visit(hashes[2 * slot], hashes[2 * slot + 1], values[slot])) {
                return;
            }
        }
    }

    /** Visits all, in order. */
    void scan(Visitor visitor) {
        scan(Hash128.ZERO, new Hash128(-1, -1), visitor);
    }

    private int home(long hi) {
        return (int) (hi >>> -bits);
    }

    private boolean isAt(int slot, long hi, long lo) {
        return slot < values.length && hashes[2 * slot] == hi && hashes[2 * slot + 1] == lo && values[slot] != null;
    }

    /** The slot of a hash if it is there; otherwise the one where it belongs. */
    private int slotOf(long hi, long lo) {
        int slot = home(hi);
        while (slot < values.length && compare(slot, hi, lo) < 0) {
            slot++;
        }
        return slot;
    }

    private void insert(int slot, long hi, long lo, byte[] value) {
        int free = slot;
        while (free < values.length && values[free] != null) {
            free++;
        }
        if (free == values.length || size >= (1 << bits) / 4 * 3) {
            grow();
            insert(slotOf(hi, lo), hi, lo, value);
            return;
        }
        move(slot, free, slot + 1);
        set(slot, hi, lo, value);
        size++;
    }

    private void set(int slot, long hi, long lo, byte[] value) {
        hashes[2 * slot] = hi;
        hashes[2 * slot + 1] = lo;
        values[slot] = value;
    }

    /** Moves the slots {@code from <= slot < to}. */
    private void move(int from, int to, int target) {
        System.arraycopy(hashes, 2 * from, hashes, 2 * target, 2 * (to - from));
        System.arraycopy(values, from, values, target, to - from);
    }

    private void grow() {
        if (size < (1 << bits) / 4 * 3) {
            // not full: only the end is crowded
            int slots = values.length + (values.length - (1 << bits));
            int before = values.length;
            hashes = Arrays.copyOf(hashes, 2 * slots);
            Arrays.fill(hashes, 2 * before, 2 * slots, EMPTY);
            values = Arrays.copyOf(values, slots);
            return;
        }
        if (bits == LARGEST_BITS) {
            throw new IllegalStateException(
                    "a partition has more than " + size + " entries: more than state.store=memory"
                            + " can hold; set state.store=rocksdb, or use more partitions");
        }
        long[] oldHashes = hashes;
        byte[][] oldValues = values;
        bits++;
        allocate((1 << bits) + Math.max(SLACK, oldValues.length - (1 << bits - 1)));
        int next = 0;
        for (int slot = 0; slot < oldValues.length; slot++) {
            if (oldValues[slot] != null) {
                next = Math.max(next, home(oldHashes[2 * slot]));
                set(next++, oldHashes[2 * slot], oldHashes[2 * slot + 1], oldValues[slot]);
            }
        }
    }

    private int compare(int slot, long hi, long lo) {
        int order = Long.compareUnsigned(hashes[2 * slot], hi);
        return order != 0 ? order : Long.compareUnsigned(hashes[2 * slot + 1], lo);
    }
}

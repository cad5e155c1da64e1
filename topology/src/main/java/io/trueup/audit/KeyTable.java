package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * What one replica holds in one partition, as little of it as it takes to see whether it is equal elsewhere: per key 128 bits
 * of its hash, 128 bits of digest, and where the write event lies.
 *
 * <p>Open addressing with linear probing in arrays of primitives, in shards that grow one by one by a quarter: between 51
 * and 64 bytes a key, growth included. A put or a look-up costs O(1) and allocates nothing but growth. Puts wait for others
 * of their shard: what they will touch is fetched from memory for all of them at once, which takes hardly longer than for one.
 * Not thread-safe.
 */
final class KeyTable {

    /** Receives what is held for one key; digest lanes are zero for what is dead. */
    @FunctionalInterface
    interface Visitor {
        void visit(long hi, long lo, long digestHi, long digestLo);
    }

    /** Longest value whose length fits beside the offset; the few longer ones are remembered apart. */
    static final int LONGEST_SHORT_VALUE = (1 << 24) - 2;

    private static final int ELSEWHERE = LONGEST_SHORT_VALUE + 1;
    private static final long MOST_OFFSETS = 1L << 39;
    private static final int SIZE_BITS = 24;
    private static final int SHARD_BITS = 6;
    private static final int FIELDS = 5;
    private static final int DIGEST_HI = 2;
    private static final int DIGEST_LO = 3;
    private static final int PLACE = 4;
    private static final int FIRST_CAPACITY = 8;
    /** Place of an entry that a scan did not find: it is as if it had never been written. */
    private static final long GONE = -1;

    private static final int FIELDS_OF_PUT = FIELDS + 1;
    private static final int MOST_WAITING = 256;
    private static final int SLOTS_PER_WAITING = 32;

    private static final VarHandle TAGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int TAGS_AT_ONCE = Long.BYTES;
    private static final long EACH_BYTE = 0x0101010101010101L;

    /** Keeps the compiler from leaving out the reads that are made for their effect on the caches. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    private final long firstOffset;
    private final Shard[] shards = new Shard[1 << SHARD_BITS];
    private final Map<Hash128, Integer> longValues = new HashMap<>();
    private long bytes;
    private long live;
    private long dead;
    private long valueBytes;

    /** @param firstOffset no offset is lower */
    KeyTable(long firstOffset) {
        this.firstOffset = firstOffset;
    }

    /**
     * The replica now holds this for a key.
     *
     * @param digestHi digest of the entry; both lanes zero if it is dead
     * @param offset offset of the write event
     * @param valueLength length of the value; 0 if it is dead
     */
    void put(long hi, long lo, long digestHi, long digestLo, long offset, int valueLength) {
        Shard shard = shard(lo);
        if (shard.putWaits(hi, lo, digestHi, digestLo, offset, valueLength)) {
            settle(shard);
        }
    }

    private void settle() {
        for (Shard shard : shards) {
            if (shard != null) {
                settle(shard);
            }
        }
    }

    private void settle(Shard shard) {
        if (shard.waitingPuts == 0) {
            return;
        }
        touched += shard.touch();
        long[] waiting = shard.waiting;
        int end = shard.waitingPuts * FIELDS_OF_PUT;
        shard.waitingPuts = 0;
        for (int at = 0; at < end; at += FIELDS_OF_PUT) {
            settle(
                    shard,
                    waiting[at],
                    waiting[at + 1],
                    waiting[at + DIGEST_HI],
                    waiting[at + DIGEST_LO],
                    waiting[at + PLACE],
                    (int) waiting[at + FIELDS]);
        }
    }

    private void settle(Shard shard, long hi, long lo, long digestHi, long digestLo, long offset, int valueLength) {
        int slot = shard.find(hi, lo);
        boolean known = !shard.isFree(slot);
        if (!known) {
            if (shard.isFull()) {
                bytes -= shard.bytes();
                shard.grow();
                bytes += shard.bytes();
                slot = shard.find(hi, lo);
            }
            shard.occupy(slot, hi, lo);
        }
        long[] cells = shard.cells;
        int at = slot * FIELDS;
        if (known) {
            uncount(cells, at);
        }
        cells[at + DIGEST_HI] = digestHi;
        cells[at + DIGEST_LO] = digestLo;
        cells[at + PLACE] = place(hi, lo, offset, valueLength);
        count(cells, at);
    }

    /** Offset of the write event that counts for a key, or -1. */
    long offset(long hi, long lo) {
        Shard shard = settled(lo);
        if (shard == null) {
            return -1;
        }
        int slot = shard.find(hi, lo);
        long place = shard.isFree(slot) ? GONE : shard.cells[slot * FIELDS + PLACE];
        return place == GONE ? -1 : offset(place);
    }

    /** Whether there is an entry of this key, dead or alive. */
    boolean remembers(long hi, long lo) {
        Shard shard = settled(lo);
        return shard != null && !shard.isFree(shard.find(hi, lo));
    }

    /** Whether this key was written with this digest last; zeros: whether it is dead or was never written. */
    boolean holds(long hi, long lo, long digestHi, long digestLo) {
        Shard shard = settled(lo);
        int slot = shard == null ? -1 : shard.find(hi, lo);
        if (slot < 0 || shard.isFree(slot)) {
            return digestHi == 0 && digestLo == 0;
        }
        int at = slot * FIELDS;
        return shard.cells[at + DIGEST_HI] == digestHi && shard.cells[at + DIGEST_LO] == digestLo;
    }

    /** Drops what is live, was written below an offset, and was not found by a scan. */
    void dropUnfound(Scan scan, long since) {
        settle();
        for (Shard shard : shards) {
            if (shard == null) {
                continue;
            }
            long[] cells = shard.cells;
            for (int at = 0; at < cells.length; at += FIELDS) {
                boolean older = isLive(cells, at) && offset(cells[at + PLACE]) < since;
                if (older && !scan.hasFound(new Hash128(cells[at], cells[at + 1]))) {
                    uncount(cells, at);
                    cells[at + DIGEST_HI] = 0;
                    cells[at + DIGEST_LO] = 0;
                    cells[at + PLACE] = GONE;
                }
            }
        }
    }

    void forEach(Visitor visitor) {
        settle();
        for (Shard shard : shards) {
            if (shard == null) {
                continue;
            }
            long[] cells = shard.cells;
            for (int slot = 0; slot < shard.capacity; slot++) {
                if (!shard.isFree(slot)) {
                    int at = slot * FIELDS;
                    visitor.visit(cells[at], cells[at + 1], cells[at + DIGEST_HI], cells[at + DIGEST_LO]);
                }
            }
        }
    }

    /** Keys that live. */
    long live() {
        settle();
        return live;
    }

    /** Keys that are deleted or expired, as far as they are remembered. */
    long dead() {
        settle();
        return dead;
    }

    /** Bytes of the values of the keys that live. */
    long valueBytes() {
        settle();
        return valueBytes;
    }

    /** Bytes of memory that the table takes. */
    long memoryBytes() {
        return bytes;
    }

    private void count(long[] cells, int at) {
        long place = cells[at + PLACE];
        if (isLive(cells, at)) {
            live++;
            valueBytes += valueLength(cells, at);
        } else if (place != GONE) {
            dead++;
        }
    }

    private void uncount(long[] cells, int at) {
        long place = cells[at + PLACE];
        if (isLive(cells, at)) {
            live--;
            valueBytes -= valueLength(cells, at);
        } else if (place != GONE) {
            dead--;
        }
    }

    private static boolean isLive(long[] cells, int at) {
        return (cells[at + DIGEST_HI] | cells[at + DIGEST_LO]) != 0;
    }

    private int valueLength(long[] cells, int at) {
        int length = (int) cells[at + PLACE] & (1 << SIZE_BITS) - 1;
        return length == ELSEWHERE ? longValues.get(new Hash128(cells[at], cells[at + 1])) : length;
    }

    private long place(long hi, long lo, long offset, int valueLength) {
        long distance = offset - firstOffset;
        if (distance >= MOST_OFFSETS) {
            throw new IllegalStateException("more than " + MOST_OFFSETS + " offsets in one partition");
        }
        int length = valueLength;
        if (valueLength > LONGEST_SHORT_VALUE) {
            longValues.put(new Hash128(hi, lo), valueLength);
            length = ELSEWHERE;
        }
        return distance << SIZE_BITS | length;
    }

    private long offset(long place) {
        return firstOffset + (place >>> SIZE_BITS);
    }

    private Shard shard(long lo) {
        int index = shardOf(lo);
        if (shards[index] == null) {
            shards[index] = new Shard();
            bytes += shards[index].bytes();
        }
        return shards[index];
    }

    /** The shard of a key with all that was put into it, or null if there is none. */
    private Shard settled(long lo) {
        Shard shard = shards[shardOf(lo)];
        if (shard != null) {
            settle(shard);
        }
        return shard;
    }

    /** The lower lane chooses the slot: the upper one is narrow where only a range of keys is kept. */
    private static int shardOf(long lo) {
        return (int) (lo >>> -SHARD_BITS);
    }

    /**
     * A table of its own for 1/64 of the keys, so that growth never copies much at once. A tag of 8 bits for each slot, zero
     * where it is free, tells where to look: eight are compared at once, and cells are read only where a tag fits.
     */
    private static final class Shard {

        private long[] cells = new long[FIRST_CAPACITY * FIELDS];
        /** The first ones stand again at the end, so that eight can be read from anywhere. */
        private byte[] tags = new byte[FIRST_CAPACITY + TAGS_AT_ONCE - 1];

        private int capacity = FIRST_CAPACITY;
        private int size;
        private long[] waiting = new long[FIELDS_OF_PUT];
        private int waitingPuts;

        /** Notes a put; returns whether no further one can wait. */
        boolean putWaits(long hi, long lo, long digestHi, long digestLo, long offset, int valueLength) {
            int at = waitingPuts * FIELDS_OF_PUT;
            waiting[at] = hi;
            waiting[at + 1] = lo;
            waiting[at + DIGEST_HI] = digestHi;
            waiting[at + DIGEST_LO] = digestLo;
            waiting[at + PLACE] = offset;
            waiting[at + FIELDS] = valueLength;
            return ++waitingPuts * FIELDS_OF_PUT == waiting.length;
        }

        /** Reads the cells that the waiting puts will touch, so that they are near, and fetched all at once. */
        long touch() {
            long sum = 0;
            int end = waitingPuts * FIELDS_OF_PUT;
            for (int at = 0; at < end; at += FIELDS_OF_PUT) {
                int cell = candidate(waiting[at], waiting[at + 1]) * FIELDS;
                sum += cells[cell] + cells[cell + PLACE];
            }
            return sum;
        }

        boolean isFree(int slot) {
            return tags[slot] == 0;
        }

        boolean isFull() {
            return 6 * (size + 1L) > 5L * capacity;
        }

        /** Slot of a key, or the free one where it would go. */
        int find(long hi, long lo) {
            long wanted = (tag(hi) & 0xFFL) * EACH_BYTE;
            int from = start(lo);
            while (true) {
                long group = (long) TAGS.get(tags, from);
                long free = zeros(group);
                long fitting = zeros(group ^ wanted) & free - 1 & ~free; // none behind the first free one
                while (fitting != 0) {
                    int slot = wrapped(from + (Long.numberOfTrailingZeros(fitting) >>> 3));
                    int at = slot * FIELDS;
                    if (cells[at] == hi && cells[at + 1] == lo) {
                        return slot;
                    }
                    fitting &= fitting - 1;
                }
                if (free != 0) {
                    return wrapped(from + (Long.numberOfTrailingZeros(free) >>> 3));
                }
                from = wrapped(from + TAGS_AT_ONCE);
            }
        }

        /** The first slot, from where a key is looked for, that may hold it or is free. */
        private int candidate(long hi, long lo) {
            long wanted = (tag(hi) & 0xFFL) * EACH_BYTE;
            int from = start(lo);
            while (true) {
                long group = (long) TAGS.get(tags, from);
                long ends = zeros(group) | zeros(group ^ wanted);
                if (ends != 0) {
                    return wrapped(from + (Long.numberOfTrailingZeros(ends) >>> 3));
                }
                from = wrapped(from + TAGS_AT_ONCE);
            }
        }

        /** Takes a free slot for a key. */
        void occupy(int slot, long hi, long lo) {
            setTag(slot, tag(hi));
            cells[slot * FIELDS] = hi;
            cells[slot * FIELDS + 1] = lo;
            size++;
        }

        private void setTag(int slot, byte tag) {
            tags[slot] = tag;
            if (slot < TAGS_AT_ONCE - 1) {
                tags[capacity + slot] = tag;
            }
        }

        private int wrapped(int slot) {
            return slot >= capacity ? slot - capacity : slot;
        }

        private static byte tag(long hi) {
            int bits = (int) hi & 0xFF;
            return (byte) (bits == 0 ? 1 : bits);
        }

        /** The highest bit of each byte that is zero; behind the first of them it may also be set for a byte that is 1. */
        private static long zeros(long bytes) {
            return bytes - EACH_BYTE & ~bytes & EACH_BYTE << 7;
        }

        private int start(long lo) {
            return (int) ((lo << SHARD_BITS >>> 32) * capacity >>> 32);
        }

        /** Bytes of memory that its arrays take. */
        long bytes() {
            return (long) (cells.length + waiting.length) * Long.BYTES + tags.length;
        }

        /** Makes room. Slots keep their order, so that old and new arrays are passed through once. */
        void grow() {
            long[] oldCells = cells;
            byte[] oldTags = tags;
            int old = capacity;
            capacity = old + Math.max(FIRST_CAPACITY, old / 4);
            waiting = new long[FIELDS_OF_PUT * Math.max(1, Math.min(MOST_WAITING, capacity / SLOTS_PER_WAITING))];
            long[] newCells = new long[capacity * FIELDS];
            cells = newCells;
            tags = new byte[capacity + TAGS_AT_ONCE - 1];
            for (int slot = 0; slot < old; slot++) {
                if (oldTags[slot] != 0) {
                    int from = slot * FIELDS;
                    int to = start(oldCells[from + 1]);
                    while (tags[to] != 0) {
                        to = wrapped(to + 1);
                    }
                    setTag(to, oldTags[slot]);
                    int at = to * FIELDS;
                    newCells[at] = oldCells[from];
                    newCells[at + 1] = oldCells[from + 1];
                    newCells[at + DIGEST_HI] = oldCells[from + DIGEST_HI];
                    newCells[at + DIGEST_LO] = oldCells[from + DIGEST_LO];
                    newCells[at + PLACE] = oldCells[from + PLACE];
                }
            }
        }
    }
}

package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import java.util.HashMap;
import java.util.Map;

/**
 * What one replica holds in one partition, as little of it as it takes to see whether it is equal elsewhere: per key 128 bits
 * of its hash, 128 bits of digest, and where the write event lies.
 *
 * <p>Open addressing with linear probing in arrays of primitives, in shards that grow one by one by a quarter: between 50
 * and 63 bytes a key, growth included. A put or a look-up costs O(1) and allocates nothing but growth. Puts wait for each
 * other: what they will touch is fetched from memory for all of them at once, which takes hardly longer than for one. Not
 * thread-safe.
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

    private static final int WAITING = 32;
    /** How far most searches go. */
    private static final int LINES = 4;

    private static final int LONGS_OF_LINE = 8;

    private final long[] waiting = new long[WAITING * (FIELDS + 1)];
    private int waitingPuts;

    /** Keeps the compiler from leaving out the reads that are made for their effect on the caches. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    private final long firstOffset;
    private final Shard[] shards = new Shard[1 << SHARD_BITS];
    private final Map<Hash128, Integer> longValues = new HashMap<>();
    private long slots;
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
        int at = waitingPuts * (FIELDS + 1);
        waiting[at] = hi;
        waiting[at + 1] = hi == 0 && lo == 0 ? 1 : lo;
        waiting[at + DIGEST_HI] = digestHi;
        waiting[at + DIGEST_LO] = digestLo;
        waiting[at + PLACE] = offset;
        waiting[at + FIELDS] = valueLength;
        if (++waitingPuts == WAITING) {
            settle();
        }
    }

    private void settle() {
        if (waitingPuts == 0) {
            return;
        }
        int end = waitingPuts * (FIELDS + 1);
        waitingPuts = 0;
        for (int at = 0; at < end; at += FIELDS + 1) {
            touched += shard(waiting[at + 1]).touch(waiting[at + 1]);
        }
        for (int at = 0; at < end; at += FIELDS + 1) {
            settle(
                    waiting[at],
                    waiting[at + 1],
                    waiting[at + DIGEST_HI],
                    waiting[at + DIGEST_LO],
                    waiting[at + PLACE],
                    (int) waiting[at + FIELDS]);
        }
    }

    private void settle(long hi, long key, long digestHi, long digestLo, long offset, int valueLength) {
        Shard shard = shard(key);
        int at = shard.find(hi, key);
        if (shard.isFree(at)) {
            if (shard.isFull()) {
                slots += shard.grow();
                at = shard.find(hi, key);
            }
            shard.size++;
            shard.cells[at] = hi;
            shard.cells[at + 1] = key;
        } else {
            uncount(shard.cells, at);
        }
        shard.cells[at + DIGEST_HI] = digestHi;
        shard.cells[at + DIGEST_LO] = digestLo;
        shard.cells[at + PLACE] = place(hi, key, offset, valueLength);
        count(shard.cells, at);
    }

    /** Offset of the write event that counts for a key, or -1. */
    long offset(long hi, long lo) {
        settle();
        long key = hi == 0 && lo == 0 ? 1 : lo;
        Shard shard = shards[shardOf(key)];
        if (shard == null) {
            return -1;
        }
        int at = shard.find(hi, key);
        return shard.isFree(at) || shard.cells[at + PLACE] == GONE ? -1 : offset(shard.cells[at + PLACE]);
    }

    /** Whether there is an entry of this key, dead or alive. */
    boolean remembers(long hi, long lo) {
        settle();
        long key = hi == 0 && lo == 0 ? 1 : lo;
        Shard shard = shards[shardOf(key)];
        return shard != null && !shard.isFree(shard.find(hi, key));
    }

    /** Whether this key was written with this digest last; zeros: whether it is dead or was never written. */
    boolean holds(long hi, long lo, long digestHi, long digestLo) {
        settle();
        long key = hi == 0 && lo == 0 ? 1 : lo;
        Shard shard = shards[shardOf(key)];
        int at = shard == null ? -1 : shard.find(hi, key);
        if (at < 0 || shard.isFree(at)) {
            return digestHi == 0 && digestLo == 0;
        }
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
            for (int at = 0; at < cells.length; at += FIELDS) {
                if (!shard.isFree(at)) {
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
        settle();
        return slots * FIELDS * Long.BYTES;
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
            slots += FIRST_CAPACITY;
        }
        return shards[index];
    }

    /** The lower lane chooses the slot: the upper one is narrow where only a range of keys is kept. */
    private static int shardOf(long lo) {
        return (int) (lo >>> -SHARD_BITS);
    }

    /** A table of its own for 1/64 of the keys, so that growth never copies much at once. */
    private static final class Shard {

        private long[] cells = new long[FIRST_CAPACITY * FIELDS];
        private int size;

        boolean isFree(int at) {
            return (cells[at] | cells[at + 1]) == 0;
        }

        boolean isFull() {
            return 5 * (size + 1L) > 4L * (cells.length / FIELDS);
        }

        /** Index of a key's cells, or of the free ones where it would go. */
        int find(long hi, long lo) {
            long[] all = cells;
            int at = start(lo);
            while (all[at] != hi || all[at + 1] != lo) {
                if ((all[at] | all[at + 1]) == 0) {
                    return at;
                }
                at += FIELDS;
                if (at == all.length) {
                    at = 0;
                }
            }
            return at;
        }

        private int start(long lo) {
            return FIELDS * (int) ((lo << SHARD_BITS >>> 32) * (cells.length / FIELDS) >>> 32);
        }

        /** Reads where a key's cells will be looked for, line after line of a cache, so that they are near when it is. */
        long touch(long lo) {
            long[] all = cells;
            int last = all.length - 1;
            int at = start(lo);
            long sum = all[at];
            for (int line = 1; line < LINES; line++) {
                sum += all[Math.min(at + line * LONGS_OF_LINE, last)];
            }
            return sum;
        }

        /** Makes room; returns by how many slots it has grown. Slots keep their order: both arrays are passed through once. */
        int grow() {
            long[] old = cells;
            int capacity = old.length / FIELDS;
            int more = Math.max(FIRST_CAPACITY, capacity / 4);
            cells = new long[(capacity + more) * FIELDS];
            for (int from = 0; from < old.length; from += FIELDS) {
                if ((old[from] | old[from + 1]) != 0) {
                    int to = find(old[from], old[from + 1]);
                    for (int field = 0; field < FIELDS; field++) {
                        cells[to + field] = old[from + field];
                    }
                }
            }
            return more;
        }
    }
}

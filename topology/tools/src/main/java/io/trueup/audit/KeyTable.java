package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.MerkleTree;
import io.trueup.tree.Scan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What all replicas hold in one partition, as little of it as it takes to see whether it is equal: per key 128 bits of its
 * hash and for each replica 128 bits of digest and where the write event lies. One table for all: where replicas are written
 * in about the same order, what the first has touched is near when the others come to it.
 *
 * <p>Entries of 16 bytes and 24 for each replica stand in the order in which their keys came first, in arrays that stay where
 * they are once they are full. An index leads to them: open addressing with linear probing, in each slot 32 bits of the hash
 * beside the number of an entry. It doubles when it is three quarters full, without a look at the entries. So a key takes 51 to
 * 64 bytes if there is one replica, for each of two 37 to 45, and half of the index once more while that grows. A put or a
 * look-up costs O(1) and allocates nothing but growth. Puts wait for others: what they will touch is fetched from memory for all
 * of them at once, which takes hardly longer than for one. Not thread-safe.
 */
final class KeyTable {

    /** Longest value whose length fits beside the offset; the few longer ones are remembered apart. */
    static final int LONGEST_SHORT_VALUE = (1 << 24) - 2;

    private static final int ELSEWHERE = LONGEST_SHORT_VALUE + 1;
    private static final long MOST_OFFSETS = (1L << 39) - 1;
    private static final int SIZE_BITS = 24;

    private static final int FIELDS_OF_KEY = 2;
    private static final int FIELDS_OF_REPLICA = 3;
    private static final int DIGEST_LO = 1;
    private static final int PLACE = 2;
    /** Place where a replica has never written, or where it is as if it had not. */
    private static final long NOWHERE = 0;

    private static final int CHUNK_BYTES = 1 << 18;
    private static final int SMALLEST_CHUNK = 8;
    private static final int CHUNK_SHARE = 16;

    private static final long UPPER_HALF = -1L << 32;
    private static final int FIRST_INDEX_BITS = 4;
    /** Beyond this the index, an array, could soon not grow any more. */
    private static final int MOST_KEYS = 1 << 29;

    private static final int MOST_WAITING = 128;
    private static final int FIELDS_OF_PUT = FIELDS_OF_KEY + FIELDS_OF_REPLICA;

    private final long[] firstOffsets;
    private final List<Map<Hash128, Integer>> longValues = new ArrayList<>();
    private final long[] written;

    private final int fields;
    private final int chunkBits;
    private long[][] chunks;
    private int size;
    private int room;

    /** By slot, from high to low: the upper half of a key's lower lane, and the number of its entry, from 1; zero if free. */
    private long[] index;

    private int indexBits;

    private final long[] waiting = new long[MOST_WAITING * FIELDS_OF_PUT];
    private final int[] fieldsWaiting = new int[MOST_WAITING];
    private final int[] candidates = new int[MOST_WAITING];
    private int waitingPuts;
    private boolean candidatesAreOld;

    /** Keeps the compiler from leaving out the reads that are made for their effect on the caches. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    /** @param firstOffsets for each replica an offset of which none is lower */
    KeyTable(long... firstOffsets) {
        this.firstOffsets = firstOffsets.clone();
        for (int replica = 0; replica < firstOffsets.length; replica++) {
            longValues.add(new HashMap<>());
        }
        written = new long[firstOffsets.length];
        fields = FIELDS_OF_KEY + FIELDS_OF_REPLICA * firstOffsets.length;
        chunkBits = Integer.SIZE
                - 1
                - Integer.numberOfLeadingZeros(Math.max(SMALLEST_CHUNK, CHUNK_BYTES / (fields * Long.BYTES)));
        room = SMALLEST_CHUNK;
        chunks = new long[][] {new long[room * fields]};
        makeIndex(FIRST_INDEX_BITS);
    }

    private void makeIndex(int bits) {
        indexBits = bits;
        index = new long[1 << bits];
    }

    /**
     * A replica now holds this for a key.
     *
     * @param digestHi digest of the entry; both lanes zero if it is dead
     * @param offset offset of the write event
     * @param valueLength length of the value; 0 if it is dead
     */
    void put(int replica, long hi, long lo, long digestHi, long digestLo, long offset, int valueLength) {
        int at = waitingPuts * FIELDS_OF_PUT;
        waiting[at] = hi;
        waiting[at + 1] = lo;
        waiting[at + FIELDS_OF_KEY] = digestHi;
        waiting[at + FIELDS_OF_KEY + DIGEST_LO] = digestLo;
        waiting[at + FIELDS_OF_KEY + PLACE] = place(replica, hi, lo, offset, valueLength);
        fieldsWaiting[waitingPuts] = FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica;
        if (++waitingPuts == MOST_WAITING) {
            settle();
        }
    }

    private void settle() {
        int puts = waitingPuts;
        waitingPuts = 0;
        touch(puts);
        for (int i = 0; i < puts; i++) {
            settle(i);
        }
    }

    /** Finds out which slots the waiting puts will probably touch, and reads there: each in turn, so that reads overlap. */
    private void touch(int puts) {
        long sum = 0;
        for (int i = 0; i < puts; i++) {
            sum += index[start(waiting[i * FIELDS_OF_PUT + 1])];
        }
        for (int i = 0; i < puts; i++) {
            int slot = candidate(waiting[i * FIELDS_OF_PUT + 1]);
            candidates[i] = slot;
            int number = Math.max(0, number(slot));
            long[] chunk = chunk(number);
            int at = at(number);
            sum += chunk[at] + chunk[at + fieldsWaiting[i] + PLACE];
        }
        touched += sum;
        candidatesAreOld = false;
    }

    private void settle(int i) {
        int from = i * FIELDS_OF_PUT;
        long hi = waiting[from];
        long lo = waiting[from + 1];
        int slot = candidates[i]; // if it is still free, the key is not behind it
        if (candidatesAreOld || !isFree(slot) && !isOf(slot, hi, lo)) {
            slot = find(hi, lo);
        }
        if (isFree(slot)) {
            slot = occupy(slot, hi, lo);
        }
        int number = number(slot);
        long[] chunk = chunk(number);
        int at = at(number) + fieldsWaiting[i];
        if (chunk[at + PLACE] == NOWHERE) {
            written[(fieldsWaiting[i] - FIELDS_OF_KEY) / FIELDS_OF_REPLICA]++;
        }
        chunk[at] = waiting[from + FIELDS_OF_KEY];
        chunk[at + DIGEST_LO] = waiting[from + FIELDS_OF_KEY + DIGEST_LO];
        chunk[at + PLACE] = waiting[from + FIELDS_OF_KEY + PLACE];
    }

    /** Gives a free slot to a new entry, or another one if the index has to grow; returns which. */
    private int occupy(int free, long hi, long lo) {
        int slot = free;
        if (4 * (size + 1L) > 3L << indexBits) {
            growIndex();
            slot = find(hi, lo);
        }
        if (size == room) {
            addEntries();
        }
        int number = size++;
        index[slot] = lo & UPPER_HALF | size;
        long[] chunk = chunk(number);
        chunk[at(number)] = hi;
        chunk[at(number) + 1] = lo;
        return slot;
    }

    /** Adds a sixteenth, in full chunks as soon as that is enough for one. */
    private void addEntries() {
        int more = Math.max(SMALLEST_CHUNK, size / CHUNK_SHARE);
        int last = chunks.length - 1;
        int there = chunks[last].length / fields;
        if (there < 1 << chunkBits) {
            more = Math.min((1 << chunkBits) - there, more);
            chunks[last] = Arrays.copyOf(chunks[last], (there + more) * fields);
        } else {
            chunks = Arrays.copyOf(chunks, last + 2);
            more = Math.min(1 << chunkBits, more);
            chunks[last + 1] = new long[more * fields];
        }
        room += more;
    }

    /** Slots keep their order, so that old and new index are passed through once. */
    private void growIndex() {
        long[] old = index;
        makeIndex(indexBits + 1);
        candidatesAreOld = true;
        for (long occupied : old) {
            if (occupied != 0) {
                int slot = start(occupied);
                while (!isFree(slot)) {
                    slot = next(slot);
                }
                index[slot] = occupied;
            }
        }
    }

    private long[] chunk(int number) {
        return chunks[number >>> chunkBits];
    }

    private int at(int number) {
        return (number & (1 << chunkBits) - 1) * fields;
    }

    private boolean isFree(int slot) {
        return index[slot] == 0;
    }

    /** Number of the entry of a slot; -1 if it is free. */
    private int number(int slot) {
        return (int) index[slot] - 1;
    }

    private boolean isOf(int slot, long hi, long lo) {
        int number = number(slot);
        long[] chunk = chunk(number);
        int at = at(number);
        return chunk[at] == hi && chunk[at + 1] == lo;
    }

    /** Slot of a key, or the free one where it would go. */
    private int find(long hi, long lo) {
        int slot = candidate(lo);
        while (!isFree(slot) && !isOf(slot, hi, lo)) {
            slot = candidate(next(slot), lo);
        }
        return slot;
    }

    /** The first slot, from where a key is looked for, that probably holds it or is free. */
    private int candidate(long lo) {
        return candidate(start(lo), lo);
    }

    private int candidate(int from, long lo) {
        int slot = from;
        while (index[slot] != 0 && ((index[slot] ^ lo) & UPPER_HALF) != 0) {
            slot = next(slot);
        }
        return slot;
    }

    private int next(int slot) {
        return slot + 1 & index.length - 1;
    }

    /** The lower lane chooses the slot: the upper one is narrow where only a range of keys is kept. */
    private int start(long lo) {
        return (int) (lo >>> -indexBits);
    }

    /** Offset of the write event that counts for a key on a replica, or -1. */
    long offset(int replica, long hi, long lo) {
        settle();
        int slot = find(hi, lo);
        long place = isFree(slot) ? NOWHERE : cell(number(slot), replica, PLACE);
        return place == NOWHERE ? -1 : offset(replica, place);
    }

    /** Whether a replica wrote this key with this digest last; zeros: whether it is dead there or was never written. */
    boolean holds(int replica, long hi, long lo, long digestHi, long digestLo) {
        settle();
        int slot = find(hi, lo);
        return isFree(slot)
                ? digestHi == 0 && digestLo == 0
                : cell(number(slot), replica, 0) == digestHi && cell(number(slot), replica, DIGEST_LO) == digestLo;
    }

    /** How many keys a replica has written, dead ones included. */
    long written(int replica) {
        settle();
        return written[replica];
    }

    /** On one replica, drops what is live, was written below an offset, and was not found by a scan; returns how many. */
    long dropUnfound(int replica, Scan scan, long since) {
        long before = written(replica);
        forEach((chunk, at) -> {
            int cells = at + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica;
            boolean older = isLive(chunk, cells) && offset(replica, chunk[cells + PLACE]) < since;
            if (older && !scan.hasFound(new Hash128(chunk[at], chunk[at + 1]))) {
                Arrays.fill(chunk, cells, cells + FIELDS_OF_REPLICA, 0);
                written[replica]--;
            }
        });
        return before - written[replica];
    }

    /** What a replica holds: keys that live, those remembered as deleted or expired, bytes of the values that live. */
    record Held(long live, long dead, long valueBytes) {}

    /** Adds what a replica holds to its tree, and counts it. */
    Held addTo(MerkleTree tree, int segmentBits, int replica) {
        long[] counts = new long[2];
        forEach((chunk, at) -> {
            int cells = at + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica;
            if (isLive(chunk, cells)) {
                int segment = segmentBits == 0 ? 0 : (int) (chunk[at] >>> -segmentBits);
                tree.add(segment, chunk[cells], chunk[cells + DIGEST_LO], 1);
                counts[0]++;
                counts[1] += valueLength(chunk, at, replica);
            }
        });
        return new Held(counts[0], written[replica] - counts[0], counts[1]);
    }

    /** Tells the hashes of the keys that not all replicas hold alike: each once, in no order. */
    void findDifferences(Consumer<Hash128> sink) {
        forEach((chunk, at) -> {
            for (int replica = 1; replica < firstOffsets.length; replica++) {
                int first = at + FIELDS_OF_KEY;
                int other = first + FIELDS_OF_REPLICA * replica;
                if (chunk[first] != chunk[other] || chunk[first + DIGEST_LO] != chunk[other + DIGEST_LO]) {
                    sink.accept(new Hash128(chunk[at], chunk[at + 1]));
                    return;
                }
            }
        });
    }

    /** Receives an entry: where it begins in an array. */
    @FunctionalInterface
    private interface Visitor {
        void visit(long[] chunk, int at);
    }

    private void forEach(Visitor visitor) {
        settle();
        long left = (long) size * fields;
        for (long[] chunk : chunks) {
            int end = (int) Math.min(left, chunk.length);
            for (int at = 0; at < end; at += fields) {
                visitor.visit(chunk, at);
            }
            left -= end;
        }
    }

    private static boolean isLive(long[] chunk, int cells) {
        return (chunk[cells] | chunk[cells + DIGEST_LO]) != 0;
    }

    private int valueLength(long[] chunk, int at, int replica) {
        int length = (int) chunk[at + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica + PLACE] & (1 << SIZE_BITS) - 1;
        return length == ELSEWHERE ? longValues.get(replica).get(new Hash128(chunk[at], chunk[at + 1])) : length;
    }

    /** Bytes of memory that entries and index take. */
    long memoryBytes() {
        settle();
        return ((long) room * fields + index.length) * Long.BYTES;
    }

    /** Whether so many more keys fit into a table that never takes more than this, not even while its index grows. */
    boolean hasRoomFor(int more, long mostBytes) {
        long growing = 4L * (size + more) > 3L << indexBits ? 2L * index.length * Long.BYTES : 0;
        return memoryBytes() + growing <= mostBytes && size < MOST_KEYS;
    }

    private long cell(int number, int replica, int field) {
        return chunk(number)[at(number) + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica + field];
    }

    private long place(int replica, long hi, long lo, long offset, int valueLength) {
        long distance = offset - firstOffsets[replica] + 1;
        if (distance > MOST_OFFSETS) {
            throw new IllegalStateException("more than " + MOST_OFFSETS + " offsets in one partition");
        }
        int length = valueLength;
        if (valueLength > LONGEST_SHORT_VALUE) {
            longValues.get(replica).put(new Hash128(hi, lo), valueLength);
            length = ELSEWHERE;
        }
        return distance << SIZE_BITS | length;
    }

    private long offset(int replica, long place) {
        return firstOffsets[replica] - 1 + (place >>> SIZE_BITS);
    }
}

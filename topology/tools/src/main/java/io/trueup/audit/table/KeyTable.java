package io.trueup.audit.table;

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
 * Contents of all replicas in one partition, reduced to what shows whether they are equal: for each key 128 bits of its hash,
 * and for each replica 128 bits of digest and the offset of the write event. There is one table for all replicas: if they are
 * written in about the same order, the memory that the first has touched is still in the caches when the others need it.
 *
 * <p>Entries of 16 bytes, plus 24 for each replica, are in the order in which their keys occurred first, in arrays that are not
 * moved once they are full. The index uses open addressing with linear probing; each slot has 32 bits of the hash
 * beside the number of an entry. It doubles when it is three quarters full, without access to the entries. So a key takes 51 to
 * 64 bytes if there is one replica, 37 to 45 for each of two, and half of the index in addition while that grows. A put or a
 * look-up costs O(1) and allocates memory only for growth. Puts are processed in batches: the memory that they will touch is
 * fetched for all of them at once, which takes hardly longer than for one. Not thread-safe.
 */
public final class KeyTable {

    /** Longest value whose length fits beside the offset; the lengths of the few longer ones are in a map. */
    static final int MAX_SHORT_VALUE_BYTES = (1 << 24) - 2;

    private static final int IN_MAP = MAX_SHORT_VALUE_BYTES + 1;
    private static final long MAX_OFFSETS = (1L << 39) - 1;
    private static final int LENGTH_BITS = 24;

    private static final int FIELDS_OF_KEY = 2;
    private static final int FIELDS_OF_REPLICA = 3;
    private static final int DIGEST_LO = 1;
    private static final int OFFSET_AND_LENGTH = 2;
    /** Offset and length of a key that a replica has never written, or that a scan has dropped there. */
    private static final long NEVER_WRITTEN = 0;

    private static final int CHUNK_BYTES = 1 << 18;
    private static final int MIN_CHUNK = 8;
    private static final int CHUNK_SHARE = 16;

    private static final long UPPER_HALF = -1L << 32;
    private static final int FIRST_INDEX_BITS = 4;
    /** With more keys the index could reach the maximum length of an array. */
    private static final int MAX_KEYS = 1 << 29;

    private static final int BATCH_SIZE = 128;
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

    private final long[] waiting = new long[BATCH_SIZE * FIELDS_OF_PUT];
    private final int[] fieldsWaiting = new int[BATCH_SIZE];
    private final int[] candidates = new int[BATCH_SIZE];
    private int waitingPuts;
    private boolean candidatesAreOld;

    /** Prevents the compiler from removing reads whose only purpose is to fill the caches. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    /**
     * An empty table.
     *
     * @param firstOffsets for each replica a lower bound of its offsets
     */
    public KeyTable(long... firstOffsets) {
        this.firstOffsets = firstOffsets.clone();
        for (int replica = 0; replica < firstOffsets.length; replica++) {
            longValues.add(new HashMap<>());
        }
        written = new long[firstOffsets.length];
        fields = FIELDS_OF_KEY + FIELDS_OF_REPLICA * firstOffsets.length;
        chunkBits = Integer.SIZE
                - 1
                - Integer.numberOfLeadingZeros(Math.max(MIN_CHUNK, CHUNK_BYTES / (fields * Long.BYTES)));
        room = MIN_CHUNK;
        chunks = new long[][] {new long[room * fields]};
        makeIndex(FIRST_INDEX_BITS);
    }

    private void makeIndex(int bits) {
        indexBits = bits;
        index = new long[1 << bits];
    }

    /**
     * A replica now holds an entry for a key.
     *
     * @param digestHi upper lane of the digest of the entry; both lanes are zero if it is dead
     * @param offset offset of the write event
     * @param valueLength length of the value in bytes; 0 if the entry is dead
     */
    public void put(int replica, long hi, long lo, long digestHi, long digestLo, long offset, int valueLength) {
        int at = waitingPuts * FIELDS_OF_PUT;
        waiting[at] = hi;
        waiting[at + 1] = lo;
        waiting[at + FIELDS_OF_KEY] = digestHi;
        waiting[at + FIELDS_OF_KEY + DIGEST_LO] = digestLo;
        waiting[at + FIELDS_OF_KEY + OFFSET_AND_LENGTH] = pack(replica, hi, lo, offset, valueLength);
        fieldsWaiting[waitingPuts] = FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica;
        if (++waitingPuts == BATCH_SIZE) {
            flush();
        }
    }

    private void flush() {
        int puts = waitingPuts;
        waitingPuts = 0;
        touch(puts);
        for (int i = 0; i < puts; i++) {
            process(i);
        }
    }

    /** Finds the slots that the waiting puts will probably touch, and reads them one after the other, so that the reads overlap. */
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
            sum += chunk[at] + chunk[at + fieldsWaiting[i] + OFFSET_AND_LENGTH];
        }
        touched += sum;
        candidatesAreOld = false;
    }

    private void process(int i) {
        int from = i * FIELDS_OF_PUT;
        long hi = waiting[from];
        long lo = waiting[from + 1];
        int slot = candidates[i]; // if it is still free, the key is not further on in the probe sequence
        if (candidatesAreOld || !isFree(slot) && !isOf(slot, hi, lo)) {
            slot = find(hi, lo);
        }
        if (isFree(slot)) {
            slot = occupy(slot, hi, lo);
        }
        int number = number(slot);
        long[] chunk = chunk(number);
        int at = at(number) + fieldsWaiting[i];
        if (chunk[at + OFFSET_AND_LENGTH] == NEVER_WRITTEN) {
            written[(fieldsWaiting[i] - FIELDS_OF_KEY) / FIELDS_OF_REPLICA]++;
        }
        chunk[at] = waiting[from + FIELDS_OF_KEY];
        chunk[at + DIGEST_LO] = waiting[from + FIELDS_OF_KEY + DIGEST_LO];
        chunk[at + OFFSET_AND_LENGTH] = waiting[from + FIELDS_OF_KEY + OFFSET_AND_LENGTH];
    }

    /** Gives a free slot to a new entry, or another slot if the index has to grow; returns the slot. */
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

    /** Grows the entries by a sixteenth, in full chunks once that is enough for one. */
    private void addEntries() {
        int more = Math.max(MIN_CHUNK, size / CHUNK_SHARE);
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

    /** Slots keep their order, so one pass over the old and the new index is enough. */
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

    /** Slot of a key, or the free slot where it belongs. */
    private int find(long hi, long lo) {
        int slot = candidate(lo);
        while (!isFree(slot) && !isOf(slot, hi, lo)) {
            slot = candidate(next(slot), lo);
        }
        return slot;
    }

    /** The first slot of the probe sequence of a key that probably holds it, or is free. */
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

    /** Offset of the write event that counts for a key on a replica; -1 if there is none. */
    public long offset(int replica, long hi, long lo) {
        flush();
        int slot = find(hi, lo);
        long packed = isFree(slot) ? NEVER_WRITTEN : cell(number(slot), replica, OFFSET_AND_LENGTH);
        return packed == NEVER_WRITTEN ? -1 : offset(replica, packed);
    }

    /** Whether the last write of a key on a replica had this digest; zeros: whether the key is dead there or was never written. */
    public boolean holds(int replica, long hi, long lo, long digestHi, long digestLo) {
        flush();
        int slot = find(hi, lo);
        return isFree(slot)
                ? digestHi == 0 && digestLo == 0
                : cell(number(slot), replica, 0) == digestHi && cell(number(slot), replica, DIGEST_LO) == digestLo;
    }

    /** How many keys a replica has written, dead ones included. */
    public long written(int replica) {
        flush();
        return written[replica];
    }

    /** On one replica, drops the keys that are live, were written below an offset, and were not found by a scan; returns how many. */
    public long dropUnfound(int replica, Scan scan, long since) {
        long before = written(replica);
        forEach((chunk, at) -> {
            int cells = at + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica;
            boolean older = isLive(chunk, cells) && offset(replica, chunk[cells + OFFSET_AND_LENGTH]) < since;
            if (older && !scan.hasFound(new Hash128(chunk[at], chunk[at + 1]))) {
                Arrays.fill(chunk, cells, cells + FIELDS_OF_REPLICA, 0);
                written[replica]--;
            }
        });
        return before - written[replica];
    }

    /**
     * Contents of a replica.
     *
     * @param live live keys
     * @param dead keys that are deleted or expired
     * @param valueBytes bytes of the live values
     */
    public record Contents(long live, long dead, long valueBytes) {}

    /** Adds the live entries of a replica to its tree, and counts its entries. */
    public Contents addTo(MerkleTree tree, int segmentBits, int replica) {
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
        return new Contents(counts[0], written[replica] - counts[0], counts[1]);
    }

    /** Passes on the hashes of the keys for which replicas differ: each once, in no particular order. */
    public void findDifferences(Consumer<Hash128> sink) {
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

    /** Receives the index of the first field of an entry in a chunk. */
    @FunctionalInterface
    private interface Visitor {
        void visit(long[] chunk, int at);
    }

    private void forEach(Visitor visitor) {
        flush();
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
        int length = (int) chunk[at + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica + OFFSET_AND_LENGTH]
                & (1 << LENGTH_BITS) - 1;
        return length == IN_MAP ? longValues.get(replica).get(new Hash128(chunk[at], chunk[at + 1])) : length;
    }

    /** Bytes of memory of entries and index. */
    public long memoryBytes() {
        flush();
        return ((long) room * fields + index.length) * Long.BYTES;
    }

    /** Whether more keys fit into a table that never takes more than a number of bytes, not even while its index grows. */
    public boolean hasRoomFor(int more, long maxBytes) {
        long growing = 4L * (size + more) > 3L << indexBits ? 2L * index.length * Long.BYTES : 0;
        return memoryBytes() + growing <= maxBytes && size < MAX_KEYS;
    }

    private long cell(int number, int replica, int field) {
        return chunk(number)[at(number) + FIELDS_OF_KEY + FIELDS_OF_REPLICA * replica + field];
    }

    private long pack(int replica, long hi, long lo, long offset, int valueLength) {
        long distance = offset - firstOffsets[replica] + 1;
        if (distance > MAX_OFFSETS) {
            throw new IllegalStateException("more than " + MAX_OFFSETS + " offsets in one partition");
        }
        int length = valueLength;
        if (valueLength > MAX_SHORT_VALUE_BYTES) {
            longValues.get(replica).put(new Hash128(hi, lo), valueLength);
            length = IN_MAP;
        }
        return distance << LENGTH_BITS | length;
    }

    private long offset(int replica, long packed) {
        return firstOffsets[replica] - 1 + (packed >>> LENGTH_BITS);
    }
}

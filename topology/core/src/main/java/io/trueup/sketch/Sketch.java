package io.trueup.sketch;

import java.nio.ByteBuffer;

/**
 * The first coded symbols of a set of elements (see {@link ElementHash}). Each symbol is the sum of the elements that are mapped
 * to it: of their keys, digests and checksums, and their count. A sketch is linear: what is added can be subtracted in any order, and
 * the difference of the sketches of two sets is the sketch of their difference, from which {@link Decoding} recovers the
 * elements. To decode d elements takes about 1.4 d symbols where d is large, and up to 2 d where it is small, whatever the
 * sets hold beside them. A shorter sketch is a prefix of a longer one, so more symbols can be sent where the first do not suffice.
 *
 * <p>Memory: 24 bytes a symbol. An addition costs two short hashes and about 2 ln(n) additions. Not thread-safe.
 */
public final class Sketch {

    /** Encoded size of a symbol in bytes: key, digest, checksum, and the lowest eight bits of the count. */
    public static final int SYMBOL_BYTES = 2 * Long.BYTES + Integer.BYTES + 1;

    private final long[] keys;
    private final long[] digests;
    private final int[] checksums;
    private final int[] counts;

    /** The sketch of no elements. */
    public Sketch(int symbols) {
        keys = new long[symbols];
        digests = new long[symbols];
        checksums = new int[symbols];
        counts = new int[symbols];
    }

    /** Number of symbols. */
    public int size() {
        return keys.length;
    }

    /**
     * Adds an element.
     *
     * @param times how often; -1 removes it
     */
    public void add(ElementHash hash, long key, long digest, int times) {
        if (keys.length == 0) {
            return;
        }
        int checksum = times * hash.checksum(key, digest);
        long state = hash.mapping(key, digest);
        int index = 0;
        while (index < keys.length) {
            keys[index] += times * key;
            digests[index] += times * digest;
            checksums[index] += checksum;
            counts[index] += times;
            state = Mapping.advance(state);
            index = Mapping.next(index, state);
        }
    }

    /** Adds all elements of a sketch that has at least as many symbols. */
    public void add(Sketch other) {
        for (int i = 0; i < keys.length; i++) {
            keys[i] += other.keys[i];
            digests[i] += other.digests[i];
            checksums[i] += other.checksums[i];
            counts[i] += other.counts[i];
        }
    }

    /** Removes all elements of a sketch that has at least as many symbols. */
    public void subtract(Sketch other) {
        for (int i = 0; i < keys.length; i++) {
            keys[i] -= other.keys[i];
            digests[i] -= other.digests[i];
            checksums[i] -= other.checksums[i];
            counts[i] -= other.counts[i];
        }
    }

    /** A copy of the first symbols. */
    public Sketch prefix(int symbols) {
        Sketch prefix = new Sketch(symbols);
        prefix.add(this);
        return prefix;
    }

    /** Encodes symbols, {@value #SYMBOL_BYTES} bytes each. */
    public byte[] encode(int first, int symbols) {
        ByteBuffer bytes = ByteBuffer.allocate(symbols * SYMBOL_BYTES);
        for (int i = first; i < first + symbols; i++) {
            bytes.putLong(keys[i]).putLong(digests[i]).putInt(checksums[i]).put((byte) counts[i]);
        }
        return bytes.array();
    }

    /**
     * Reads symbols written by {@link #encode}. Of the counts only the lowest eight bits are known: of the difference to
     * another sketch that is enough.
     *
     * @throws IllegalArgumentException if the bytes are not those of whole symbols
     */
    public static Sketch decode(byte[] encoded) {
        if (encoded.length % SYMBOL_BYTES != 0) {
            throw new IllegalArgumentException(
                    encoded.length + " bytes are not a number of symbols of " + SYMBOL_BYTES + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        Sketch sketch = new Sketch(encoded.length / SYMBOL_BYTES);
        for (int i = 0; i < sketch.size(); i++) {
            sketch.keys[i] = bytes.getLong();
            sketch.digests[i] = bytes.getLong();
            sketch.checksums[i] = bytes.getInt();
            sketch.counts[i] = bytes.get();
        }
        return sketch;
    }

    /** Whether no element is left, as far as the symbols show. */
    public boolean isEmpty() {
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] != 0 || digests[i] != 0 || checksums[i] != 0 || count(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Of the difference of two sketches, about how many elements it has: the counts of symbols that contain few of them scatter
     * accordingly. From twelve symbols the estimate is within a factor of two in most cases, from more it is better.
     *
     * @param surplus how many elements more the first of the two sets has
     */
    public long estimate(long surplus) {
        if (keys.length < 2) {
            return Math.abs(surplus);
        }
        int first = Math.max(1, keys.length / 4);
        double sum = 0;
        for (int i = first; i < keys.length; i++) {
            double share = Mapping.share(i);
            double deviation = (byte) (counts[i] - Math.round(surplus * share));
            sum += deviation * deviation / (share * (1 - share));
        }
        return Math.max(Math.abs(surplus), Math.round(sum / (keys.length - first)));
    }

    long key(int index) {
        return keys[index];
    }

    long digest(int index) {
        return digests[index];
    }

    int checksum(int index) {
        return checksums[index];
    }

    /** The count as far as it is known in every sketch: its lowest eight bits. */
    int count(int index) {
        return (byte) counts[index];
    }
}

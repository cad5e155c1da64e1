package io.trueup.tree;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * A 128-bit hash as two lanes. Ordered as an unsigned 128-bit number, {@code hi} first. Immutable.
 *
 * @param hi the upper 64 bits
 * @param lo the lower 64 bits
 */
public record Hash128(long hi, long lo) implements Comparable<Hash128> {

    /** Encoded size in bytes. */
    public static final int BYTES = 16;

    /** All bits zero: the digest of a tombstone, the sum over an empty segment. */
    public static final Hash128 ZERO = new Hash128(0, 0);

    /**
     * Reads a hash written by {@link #toBytes()}.
     *
     * @throws IllegalArgumentException if {@code bytes} is not {@value #BYTES} long
     */
    public static Hash128 fromBytes(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a hash has " + BYTES + " bytes, not " + bytes.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Hash128(buffer.getLong(), buffer.getLong());
    }

    /**
     * Reads a hash written by {@link #toString()}.
     *
     * @throws IllegalArgumentException if {@code text} is not 32 hexadecimal digits
     */
    public static Hash128 parse(String text) {
        return fromBytes(HexFormat.of().parseHex(text));
    }

    /** Big endian, {@code hi} first: byte order is hash order. */
    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).putLong(hi).putLong(lo).array();
    }

    @Override
    public int compareTo(Hash128 other) {
        int order = Long.compareUnsigned(hi, other.hi);
        return order != 0 ? order : Long.compareUnsigned(lo, other.lo);
    }

    /** 32 hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(hi) + hex.toHexDigits(lo);
    }
}

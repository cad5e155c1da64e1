package io.trueup.state;

import java.nio.ByteBuffer;

/** Numbers of variable length: zigzag, then seven bits per byte, lowest first. Small distances take one byte. */
final class VarLong {

    static final int MAX_BYTES = 10;

    private VarLong() {}

    static void write(ByteBuffer out, long value) {
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7fL) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    static long read(ByteBuffer in) {
        long raw = 0;
        int shift = 0;
        byte next;
        do {
            next = in.get();
            raw |= (next & 0x7fL) << shift;
            shift += 7;
        } while (next < 0);
        return (raw >>> 1) ^ -(raw & 1);
    }
}

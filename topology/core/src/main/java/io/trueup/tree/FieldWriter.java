package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes fields one after the other, big endian, each text and each array of bytes behind its length: two lists of fields of
 * the same kinds have the same bytes only if all fields are equal. Not thread-safe.
 */
public final class FieldWriter {

    private static final int FIRST_CAPACITY = 64;

    private ByteBuffer out = ByteBuffer.allocate(FIRST_CAPACITY);

    /** Appends one byte. */
    public FieldWriter tag(byte value) {
        ensure(1);
        out.put(value);
        return this;
    }

    /** Appends a number in eight bytes. */
    public FieldWriter number(long value) {
        ensure(Long.BYTES);
        out.putLong(value);
        return this;
    }

    /** Appends an array behind its length. */
    public FieldWriter bytes(byte[] value) {
        ensure(Integer.BYTES + value.length);
        out.putInt(value.length).put(value);
        return this;
    }

    /** Appends the UTF-8 bytes of a text behind their number. */
    public FieldWriter text(String value) {
        return bytes(value.getBytes(UTF_8));
    }

    /** A copy of what was written so far. */
    public byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    private void ensure(int more) {
        if (out.remaining() < more) {
            int capacity = Math.max(2 * out.capacity(), out.position() + more);
            out = ByteBuffer.allocate(capacity).put(out.flip());
        }
    }
}

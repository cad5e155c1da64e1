package io.trueup.source;

import io.trueup.avro.WireFormat;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.avro.SchemaNormalization;

/**
 * Reads the usual Avro {@link WriteEvent} in place, without copying or allocating: current schema, a number as version, a
 * value or a delete. For anything else, malformed events included, callers use the {@link WriteFormat}, which reads all
 * events and names the reasons. Holds one event at a time. Not thread-safe.
 */
public final class QuickWrite {

    private static final int HEADER_BYTES = 10;
    private static final int NO_HEADER = 0;
    private static final short MARKER = (short) 0xC301;
    private static final long FINGERPRINT = SchemaNormalization.parsingFingerprint64(WriteEvent.getClassSchema());
    private static final int MAX_VARINT_BYTES = 10;

    private static final VarHandle BIG_ENDIAN_SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle BIG_ENDIAN_INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** The bit of each byte that marks a continued number. */
    private static final long CONTINUES = 0x8080808080808080L;

    private boolean registered;
    private int registeredId;
    private byte[] bytes;
    private int at;
    private int end;
    private boolean bad;

    private long version;
    private boolean deleted;
    private int valueAt;
    private int valueLength;
    private long expiryMs;

    /** Whether a record value is a write event in the current schema and single-object encoding, well-formed or not. */
    public static boolean isWriteEvent(ByteBuffer value) {
        return value != null && value.hasArray() && isWriteEvent(value.array(), from(value), value.remaining());
    }

    private static boolean isWriteEvent(byte[] bytes, int from, int length) {
        return length > HEADER_BYTES
                && (short) BIG_ENDIAN_SHORT.get(bytes, from) == MARKER
                && (long) LITTLE_ENDIAN.get(bytes, from + Short.BYTES) == FINGERPRINT;
    }

    /**
     * From now on, events in the wire format of a registry are read, too, if this is the id of their schema.
     *
     * @param id the id of the current schema of {@link WriteEvent}, or of another one that describes the same bytes
     */
    public void readToo(int id) {
        registered = true;
        registeredId = id;
    }

    /** Size of the header before an event, or {@link #NO_HEADER} if it is none that this reads. */
    private int headerBytes(byte[] bytes, int from, int length) {
        if (isWriteEvent(bytes, from, length)) {
            return HEADER_BYTES;
        }
        return registered
                        && length > WireFormat.HEADER_BYTES
                        && bytes[from] == 0
                        && (int) BIG_ENDIAN_INT.get(bytes, from + 1) == registeredId
                ? WireFormat.HEADER_BYTES
                : NO_HEADER;
    }

    private static int from(ByteBuffer buffer) {
        return buffer.arrayOffset() + buffer.position();
    }

    /**
     * Reads an event. The buffer is not changed.
     *
     * @return false if it is not a usual event; the accessors are then undefined
     */
    public boolean read(ByteBuffer event) {
        return event != null && event.hasArray() && read(event.array(), from(event), event.remaining());
    }

    private boolean read(byte[] array, int from, int size) {
        int header = headerBytes(array, from, size);
        if (header == NO_HEADER) {
            return false;
        }
        bytes = array;
        at = from + header;
        end = from + size;
        bad = false;
        version = number();
        boolean vector = union();
        long positionMs = vector ? -1 : number();
        if (bad || vector || positionMs < 0) {
            return false;
        }
        deleted = flag();
        boolean content = union();
        valueLength = content ? length() : 0;
        valueAt = at;
        at += valueLength;
        boolean digest = union();
        expiryMs = !digest && union() ? number() : Entry.NEVER;
        int answerLength = !digest && union() ? length() : 0;
        at += answerLength;
        if (deleted) {
            expiryMs = Entry.NEVER;
        }
        return !bad && !digest && at == end && deleted != content && expiryMs >= 0 && !isReserved();
    }

    /** Whether it is a value of the lowest version, which the format refuses. */
    private boolean isReserved() {
        return version == Long.MIN_VALUE && !deleted;
    }

    public long version() {
        return version;
    }

    public boolean deleted() {
        return deleted;
    }

    /** When the entry expires, or {@link Entry#NEVER}. */
    public long expiryMs() {
        return expiryMs;
    }

    /** The array that contains the value. */
    public byte[] array() {
        return bytes;
    }

    /** Index of the first byte of the value in the array. */
    public int valueOffset() {
        return valueAt;
    }

    /** Length of the value in bytes; 0 for a delete. */
    public int valueLength() {
        return valueLength;
    }

    /** Reads Avro's variable-length zig-zag number. Up to eight bytes are read without a loop, possibly beyond the event's end. */
    private long number() {
        if (at <= bytes.length - Long.BYTES) {
            long word = (long) LITTLE_ENDIAN.get(bytes, at);
            long last = ~word & CONTINUES;
            if (last != 0) {
                int bits = Long.numberOfTrailingZeros(last) + 1;
                at += bits >>> 3;
                return signed(joined(word & -1L >>> -bits));
            }
        }
        return longNumber();
    }

    private long longNumber() {
        long number = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            if (at >= end) {
                break;
            }
            byte next = bytes[at++];
            number |= (next & 0x7FL) << 7 * i;
            if (next >= 0) {
                return signed(number);
            }
        }
        bad = true;
        return 0;
    }

    /** Puts the lower seven bits of each byte side by side. */
    private static long joined(long bytes) {
        long pairs = bytes & 0x007F007F007F007FL | (bytes & 0x7F007F007F007F00L) >>> 1;
        long fours = pairs & 0x00003FFF00003FFFL | (pairs & 0x3FFF00003FFF0000L) >>> 2;
        return fours & 0x000000000FFFFFFFL | (fours & 0x0FFFFFFF00000000L) >>> 4;
    }

    private static long signed(long zigZag) {
        return zigZag >>> 1 ^ -(zigZag & 1);
    }

    private boolean flag() {
        return oneOf(1);
    }

    /** Reads whether a union of null and another type holds a value. */
    private boolean union() {
        return oneOf(2);
    }

    /** Reads a byte that must be {@code expected} or zero. Returns whether it is {@code expected}. */
    private boolean oneOf(int expected) {
        int next = at < end ? bytes[at] : -1;
        at++;
        bad |= next != 0 && next != expected;
        return next == expected;
    }

    private int length() {
        long length = number();
        if (length < 0 || length > end - at) {
            bad = true;
            return 0;
        }
        return (int) length;
    }
}

package io.trueup.source;

import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import java.nio.ByteBuffer;
import org.apache.avro.SchemaNormalization;

/**
 * Reads the usual Avro {@link WriteEvent} where it lies, without copying or allocating: current schema, a number for a
 * version, a value or a delete. Whoever meets anything else, a malformed event included, asks the {@link WriteFormat}, which
 * understands the rest and knows the reasons. Holds one event at a time. Not thread-safe.
 */
public final class QuickWrite {

    private static final int HEADER_BYTES = 10;
    private static final int MARKER = 0xC301;
    private static final long FINGERPRINT =
            Long.reverseBytes(SchemaNormalization.parsingFingerprint64(WriteEvent.getClassSchema()));
    private static final int LONGEST_VARINT = 10;

    private byte[] bytes;
    private int at;
    private int end;
    private boolean bad;

    private long version;
    private boolean deleted;
    private int valueAt;
    private int valueLength;
    private long expiryMs;

    /** Whether a record value is a write event in the current schema, well-formed or not. */
    public static boolean isWriteEvent(ByteBuffer value) {
        return value != null
                && value.remaining() > HEADER_BYTES
                && value.hasArray()
                && (value.getShort(value.position()) & 0xFFFF) == MARKER
                && value.getLong(value.position() + 2) == FINGERPRINT;
    }

    /**
     * Reads an event. The buffer is big endian, and is not changed.
     *
     * @return false if it is not a usual one: nothing is known of it then
     */
    public boolean read(ByteBuffer event) {
        if (!isWriteEvent(event)) {
            return false;
        }
        bytes = event.array();
        at = event.arrayOffset() + event.position() + HEADER_BYTES;
        end = event.arrayOffset() + event.limit();
        bad = false;
        version = number();
        boolean vector = number() != 0;
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
        return !bad && !digest && at == end && deleted != content && expiryMs >= 0;
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

    /** The array in which the value lies. */
    public byte[] array() {
        return bytes;
    }

    /** Where the value begins in the array. */
    public int valueOffset() {
        return valueAt;
    }

    /** Length of the value in bytes; 0 for a delete. */
    public int valueLength() {
        return valueLength;
    }

    /** Avro's variable-length zig-zag number. */
    private long number() {
        long number = 0;
        for (int i = 0; i < LONGEST_VARINT; i++) {
            if (at >= end) {
                break;
            }
            byte next = bytes[at++];
            number |= (next & 0x7FL) << 7 * i;
            if (next >= 0) {
                return number >>> 1 ^ -(number & 1);
            }
        }
        bad = true;
        return 0;
    }

    private boolean flag() {
        if (at >= end || bytes[at] < 0 || bytes[at] > 1) {
            bad = true;
            return false;
        }
        return bytes[at++] == 1;
    }

    /** Whether a union of null and something holds something. */
    private boolean union() {
        long branch = number();
        bad |= branch < 0 || branch > 1;
        return branch == 1;
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

package io.trueup.avro;

import java.nio.ByteBuffer;

/**
 * The wire format of Confluent's serializers: the byte 00, the id of the writer's schema in a registry as four bytes in big-endian
 * order, then the record in Avro's binary form.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format">the
 *     specification</a>
 */
public final class WireFormat {

    /** Size of marker and id. */
    public static final int HEADER_BYTES = 1 + Integer.BYTES;

    private static final byte MARKER = 0;

    private WireFormat() {}

    /** Whether bytes begin as a record of this format, and are long enough for its header. */
    public static boolean isMarked(byte[] bytes) {
        return bytes != null && bytes.length >= HEADER_BYTES && bytes[0] == MARKER;
    }

    /**
     * Returns the id of the schema.
     *
     * @param bytes {@linkplain #isMarked marked} bytes
     */
    public static int id(byte[] bytes) {
        return bytes[1] << 24 | (bytes[2] & 0xFF) << 16 | (bytes[3] & 0xFF) << 8 | bytes[4] & 0xFF;
    }

    static byte[] header(int id) {
        return ByteBuffer.allocate(HEADER_BYTES).put(MARKER).putInt(id).array();
    }
}

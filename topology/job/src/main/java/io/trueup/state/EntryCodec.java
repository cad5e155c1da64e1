package io.trueup.state;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;

/**
 * The stored form of an entry: one version byte, one flag byte, then numbers of variable length, the digest, the vector if
 * there is one, and the key up to the end. Times are stored as distances from the position, so that a usual entry takes about
 * 35 bytes and its key. Every later version must be able to read what {@link #encode} writes: the changelog keeps it for
 * years.
 */
final class EntryCodec {

    private static final byte VERSION = 1;

    private static final int DELETED = 1;
    private static final int REPAIRED = 1 << 1;
    private static final int EXPIRES = 1 << 2;
    private static final int HAS_DIGEST = 1 << 3;
    private static final int HAS_VECTOR = 1 << 4;
    private static final int UNDATED = 1 << 5;

    /** Version, flags, six numbers of at most ten bytes, digest. */
    private static final int MAX_BYTES_WITHOUT_KEY = 2 + 6 * VarLong.MAX_BYTES + Hash128.BYTES;

    private EntryCodec() {}

    static byte[] encode(Entry entry) {
        ByteBuffer out =
                ByteBuffer.allocate(MAX_BYTES_WITHOUT_KEY + VectorCodec.maxBytes(entry.vector()) + entry.key().length);
        out.put(VERSION).put((byte) flags(entry));
        VarLong.write(out, entry.version());
        VarLong.write(out, entry.positionMs());
        VarLong.write(out, entry.effectiveMs() - entry.positionMs());
        VarLong.write(out, entry.appendTimeMs() - entry.positionMs());
        if (entry.expiryMs() != Entry.NEVER) {
            VarLong.write(out, entry.expiryMs() - entry.positionMs());
        }
        VarLong.write(out, entry.offset());
        if (!entry.digest().equals(Hash128.ZERO)) {
            out.putLong(entry.digest().hi()).putLong(entry.digest().lo());
        }
        if (entry.vector() != null) {
            VectorCodec.write(out, entry.vector());
        }
        out.put(entry.key());
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** @throws IllegalStateException if the bytes were written by a version of Trueup that this one does not know */
    static Entry decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte format = in.get();
        if (format != VERSION) {
            throw new IllegalStateException("the state holds an entry in format " + format
                    + ", and this version of Trueup reads only format " + VERSION
                    + ": start the version that wrote it, or reset the application");
        }
        int flags = in.get();
        long version = VarLong.read(in);
        long positionMs = VarLong.read(in);
        long effectiveMs = positionMs + VarLong.read(in);
        long appendTimeMs = positionMs + VarLong.read(in);
        long expiryMs = (flags & EXPIRES) != 0 ? positionMs + VarLong.read(in) : Entry.NEVER;
        long offset = VarLong.read(in);
        Hash128 digest = (flags & HAS_DIGEST) != 0 ? new Hash128(in.getLong(), in.getLong()) : Hash128.ZERO;
        VersionVector vector = (flags & HAS_VECTOR) != 0 ? VectorCodec.read(in) : null;
        byte[] key = new byte[in.remaining()];
        in.get(key);
        boolean deleted = (flags & DELETED) != 0;
        boolean repaired = (flags & REPAIRED) != 0;
        return new Entry(
                key,
                version,
                vector,
                positionMs,
                effectiveMs,
                appendTimeMs,
                expiryMs,
                deleted,
                repaired,
                digest,
                offset,
                (flags & UNDATED) != 0);
    }

    private static int flags(Entry entry) {
        return (entry.deleted() ? DELETED : 0)
                | (entry.repaired() ? REPAIRED : 0)
                | (entry.expiryMs() != Entry.NEVER ? EXPIRES : 0)
                | (entry.digest().equals(Hash128.ZERO) ? 0 : HAS_DIGEST)
                | (entry.vector() == null ? 0 : HAS_VECTOR)
                | (entry.undated() ? UNDATED : 0);
    }
}

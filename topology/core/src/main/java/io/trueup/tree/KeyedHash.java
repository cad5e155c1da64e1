package io.trueup.tree;

import io.trueup.sketch.ElementHash;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * All hashes of a dataset, keyed with its secret, so that a client which chooses keys or values cannot choose colliding ones.
 *
 * <p>128 bits are two lanes of PolymurHash 2.0 (Orson Peters), each with seeds of its own derived from the secret by
 * HMAC-SHA256, and a tweak for each use: a key hash can never be confused with a value digest. Not thread-safe: it reuses
 * one buffer.
 */
public final class KeyedHash implements ElementHash {

    /** Shortest accepted secret in bytes. */
    public static final int MIN_SECRET_BYTES = 16;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int NODE_BYTES = 4 * Long.BYTES;
    private static final int LEAF_BYTES = 3 * Long.BYTES;

    private final Lanes key;
    private final Lanes value;
    private final Lanes entry;
    private final Lanes node;
    private final Lanes leaf;
    private final Lanes text;
    private final Lanes vector;
    private final Lanes id;
    private final Lanes element;
    private final byte[] buffer = new byte[NODE_BYTES];

    /**
     * Derives all seeds.
     *
     * @param secret at least {@value #MIN_SECRET_BYTES} bytes; not kept
     * @throws IllegalArgumentException if the secret is too short
     */
    public KeyedHash(byte[] secret) {
        if (secret.length < MIN_SECRET_BYTES) {
            throw new IllegalArgumentException("the secret has fewer than " + MIN_SECRET_BYTES + " bytes");
        }
        key = Lanes.derive(secret, "key");
        value = Lanes.derive(secret, "value");
        entry = Lanes.derive(secret, "entry");
        node = Lanes.derive(secret, "node");
        leaf = Lanes.derive(secret, "leaf");
        text = Lanes.derive(secret, "text");
        vector = Lanes.derive(secret, "vector");
        id = Lanes.derive(secret, "id");
        element = Lanes.derive(secret, "element");
    }

    /** Hash of a record key; its top bits choose the segment. */
    public Hash128 key(byte[] bytes) {
        return key(bytes, 0, bytes.length);
    }

    /** Hash of a record key that is part of an array. */
    public Hash128 key(byte[] bytes, int offset, int length) {
        return key.of(bytes, offset, length);
    }

    /** Digest of a value. */
    public Hash128 value(byte[] bytes) {
        return value(bytes, 0, bytes.length);
    }

    /** Digest of a value that is part of an array. */
    public Hash128 value(byte[] bytes, int offset, int length) {
        return value.of(bytes, offset, length);
    }

    /** Hash of a text that is not data of a client: identifiers, settings. */
    public Hash128 text(String words) {
        byte[] bytes = words.getBytes(StandardCharsets.UTF_8);
        return text.of(bytes, bytes.length);
    }

    /** Hash of the fields that identify something; see {@link FieldWriter}. */
    public Hash128 id(FieldWriter fields) {
        byte[] bytes = fields.toBytes();
        return id.of(bytes, bytes.length);
    }

    /** A number that stands for a version vector in the digest of an entry. */
    long vector(byte[] canonical) {
        return vector.of(canonical, canonical.length).hi();
    }

    /** Digest of an entry of which version and expiry count. */
    public Hash128 entry(Hash128 keyHash, long version, long expiryMs, Hash128 digest) {
        return entry.of(keyHash.hi(), keyHash.lo(), version, expiryMs, digest.hi(), digest.lo());
    }

    /** Digest of an entry of which only the value counts. */
    public Hash128 entry(Hash128 keyHash, Hash128 digest) {
        put(0, keyHash);
        put(16, digest);
        return entry.of(buffer, NODE_BYTES);
    }

    /** Hash of a leaf: the sum of a segment's entry digests and their count. */
    Hash128 leaf(long sumHi, long sumLo, long count) {
        LONG.set(buffer, 0, sumHi);
        LONG.set(buffer, 8, sumLo);
        LONG.set(buffer, 16, count);
        return leaf.of(buffer, LEAF_BYTES);
    }

    /** Hash of an inner node. */
    Hash128 node(long leftHi, long leftLo, long rightHi, long rightLo) {
        LONG.set(buffer, 0, leftHi);
        LONG.set(buffer, 8, leftLo);
        LONG.set(buffer, 16, rightHi);
        LONG.set(buffer, 24, rightLo);
        return node.of(buffer, NODE_BYTES);
    }

    @Override
    public long mapping(long keyHash, long digest) {
        return element.hi().hash(keyHash, digest);
    }

    @Override
    public int checksum(long keyHash, long digest) {
        return (int) element.lo().hash(keyHash, digest);
    }

    private void put(int at, Hash128 hash) {
        LONG.set(buffer, at, hash.hi());
        LONG.set(buffer, at + 8, hash.lo());
    }

    /** Two independently seeded hash functions side by side. */
    private record Lanes(Polymur hi, Polymur lo) {

        static Lanes derive(byte[] secret, String use) {
            return new Lanes(lane(secret, use, "hi"), lane(secret, use, "lo"));
        }

        Hash128 of(byte[] bytes, int length) {
            return of(bytes, 0, length);
        }

        Hash128 of(byte[] bytes, int offset, int length) {
            return Polymur.hash(hi, lo, bytes, offset, length);
        }

        Hash128 of(long n0, long n1, long n2, long n3, long n4, long n5) {
            return new Hash128(hi.hash(n0, n1, n2, n3, n4, n5), lo.hash(n0, n1, n2, n3, n4, n5));
        }

        private static Polymur lane(byte[] secret, String use, String lane) {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(secret, "HmacSHA256"));
                byte[] seeds = mac.doFinal(("trueup/" + use + "/" + lane).getBytes(StandardCharsets.UTF_8));
                return new Polymur((long) LONG.get(seeds, 0), (long) LONG.get(seeds, 8), (long) LONG.get(seeds, 16));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java platform has HmacSHA256", e);
            }
        }
    }
}

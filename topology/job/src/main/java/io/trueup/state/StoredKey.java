package io.trueup.state;

import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/**
 * The keys of the store and of its changelog. That of an entry is its key hash, big endian, so that every segment of a tree of any
 * size is one contiguous range. That of a note is one byte longer than a key hash, all bits set, and then the name: behind all
 * entries.
 */
final class StoredKey {

    private static final byte[] BEFORE_NAME = beforeName();

    private StoredKey() {}

    static Bytes of(Hash128 keyHash) {
        return Bytes.wrap(keyHash.toBytes());
    }

    static Bytes ofNote(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        byte[] key = Arrays.copyOf(BEFORE_NAME, BEFORE_NAME.length + text.length);
        System.arraycopy(text, 0, key, BEFORE_NAME.length, text.length);
        return Bytes.wrap(key);
    }

    /** Behind the keys of all notes with a prefix: no byte of a name in UTF-8 has all bits set. */
    static Bytes afterNotes(String prefix) {
        byte[] first = ofNote(prefix).get();
        byte[] after = Arrays.copyOf(first, first.length + 1);
        after[first.length] = (byte) 0xff;
        return Bytes.wrap(after);
    }

    static boolean isOfEntry(byte[] key) {
        return key.length == Hash128.BYTES;
    }

    static String noteName(byte[] key) {
        return new String(key, BEFORE_NAME.length, key.length - BEFORE_NAME.length, StandardCharsets.UTF_8);
    }

    private static byte[] beforeName() {
        byte[] key = new byte[Hash128.BYTES + 1];
        Arrays.fill(key, (byte) 0xff);
        return key;
    }
}

package io.trueup.report;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a record of the conflicts topic: {@code <reporter>/<partition>} as text, a zero byte, and the key of the dataset.
 * So each replica has a record of its own for a conflict. Earlier versions used the key of the dataset alone: all replicas
 * shared one record.
 *
 * @param reporter the replica that reports the conflict; empty in a key of an earlier version
 * @param partition the partition of the dataset that the key lies in; -1 in a key of an earlier version
 * @param key the key of the dataset; must not be changed
 */
public record ConflictKey(String reporter, int partition, byte[] key) {

    private static final Pattern REPORTER = Pattern.compile("([a-z0-9][a-z0-9_-]*)/([0-9]{1,9})");
    private static final byte END = 0;

    /** The key that earlier versions used. */
    public static ConflictKey former(byte[] key) {
        return new ConflictKey("", -1, key);
    }

    /** Whether an earlier version used this key. */
    public boolean isFormer() {
        return reporter.isEmpty();
    }

    /** The record key. */
    public byte[] encode() {
        if (isFormer()) {
            return key;
        }
        byte[] prefix = (reporter + '/' + partition).getBytes(US_ASCII);
        return ByteBuffer.allocate(prefix.length + 1 + key.length)
                .put(prefix)
                .put(END)
                .put(key)
                .array();
    }

    /** Reads a record key. One that names no reporter is a key of an earlier version. */
    public static ConflictKey decode(byte[] recordKey) {
        int end = 0;
        while (end < recordKey.length && recordKey[end] != END) {
            end++;
        }
        Matcher prefix = REPORTER.matcher(new String(recordKey, 0, end, US_ASCII));
        if (end == recordKey.length || !prefix.matches()) {
            return former(recordKey);
        }
        byte[] key = new byte[recordKey.length - end - 1];
        System.arraycopy(recordKey, end + 1, key, 0, key.length);
        return new ConflictKey(prefix.group(1), Integer.parseInt(prefix.group(2)), key);
    }
}

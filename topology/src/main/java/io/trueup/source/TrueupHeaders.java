package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Record headers of the plain formats: what a write event or a repair event says beyond key and value. Numbers are decimal
 * text, all text is UTF-8, times are milliseconds since the epoch. Of several headers of one name the last one counts.
 */
public final class TrueupHeaders {

    /** Version of the entry. */
    public static final String VERSION = "trueup.version";

    /** Position of the entry. */
    public static final String POSITION = "trueup.position";

    /** Time from which on the entry counts as deleted; absent: never. */
    public static final String EXPIRY = "trueup.expiry";

    /** On a repair event: its id. On a write event: id of the repair event that it answers. */
    public static final String REPAIR_ID = "trueup.repair.id";

    /** On a record without value, and without key or with {@link #progressKey}: the replica has applied every write of the partition up to this position. */
    public static final String PROGRESS = "trueup.progress";

    private static final int SHOWN_CHARACTERS = 40;

    private TrueupHeaders() {}

    /**
     * The record key of progress events in a topic that refuses records without key, as compacted topics do: a zero byte
     * and {@code trueup.progress}. No key of a dataset may be the same.
     */
    public static byte[] progressKey() {
        return "\0trueup.progress".getBytes(StandardCharsets.US_ASCII);
    }

    static boolean isProgressKey(byte[] key) {
        return Arrays.equals(key, progressKey());
    }

    /** Adds a text header. */
    public static void add(Headers headers, String name, String value) {
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a number as decimal text. */
    public static void add(Headers headers, String name, long value) {
        add(headers, name, Long.toString(value));
    }

    /** Returns the text of a header, or null if there is none. */
    public static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /**
     * Returns the number in a header, or nothing if there is no such header.
     *
     * @throws MalformedRecordException if the header does not hold a decimal number in the range of a {@code long}
     */
    public static OptionalLong number(Headers headers, String name) throws MalformedRecordException {
        if (headers.lastHeader(name) == null) {
            return OptionalLong.empty();
        }
        String text = text(headers, name);
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new MalformedRecordException(
                    "header " + name + " is not a decimal number in the range of a long: " + shown(text), e);
        }
    }

    /** Shortened and free of control characters, for messages. */
    private static String shown(String text) {
        if (text == null) {
            return "no value";
        }
        String start = text.substring(0, Math.min(SHOWN_CHARACTERS, text.length()));
        String printable = start.replaceAll("[^\\p{Print}]", "?");
        return '"' + printable + '"' + (text.length() > SHOWN_CHARACTERS ? "..." : "");
    }
}

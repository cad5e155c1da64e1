package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** Reads and writes the record headers of {@link HeaderNames}. If several headers have the same name, the last one counts. */
public final class TrueupHeaders {

    private static final int SHOWN_CHARACTERS = 40;

    private TrueupHeaders() {}

    /**
     * Returns the progress event that a record of a format without events of its own is, or null: it has the header of progress, no
     * value, and either no key or the reserved key.
     */
    static Observation.Progress progress(byte[] key, byte[] value, Headers headers) throws MalformedRecordException {
        if (value != null || key != null && !Arrays.equals(key, HeaderNames.progressKey())) {
            return null;
        }
        OptionalLong positionMs = number(headers, HeaderNames.PROGRESS);
        return positionMs.isEmpty()
                ? null
                : new Observation.Progress(WriteChecks.time(positionMs.getAsLong(), HeaderNames.PROGRESS));
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

    /** Shortens a text and replaces control characters, for messages. */
    private static String shown(String text) {
        if (text == null) {
            return "no value";
        }
        String start = text.substring(0, Math.min(SHOWN_CHARACTERS, text.length()));
        String printable = start.replaceAll("[^\\p{Print}]", "?");
        return '"' + printable + '"' + (text.length() > SHOWN_CHARACTERS ? "..." : "");
    }
}

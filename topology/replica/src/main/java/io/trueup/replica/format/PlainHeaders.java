package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.VersionVector;
import io.trueup.schema.HeaderNames;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** The {@code trueup.*} headers of plain records: text in UTF-8, numbers in decimal. */
final class PlainHeaders {

    private final Headers headers;

    PlainHeaders(Headers headers) {
        this.headers = headers;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] bytes(long number) {
        return bytes(Long.toString(number));
    }

    /** The text of the last header of this name, or null. */
    String text(String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** The text of a header, or {@code otherwise} if there is no such header. */
    String textOr(String name, String otherwise) {
        String text = text(name);
        return text == null ? otherwise : text;
    }

    /** The text of a header that is required. */
    String required(String name) throws MalformedRecordException {
        String text = text(name);
        if (text == null) {
            throw new MalformedRecordException("no header " + name);
        }
        return text;
    }

    /** The number in a header that is required. */
    long requiredNumber(String name) throws MalformedRecordException {
        required(name);
        return number(name, 0);
    }

    /** The time in a header in milliseconds since the epoch, or {@code otherwise} if there is no such header. It must not lie before 1970. */
    long time(String name, long otherwise) throws MalformedRecordException {
        long ms = number(name, otherwise);
        if (ms < 0) {
            throw new MalformedRecordException(name + " lies before 1970: " + ms);
        }
        return ms;
    }

    /** The version vector in its header, or null if there is none. */
    VersionVector vector() throws MalformedRecordException {
        String text = text(HeaderNames.VECTOR);
        if (text == null) {
            return null;
        }
        try {
            return VersionVector.parse(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException("header " + HeaderNames.VECTOR + " is '" + shortened(text)
                    + "'; write name=counter,name=counter: " + e.getMessage());
        }
    }

    /** The number in a header, or {@code otherwise} if there is no such header. */
    long number(String name, long otherwise) throws MalformedRecordException {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new MalformedRecordException("header " + name + " is not a whole number: '" + shortened(text) + "'");
        }
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}

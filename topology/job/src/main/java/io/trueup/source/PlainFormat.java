package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.schema.HeaderNames;
import io.trueup.tree.Entry;
import io.trueup.tree.Write;
import java.util.OptionalLong;
import org.apache.kafka.common.header.Headers;

/**
 * The plain format: record key and value are the key and value of the dataset; a null value is a delete. Version and position
 * are the headers {@value HeaderNames#VERSION} and {@value HeaderNames#POSITION}; without them, the record's timestamp. Further
 * optional headers are {@value HeaderNames#EXPIRY} and {@value HeaderNames#REPAIR_ID}. A record is a progress event if it has
 * the header {@value HeaderNames#PROGRESS}, no value, and either no key or the reserved key of progress events.
 *
 * <p>The format has neither scans nor version vectors.
 */
final class PlainFormat implements WriteFormat {

    private final int maxKeyBytes;

    PlainFormat(int maxKeyBytes) {
        this.maxKeyBytes = maxKeyBytes;
    }

    @Override
    public Observation decode(
            byte[] key, byte[] value, Headers headers, long recordTimestampMs, long offset, long appendTimeMs)
            throws MalformedRecordException {
        Observation progress = TrueupHeaders.progress(key, value, headers);
        if (progress != null) {
            return progress;
        }
        WriteChecks.key(key, maxKeyBytes);
        long version = numberOr(headers, HeaderNames.VERSION, recordTimestampMs);
        long position = numberOr(headers, HeaderNames.POSITION, recordTimestampMs);
        boolean deleted = value == null;
        return new Observation.Observed(new Write(
                key,
                WriteChecks.version(version, deleted),
                WriteChecks.time(position, HeaderNames.POSITION),
                deleted,
                value,
                null,
                deleted ? Entry.NEVER : expiry(headers),
                TrueupHeaders.text(headers, HeaderNames.REPAIR_ID),
                offset,
                appendTimeMs));
    }

    private static long numberOr(Headers headers, String name, long recordTimestampMs) throws MalformedRecordException {
        OptionalLong number = TrueupHeaders.number(headers, name);
        if (number.isPresent()) {
            return number.getAsLong();
        }
        if (recordTimestampMs <= 0) {
            throw new MalformedRecordException("neither a header " + name + " nor a record timestamp");
        }
        return recordTimestampMs;
    }

    private static long expiry(Headers headers) throws MalformedRecordException {
        OptionalLong expiry = TrueupHeaders.number(headers, HeaderNames.EXPIRY);
        return expiry.isPresent() ? WriteChecks.time(expiry.getAsLong(), HeaderNames.EXPIRY) : Entry.NEVER;
    }
}

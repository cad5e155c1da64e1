package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import io.trueup.schema.HeaderNames;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads the feed: plain records, a null value deletes. The version is the header {@code trueup.version} or else the
 * offset, the position the header {@code trueup.position} or else the record timestamp. The header {@code trueup.vector}
 * holds a version vector, if there is one; its total is then the version.
 */
public final class FeedFormat {

    private final int longestKey;

    /** @param longestKey longest key in bytes that the table can hold */
    public FeedFormat(int longestKey) {
        this.longestKey = longestKey;
    }

    public FeedRecord decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        checkKey(record.key(), longestKey);
        PlainHeaders headers = new PlainHeaders(record.headers());
        VersionVector vector = headers.vector();
        long version = vector == null ? headers.number(HeaderNames.VERSION, record.offset()) : vector.total();
        checkVersion(version);
        return new FeedRecord(
                record.topic(),
                record.partition(),
                record.offset(),
                record.key(),
                record.value(),
                version,
                vector,
                headers.time(HeaderNames.POSITION, record.timestamp()),
                headers.time(HeaderNames.EXPIRY, StoredEntry.NEVER));
    }

    public static void checkKey(byte[] key, int longest) throws MalformedRecordException {
        if (key == null) {
            throw new MalformedRecordException("no key: nothing can be stored without one");
        }
        if (key.length > longest) {
            throw new MalformedRecordException(
                    "the key has " + key.length + " bytes, the database holds keys of at most " + longest);
        }
        if (WriteEvents.isProgressKey(key) || WriteEvents.isScanKey(key)) {
            throw new MalformedRecordException("the key is reserved for progress events and scan markers");
        }
    }

    static void checkVersion(long version) throws MalformedRecordException {
        if (version == StoredEntry.NOTHING) {
            throw new MalformedRecordException(
                    "the version " + version + " is reserved: it means that nothing is held");
        }
    }
}

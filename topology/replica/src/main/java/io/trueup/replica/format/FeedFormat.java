package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.FeedRecord;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import io.trueup.schema.HeaderNames;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads the feed: plain records; a null value deletes the key. The version is the header {@code trueup.version}, or the offset if
 * there is no such header. The position is the header {@code trueup.position}, or else the record timestamp. The header
 * {@code trueup.vector} holds the version vector, if there is one; the version is then its total. Thread-safe.
 */
public final class FeedFormat {

    private final int maxKeyBytes;

    /** @param maxKeyBytes the longest key that the table can hold */
    public FeedFormat(int maxKeyBytes) {
        this.maxKeyBytes = maxKeyBytes;
    }

    /**
     * Reads one record.
     *
     * @throws MalformedRecordException if its key is not allowed, or if a header cannot be read
     */
    public FeedRecord decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        checkKey(record.key(), maxKeyBytes);
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

    /**
     * Refuses keys that cannot be stored.
     *
     * @param maxBytes the longest key that the table can hold
     * @throws MalformedRecordException if the key is missing, too long or reserved
     */
    public static void checkKey(byte[] key, int maxBytes) throws MalformedRecordException {
        if (key == null) {
            throw new MalformedRecordException("no key: a record without key cannot be stored");
        }
        if (key.length > maxBytes) {
            throw new MalformedRecordException(
                    "the key has " + key.length + " bytes, the database can store keys of at most " + maxBytes);
        }
        if (WriteEvents.isProgressKey(key) || WriteEvents.isScanKey(key)) {
            throw new MalformedRecordException("the key is reserved for progress events and scan markers");
        }
    }

    private static void checkVersion(long version) throws MalformedRecordException {
        if (version == StoredEntry.NOTHING) {
            throw new MalformedRecordException(
                    "the version " + version + " is reserved: it means that nothing is held");
        }
    }
}

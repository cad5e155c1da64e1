package io.trueup.audit;

import io.trueup.avro.MalformedRecordException;
import io.trueup.source.Observation;
import io.trueup.source.QuickWrite;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Scan;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Follows one partition of one replica's writes topic: understands its records, leaves out those that do not count, and
 * keeps a scan under way. What is held is kept by its {@link Holdings}. Used by one thread.
 */
final class Follower {

    /** What the replica holds, as far as it is of interest. */
    interface Holdings {

        /** The replica stores a key. */
        void wrote(Hash128 key, Write write, long timeMs);

        /** The same, as a usual event tells it; returns false if the whole write is needed. */
        default boolean wrote(Hash128 key, QuickWrite write, long offset) {
            return false;
        }

        /** A scan has found a row; write events behind offset {@code since} win over it. */
        void scanned(Hash128 key, Write write, long since, long timeMs);

        /** A whole scan ends here: what it has not found, and was written before {@code since}, is gone. */
        void scanEnded(Scan scan, long since, long offset, long timeMs);
    }

    /** Says whether a scan that ends here was seen whole. */
    @FunctionalInterface
    interface Wholeness {
        boolean isWhole(long offset, int found, long rows);
    }

    private static final int EXAMPLES = 3;

    private final Stretch stretch;
    private final WriteFormat format;
    private final KeyedHash hash;
    private final Bound bound;
    private final HashRange range;
    private final Predicate<Hash128> keys;
    private final Wholeness wholeness;
    private final Holdings holdings;
    private final QuickWrite quick = new QuickWrite();
    private final boolean isQuick;
    private final List<String> unreadableExamples = new ArrayList<>();
    private long returned;
    private long counted;
    private long later;
    private long unreadable;
    private Scan scan;

    Follower(
            Stretch stretch,
            String topic,
            String formatName,
            KeyedHash hash,
            Bound bound,
            HashRange range,
            Predicate<Hash128> keys,
            Wholeness wholeness,
            Holdings holdings) {
        this.stretch = stretch;
        this.format = WriteFormat.of(formatName, topic, Integer.MAX_VALUE);
        this.hash = hash;
        this.bound = bound;
        this.range = range;
        this.keys = keys;
        this.wholeness = wholeness;
        this.holdings = holdings;
        isQuick = formatName.equals("trueup");
    }

    void accept(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
        returned++;
        if (!bound.includes(record.timestamp())) {
            later++;
            return;
        }
        counted++;
        if (isQuick && takeQuickly(record)) {
            return;
        }
        try {
            take(
                    format.decode(
                            bytes(record.key()),
                            bytes(record.value()),
                            record.headers(),
                            record.timestamp(),
                            record.offset(),
                            record.timestamp()),
                    record.offset(),
                    record.timestamp());
        } catch (MalformedRecordException e) {
            unreadable++;
            if (unreadableExamples.size() < EXAMPLES) {
                unreadableExamples.add(stretch.at(record.offset()) + ": " + e.getMessage());
            }
        }
    }

    /** Takes a usual write event without copying it; returns false if it is to be taken in another way. */
    private boolean takeQuickly(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
        ByteBuffer bytes = record.key();
        if (bytes == null || !bytes.hasArray() || !quick.read(record.value())) {
            return false;
        }
        Hash128 key = hash.key(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        return !range.contains(key) || !keys.test(key) || holdings.wrote(key, quick, record.offset());
    }

    private void take(Observation seen, long offset, long timeMs) {
        if (seen instanceof Observation.Observed observed) {
            Hash128 key = hash.key(observed.write().key());
            if (range.contains(key) && keys.test(key)) {
                holdings.wrote(key, observed.write(), timeMs);
            }
        } else if (seen instanceof Observation.Scanned scanned) {
            scanned(scanned, timeMs);
        } else if (seen instanceof Observation.ScanStarted started) {
            scan = new Scan(started.scan(), offset);
        } else if (seen instanceof Observation.ScanEnded ended) {
            scanEnded(ended, offset, timeMs);
        }
    }

    private void scanned(Observation.Scanned row, long timeMs) {
        Hash128 key = hash.key(row.write().key());
        if (!range.contains(key)) {
            return;
        }
        if (scan != null && scan.is(row.scan(), row.since())) {
            scan.found(key);
        }
        if (keys.test(key)) {
            holdings.scanned(key, row.write(), row.since(), timeMs);
        }
    }

    private void scanEnded(Observation.ScanEnded end, long offset, long timeMs) {
        Scan ended = scan;
        if (ended != null && ended.is(end.scan(), end.since()) && wholeness.isWhole(offset, ended.size(), end.rows())) {
            scan = null;
            holdings.scanEnded(ended, end.since(), offset, timeMs);
        }
    }

    /** Offsets of the stretch that hold no committed record: compacted away, aborted, or a marker of a transaction. */
    long gaps() {
        return stretch.end() - stretch.start() - returned;
    }

    /** Records that count, those that cannot be read among them. */
    long counted() {
        return counted;
    }

    /** Records that are later than the moment in question. */
    long later() {
        return later;
    }

    /** Records that say nothing in this format. */
    long unreadable() {
        return unreadable;
    }

    /** The first of those, with place and reason. */
    List<String> unreadableExamples() {
        return unreadableExamples;
    }

    Stretch stretch() {
        return stretch;
    }

    static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}

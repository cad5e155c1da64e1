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

        /** How many keys have come so far, or more than that where it is not known. */
        default long keysSeen() {
            return Long.MAX_VALUE;
        }
    }

    /** Says whether a scan that ends here was seen whole. */
    @FunctionalInterface
    interface Wholeness {
        boolean isWhole(long offset, int found, long rows);
    }

    private static final int EXAMPLES = 3;

    /** Of memory for a row that a scan has found. */
    private static final long SCAN_BYTES = 32;

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
    private final Continuity continuity;
    private long taken;
    private long counted;
    private long later;
    private long unreadable;
    private boolean lacksBeforeLater;
    private Scan scan;
    private Continuity.Mark scanStart;
    private boolean scanLacks;
    private Continuity.Mark settled = Continuity.Mark.START;
    private String scanDoubt;

    Follower(
            Stretch stretch,
            Gaps gaps,
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
        continuity = new Continuity(stretch.start(), gaps, () -> holdings.keysSeen() < taken);
    }

    void accept(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
        continuity.pass(record.offset());
        if (!bound.includes(record.timestamp())) {
            lacksBeforeLater |= later++ == 0 && continuity.mayLackForWhatComes();
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
        if (!range.contains(key) || !keys.test(key)) {
            return true;
        }
        boolean done = holdings.wrote(key, quick, record.offset());
        taken += done ? 1 : 0;
        return done;
    }

    private void take(Observation seen, long offset, long timeMs) {
        if (seen instanceof Observation.Observed observed) {
            Hash128 key = hash.key(observed.write().key());
            if (range.contains(key) && keys.test(key)) {
                taken++;
                holdings.wrote(key, observed.write(), timeMs);
            }
        } else if (seen instanceof Observation.Scanned scanned) {
            scanned(scanned, offset, timeMs);
        } else if (seen instanceof Observation.ScanStarted started) {
            scanStarted(started, offset);
        } else if (seen instanceof Observation.ScanEnded ended) {
            scanEnded(ended, offset, timeMs);
        }
    }

    private void scanStarted(Observation.ScanStarted started, long offset) {
        if (scanDoubt == null && continuity.mayLackBeforeHere(settled)) {
            scanDoubt = stretch.at(offset)
                    + " begins a scan, and offsets before it hold no record: the end of an earlier one"
                    + " may have been there";
        }
        scan = new Scan(started.scan(), offset);
        scanStart = continuity.mark();
        scanLacks = false;
    }

    private void scanned(Observation.Scanned row, long offset, long timeMs) {
        boolean underWay = scan != null && scan.is(row.scan(), row.since());
        if (continuity.mayLackBeforeHere(underWay ? scanStart : settled)) {
            scanLacks = true;
            scanDoubt = stretch.at(offset) + " is a row of the scan that began at offset " + row.since()
                    + ", and offsets before it hold no record: a newer write of its key, or the end of a scan, may have been"
                    + " there";
        }
        Hash128 key = hash.key(row.write().key());
        if (!range.contains(key)) {
            return;
        }
        if (underWay) {
            scan.found(key);
        }
        if (keys.test(key)) {
            taken++;
            holdings.scanned(key, row.write(), row.since(), timeMs);
        }
    }

    private void scanEnded(Observation.ScanEnded end, long offset, long timeMs) {
        Scan ended = scan;
        if (ended == null || !ended.is(end.scan(), end.since())) {
            scanDoubt = stretch.at(offset) + " ends a scan whose beginning at offset " + end.since()
                    + " is not there, or that was overtaken by another";
        } else if (!wholeness.isWhole(offset, ended.size(), end.rows())) {
            scanDoubt = stretch.at(offset) + " ends a scan of " + end.rows() + " rows, not all of which are there";
        } else {
            scan = null;
            holdings.scanEnded(ended, end.since(), offset, timeMs);
            if (!scanLacks) { // all that the replica holds has just been told
                scanDoubt = null;
                settled = continuity.mark();
            }
        }
    }

    /** What scans leave unknown of what the replica holds; null if nothing. */
    String scanDoubt() {
        return scanDoubt;
    }

    /**
     * Whether a record that counted at the moment in question may be missing because one that does not count has replaced it.
     *
     * @param behind whether there are records behind the stretch
     */
    boolean mayLackThePast(boolean behind) {
        boolean replaced = lacksBeforeLater || behind && continuity.mayLackForWhatComes();
        return replaced && gaps(behind) > 0;
    }

    /**
     * Offsets that hold no committed record.
     *
     * @param behind whether there are records behind the stretch: otherwise its last record is never compacted away
     */
    long gaps(boolean behind) {
        return continuity.gaps() + (behind ? stretch.end() - continuity.next() : 0);
    }

    /** Whether every record that ever was there has come. */
    boolean isWhole() {
        return continuity.isWhole();
    }

    /** Offsets of the stretch that are still to come. */
    long left() {
        return Math.max(0, stretch.end() - continuity.next());
    }

    /** Bytes of memory that a scan under way takes, about. */
    long memoryBytes() {
        return scan == null ? 0 : SCAN_BYTES * scan.size();
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

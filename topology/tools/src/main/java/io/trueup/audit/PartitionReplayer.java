package io.trueup.audit;

import io.trueup.audit.table.HashRange;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.WireFormat;
import io.trueup.source.MalformedRowException;
import io.trueup.source.Observation;
import io.trueup.source.QuickWrite;
import io.trueup.source.WriteFormat;
import io.trueup.source.canonical.ValueForm;
import io.trueup.topic.GapCause;
import io.trueup.topic.OffsetRange;
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
 * Replays one partition of one replica's writes topic: decodes its records, leaves out those that do not count, follows
 * scans, and passes the rest to a {@link ReplicaState}. Used by one thread.
 */
final class PartitionReplayer {

    /** State of a replica, or the part of it that is of interest. */
    interface ReplicaState {

        /** The replica stores an entry for a key. */
        void wrote(Hash128 key, Write write, long timeMs);

        /** The same for an event that was decoded without copying it; returns false if the whole write is needed. */
        default boolean wrote(Hash128 key, QuickWrite write, long offset) {
            return false;
        }

        /** A scan has found a row; write events behind offset {@code since} win over it. */
        void scanned(Hash128 key, Write write, long since, long timeMs);

        /** A complete scan ends: keys that it has not found, and that were written before {@code since}, are gone. */
        void scanEnded(Scan scan, long since, long offset, long timeMs);

        /** How many keys have occurred so far; a higher number where that is not known. */
        default long keysSeen() {
            return Long.MAX_VALUE;
        }
    }

    /** Decides whether a scan is complete. */
    @FunctionalInterface
    interface ScanCheck {

        /**
         * Whether all rows of a scan were read.
         *
         * @param offset where the scan ends
         * @param found distinct rows that were read
         * @param rows rows that the scan has sent
         */
        boolean isComplete(long offset, int found, long rows);
    }

    private static final int MAX_EXAMPLES = 3;

    /** Memory for a row that a scan has found. */
    private static final long SCAN_BYTES = 32;

    private final OffsetRange offsets;
    private final String replica;
    private final WriteFormat format;
    private final KeyedHash hash;
    private final RecordBound bound;
    private final HashRange hashes;
    private final Predicate<Hash128> keys;
    private final ScanCheck scanCheck;
    private final ReplicaState state;
    private final QuickWrite quick = new QuickWrite();
    private final boolean isQuick;
    private final List<String> unreadableExamples = new ArrayList<>();
    private final OffsetGaps gaps;
    private long taken;
    private long counted;
    private long later;
    private long unreadable;
    private boolean lacksBeforeLater;
    private Scan scan;
    private OffsetGaps.Mark scanStart;
    private boolean scanLacks;
    private OffsetGaps.Mark scannedUpTo = OffsetGaps.Mark.START;
    private String scanDoubt;

    PartitionReplayer(
            OffsetRange offsets,
            GapCause gapCause,
            AuditedReplica replica,
            RecordCodecs codecs,
            KeyedHash hash,
            RecordBound bound,
            HashRange hashes,
            Predicate<Hash128> keys,
            ScanCheck scanCheck,
            ReplicaState state) {
        this.offsets = offsets;
        this.replica = replica.name();
        this.format = replica.form()
                .applied(
                        WriteFormat.of(replica.format(), replica.topic(), codecs, Integer.MAX_VALUE),
                        replica.topic(),
                        codecs,
                        hash);
        this.hash = hash;
        this.bound = bound;
        this.hashes = hashes;
        this.keys = keys;
        this.scanCheck = scanCheck;
        this.state = state;
        isQuick = replica.format().equals("trueup") && replica.form().kind() == ValueForm.Kind.NONE;
        gaps = new OffsetGaps(offsets.start(), gapCause, () -> state.keysSeen() < taken);
    }

    void accept(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
        gaps.pass(record.offset());
        if (!bound.includes(record.timestamp())) {
            lacksBeforeLater |= later++ == 0 && gaps.mayLackBecauseOfLater();
            return;
        }
        counted++;
        if (isQuick && takeQuickly(record)) {
            return;
        }
        try {
            byte[] value = bytes(record.value());
            Observation observation = format.decode(
                    bytes(record.key()),
                    value,
                    record.headers(),
                    record.timestamp(),
                    record.offset(),
                    record.timestamp());
            if (format.isCurrentWriteEvent(value)) {
                quick.readToo(WireFormat.id(value));
            }
            take(observation, record.offset(), record.timestamp());
        } catch (MalformedRecordException e) {
            unreadable++;
            if (unreadableExamples.size() < MAX_EXAMPLES) {
                unreadableExamples.add(offsets.place(record.offset()) + ": " + e.getMessage());
            }
            becameUnknown(record, e);
        }
    }

    /** What the replica holds under the key of a record that cannot be read is unknown, as it is to its reconciler. */
    private void becameUnknown(ConsumerRecord<ByteBuffer, ByteBuffer> record, MalformedRecordException reason) {
        byte[] recordKey = bytes(record.key());
        byte[] key = WriteFormat.isDataKey(recordKey) ? format.datasetKey(recordKey) : null;
        if (key == null) {
            return;
        }
        Write unread = Write.unread(hash, replica, key, bytes(record.value()), record.offset(), record.timestamp());
        take(
                reason instanceof MalformedRowException row
                        ? new Observation.Scanned(unread, row.scan(), row.since())
                        : new Observation.Observed(unread),
                record.offset(),
                record.timestamp());
    }

    /** Takes a usual write event without copying it; returns false if the record must be decoded as a whole. */
    private boolean takeQuickly(ConsumerRecord<ByteBuffer, ByteBuffer> record) {
        ByteBuffer bytes = record.key();
        if (bytes == null || !bytes.hasArray() || !quick.read(record.value())) {
            return false;
        }
        Hash128 key = hash.key(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        if (!hashes.contains(key) || !keys.test(key)) {
            return true;
        }
        boolean done = state.wrote(key, quick, record.offset());
        taken += done ? 1 : 0;
        return done;
    }

    private void take(Observation seen, long offset, long timeMs) {
        seen.accept(new Observation.Visitor<Void>() {
            @Override
            public Void observed(Observation.Observed observed) {
                written(observed, timeMs);
                return null;
            }

            @Override
            public Void progress(Observation.Progress progress) {
                return null;
            }

            @Override
            public Void scanStarted(Observation.ScanStarted started) {
                PartitionReplayer.this.scanStarted(started, offset);
                return null;
            }

            @Override
            public Void scanned(Observation.Scanned row) {
                PartitionReplayer.this.scanned(row, offset, timeMs);
                return null;
            }

            @Override
            public Void scanEnded(Observation.ScanEnded end) {
                PartitionReplayer.this.scanEnded(end, offset, timeMs);
                return null;
            }

            @Override
            public Void unrelated(Observation.Unrelated unrelated) {
                return null;
            }
        });
    }

    private void written(Observation.Observed observed, long timeMs) {
        Hash128 key = hash.key(observed.write().key());
        if (hashes.contains(key) && keys.test(key)) {
            taken++;
            state.wrote(key, observed.write(), timeMs);
        }
    }

    private void scanStarted(Observation.ScanStarted started, long offset) {
        if (scanDoubt == null && gaps.mayLackBeforeHere(scannedUpTo)) {
            scanDoubt = offsets.place(offset)
                    + " begins a scan, and offsets before it hold no record: the end of an earlier one"
                    + " may have been there";
        }
        scan = new Scan(started.scan(), offset);
        scanStart = gaps.mark();
        scanLacks = false;
    }

    private void scanned(Observation.Scanned row, long offset, long timeMs) {
        boolean underWay = scan != null && scan.is(row.scan(), row.since());
        if (gaps.mayLackBeforeHere(underWay ? scanStart : scannedUpTo)) {
            scanLacks = true;
            scanDoubt = offsets.place(offset) + " is a row of the scan that began at offset " + row.since()
                    + ", and offsets before it hold no record: a newer write of its key, or the end of a scan, may have been"
                    + " there";
        }
        Hash128 key = hash.key(row.write().key());
        if (!hashes.contains(key)) {
            return;
        }
        if (underWay) {
            scan.found(key);
        }
        if (keys.test(key)) {
            taken++;
            state.scanned(key, row.write(), row.since(), timeMs);
        }
    }

    private void scanEnded(Observation.ScanEnded end, long offset, long timeMs) {
        Scan ended = scan;
        if (ended == null || !ended.is(end.scan(), end.since())) {
            scanDoubt = offsets.place(offset) + " ends a scan whose beginning at offset " + end.since()
                    + " is not there, or that was overtaken by another";
        } else if (!scanCheck.isComplete(offset, ended.size(), end.rows())) {
            scanDoubt = offsets.place(offset) + " ends a scan of " + end.rows() + " rows, not all of which are there";
        } else {
            scan = null;
            state.scanEnded(ended, end.since(), offset, timeMs);
            if (!scanLacks) { // the scan has sent everything that the replica holds
                scanDoubt = null;
                scannedUpTo = gaps.mark();
            }
        }
    }

    /** Why the contents of the replica are unknown after scans; null if they are known. */
    String scanDoubt() {
        return scanDoubt;
    }

    /**
     * Whether a record that counts may be missing because one that does not count has replaced it.
     *
     * @param behind whether the topic has records behind the offset range
     */
    boolean mayLackThePast(boolean behind) {
        boolean replaced = lacksBeforeLater || behind && gaps.mayLackBecauseOfLater();
        return replaced && gaps(behind) > 0;
    }

    /**
     * Offsets that hold no committed record.
     *
     * @param behind whether the topic has records behind the offset range: otherwise its last record is never compacted away
     */
    long gaps(boolean behind) {
        return gaps.count() + (behind ? offsets.end() - gaps.next() : 0);
    }

    /** Whether every record that ever was in the offset range is there. */
    boolean isComplete() {
        return gaps.isComplete();
    }

    /** Offsets of the range that were not yet passed. */
    long left() {
        return Math.max(0, offsets.end() - gaps.next());
    }

    /** Approximate bytes of memory for a scan under way. */
    long memoryBytes() {
        return scan == null ? 0 : SCAN_BYTES * scan.size();
    }

    /** Records that count, malformed ones included. */
    long counted() {
        return counted;
    }

    /** Records whose timestamp is too late to count. */
    long later() {
        return later;
    }

    /** Records that are malformed in the replica's format. */
    long unreadable() {
        return unreadable;
    }

    /** The first malformed records, with place and reason. */
    List<String> unreadableExamples() {
        return unreadableExamples;
    }

    OffsetRange offsets() {
        return offsets;
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

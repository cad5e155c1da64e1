package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;

/**
 * The trueup format: Avro records {@link WriteEvent}, {@link ProgressEvent}, {@link ScanEvent} and {@link ScanMarker}.
 * Timestamps and headers are ignored.
 */
final class TrueupFormat implements WriteFormat {

    private final RecordCodec<SpecificRecord> codec;
    private final String topic;
    private final int maxKeyBytes;

    TrueupFormat(RecordCodecs codecs, String topic, int maxKeyBytes) {
        this.codec = codecs.anyOf(List.of(WriteEvent.class, ProgressEvent.class, ScanEvent.class, ScanMarker.class));
        this.topic = topic;
        this.maxKeyBytes = maxKeyBytes;
    }

    @Override
    public Observation decode(
            byte[] key, byte[] value, Headers headers, long recordTimestampMs, long offset, long appendTimeMs)
            throws MalformedRecordException {
        if (value == null) {
            throw new MalformedRecordException("no value; a delete is a WriteEvent with deleted = true");
        }
        SpecificRecord event = codec.decode(topic, value);
        if (event instanceof ProgressEvent progress) {
            return new Observation.Progress(WriteChecks.time(progress.getPosition(), "position"));
        }
        if (event instanceof ScanEvent row) {
            checkScan(row.getScan());
            checkSince(row.getSince(), offset);
            return new Observation.Scanned(scanned(key, row, offset, appendTimeMs), row.getScan(), row.getSince());
        }
        if (event instanceof ScanMarker marker) {
            return marker(marker, offset);
        }
        return new Observation.Observed(write(key, (WriteEvent) event, offset, appendTimeMs));
    }

    @Override
    public boolean isCurrentWriteEvent(byte[] value) {
        return codec.isCurrent(value, WriteEvent.class);
    }

    @Override
    public byte[] content(byte[] value) {
        try {
            SpecificRecord event = value == null ? null : codec.decode(topic, value);
            if (event instanceof ScanEvent row) {
                return row.getValueDigest() == null ? bytes(row.getValue()) : null;
            }
            return event instanceof WriteEvent write && write.getValueDigest() == null ? bytes(write.getValue()) : null;
        } catch (MalformedRecordException e) {
            return null;
        }
    }

    @Override
    public boolean isReady(byte[] key, byte[] value) {
        return codec.isReady(topic, value);
    }

    private static Observation marker(ScanMarker marker, long offset) throws MalformedRecordException {
        checkScan(marker.getScan());
        if (marker.getKind() == ScanMarkerKind.START) {
            return new Observation.ScanStarted(marker.getScan());
        }
        checkSince(marker.getSince(), offset);
        if (marker.getRows() < 0) {
            throw new MalformedRecordException("the end of a scan with " + marker.getRows() + " rows");
        }
        return new Observation.ScanEnded(marker.getScan(), marker.getSince(), marker.getRows());
    }

    private static void checkScan(String scan) throws MalformedRecordException {
        if (scan.isEmpty()) {
            throw new MalformedRecordException("a scan without id");
        }
    }

    private static void checkSince(long since, long offset) throws MalformedRecordException {
        if (since < 0 || since >= offset) {
            throw new MalformedRecordException("since is " + since
                    + ", which is not an offset before this record: it is the offset of the scan's START marker in this"
                    + " partition");
        }
    }

    private Write write(byte[] key, WriteEvent event, long offset, long appendTimeMs) throws MalformedRecordException {
        return write(
                key,
                event.getVersion(),
                event.getVector(),
                event.getPosition(),
                event.getDeleted(),
                event.getValue(),
                event.getValueDigest(),
                event.getExpiry(),
                event.getRepairId(),
                offset,
                appendTimeMs);
    }

    private Write scanned(byte[] key, ScanEvent row, long offset, long appendTimeMs) throws MalformedRecordException {
        try {
            return write(
                    key,
                    row.getVersion(),
                    row.getVector(),
                    row.getPosition(),
                    row.getDeleted(),
                    row.getValue(),
                    row.getValueDigest(),
                    row.getExpiry(),
                    null,
                    offset,
                    appendTimeMs);
        } catch (MalformedRecordException e) {
            throw new MalformedRowException(e, row.getScan(), row.getSince());
        }
    }

    private Write write(
            byte[] key,
            long version,
            Map<String, Long> counters,
            long position,
            boolean deleted,
            ByteBuffer value,
            ByteBuffer valueDigest,
            Long expiry,
            String repairId,
            long offset,
            long appendTimeMs)
            throws MalformedRecordException {
        WriteChecks.key(key, maxKeyBytes);
        checkContent(deleted, value != null || valueDigest != null);
        VersionVector vector = vector(counters);
        return new Write(
                key,
                vector == null ? WriteChecks.version(version, deleted) : vector.total(),
                vector,
                WriteChecks.time(position, "position"),
                deleted,
                bytes(value),
                digest(valueDigest),
                deleted || expiry == null ? Entry.NEVER : WriteChecks.time(expiry, "expiry"),
                repairId,
                offset,
                appendTimeMs);
    }

    private static VersionVector vector(Map<String, Long> counters) throws MalformedRecordException {
        if (counters == null) {
            return null;
        }
        if (counters.containsKey("")) {
            throw new MalformedRecordException("vector has a counter without a name");
        }
        try {
            return WriteChecks.vector(VersionVector.of(counters));
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException("vector: " + e.getMessage(), e);
        }
    }

    private static void checkContent(boolean deleted, boolean content) throws MalformedRecordException {
        if (deleted && content) {
            throw new MalformedRecordException("deleted, yet with a value or valueDigest");
        }
        if (!deleted && !content) {
            throw new MalformedRecordException("neither deleted nor with a value or valueDigest");
        }
    }

    private static Hash128 digest(ByteBuffer digest) throws MalformedRecordException {
        if (digest == null) {
            return null;
        }
        if (digest.remaining() != Hash128.BYTES) {
            throw new MalformedRecordException(
                    "valueDigest has " + digest.remaining() + " bytes instead of " + Hash128.BYTES);
        }
        return Hash128.fromBytes(bytes(digest));
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        if (buffer.hasArray() && buffer.arrayOffset() == 0 && buffer.array().length == buffer.remaining()) {
            return buffer.array();
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}

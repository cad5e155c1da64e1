package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;

/** Avro records {@link WriteEvent} and {@link ProgressEvent}. Timestamps and headers have no meaning. */
final class TrueupFormat implements WriteFormat {

    private final RecordCodec<SpecificRecord> codec;
    private final String topic;

    TrueupFormat(String topic) {
        this(SingleObjectCodec.anyOf(List.of(WriteEvent.class, ProgressEvent.class), List.of()), topic);
    }

    TrueupFormat(RecordCodec<SpecificRecord> codec, String topic) {
        this.codec = codec;
        this.topic = topic;
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
            return new Observation.Progress(Rules.time(progress.getPosition(), "position"));
        }
        return new Observation.Observed(write(key, (WriteEvent) event, offset, appendTimeMs));
    }

    private static Write write(byte[] key, WriteEvent event, long offset, long appendTimeMs)
            throws MalformedRecordException {
        Rules.key(key);
        boolean deleted = event.getDeleted();
        checkContent(event, deleted);
        return new Write(
                key,
                event.getVersion(),
                Rules.time(event.getPosition(), "position"),
                deleted,
                bytes(event.getValue()),
                digest(event.getValueDigest()),
                deleted || event.getExpiry() == null ? Entry.NEVER : Rules.time(event.getExpiry(), "expiry"),
                event.getRepairId(),
                offset,
                appendTimeMs);
    }

    private static void checkContent(WriteEvent event, boolean deleted) throws MalformedRecordException {
        boolean content = event.getValue() != null || event.getValueDigest() != null;
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

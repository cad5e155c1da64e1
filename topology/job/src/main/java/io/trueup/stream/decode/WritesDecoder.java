package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.reconcile.clock.RoundClock;
import io.trueup.source.IncompleteChangeException;
import io.trueup.source.MalformedRowException;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.stream.record.Input;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * Reads the replica's writes topic. The append time is the broker's where the topic has log append time, and otherwise the
 * time at which the record is read, by the clock of the reconciler.
 */
public final class WritesDecoder extends Decoder {

    /** Finds the clock of a partition's reconciler. */
    public interface Clocks {
        RoundClock clock(int partition, long steadyMs);
    }

    private final WriteFormat format;
    private final boolean logAppendTime;
    private final boolean repairs;
    private final Clocks clocks;
    private RoundClock clock;

    /** @param repairs whether repairs are decided by what the topic says */
    public WritesDecoder(
            WriteFormat format, boolean logAppendTime, boolean repairs, Clocks clocks, DeadLetters deadLetters) {
        super(deadLetters);
        this.repairs = repairs;
        this.format = format;
        this.logAppendTime = logAppendTime;
        this.clocks = clocks;
    }

    private long firstSeenMs() {
        if (clock == null) {
            clock = clocks.clock(partition(), nowMs());
        }
        return clock.advance(nowMs());
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        long timestamp = record.timestamp();
        long appendTimeMs = appendTimeMs(timestamp);
        try {
            Observation observation = format.decode(
                    record.key(), record.value(), record.headers(), timestamp, from.offset(), appendTimeMs);
            return new Input.FromWrites(observation, from.offset(), appendTimeMs);
        } catch (IncompleteChangeException e) {
            if (repairs || e.concernsAllKeys()) {
                throw new IncompleteCaptureException(from, e);
            }
            throw e;
        }
    }

    /** What the replica holds under the key of a record that cannot be read is unknown from then on. */
    @Override
    Input skipped(Record<byte[], byte[]> record, RecordMetadata from, MalformedRecordException reason) {
        byte[] key = WriteFormat.isDataKey(record.key()) ? format.datasetKey(record.key()) : null;
        boolean storable = key != null && key.length <= WriteFormat.MAX_KEY_BYTES;
        return new Input.SkippedWrite(
                storable ? key : null,
                record.value(),
                reason instanceof MalformedRowException row ? new Input.ScanRow(row.scan(), row.since()) : null,
                from.offset(),
                appendTimeMs(record.timestamp()));
    }

    private long appendTimeMs(long timestamp) {
        return logAppendTime ? timestamp : firstSeenMs();
    }
}

package io.trueup.stream;

import io.trueup.avro.MalformedRecordException;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Reads the replica's writes topic. The broker's append time counts if the topic has it; otherwise, when it is read. */
final class WritesDecoder extends Decoder {

    private final WriteFormat format;
    private final boolean logAppendTime;

    WritesDecoder(WriteFormat format, boolean logAppendTime, DeadLetters deadLetters) {
        super(deadLetters);
        this.format = format;
        this.logAppendTime = logAppendTime;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        long timestamp = record.timestamp();
        long appendTimeMs = logAppendTime ? timestamp : nowMs();
        Observation seen =
                format.decode(record.key(), record.value(), record.headers(), timestamp, from.offset(), appendTimeMs);
        return input(seen, from.offset(), appendTimeMs);
    }

    private static Input input(Observation seen, long offset, long appendTimeMs) {
        if (seen instanceof Observation.Observed observed) {
            return new Input.Wrote(observed.write());
        }
        if (seen instanceof Observation.Scanned scanned) {
            return new Input.Scanned(scanned.write(), scanned.scan(), scanned.since());
        }
        if (seen instanceof Observation.ScanStarted started) {
            return new Input.ScanStarted(started.scan(), offset);
        }
        if (seen instanceof Observation.ScanEnded ended) {
            return new Input.ScanEnded(ended.scan(), ended.since(), ended.rows(), offset);
        }
        Observation.Progress progress = (Observation.Progress) seen;
        return new Input.Progressed(progress.positionMs(), appendTimeMs, offset);
    }

    @Override
    Input skipped(RecordMetadata from) {
        return new Input.SkippedWrite(from.offset());
    }
}

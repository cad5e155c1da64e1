package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.stream.record.Input;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * Reads the replica's writes topic. The append time is the broker's where the topic has log append time, and otherwise the
 * time at which the record is read.
 */
public final class WritesDecoder extends Decoder {

    private final WriteFormat format;
    private final boolean logAppendTime;

    public WritesDecoder(WriteFormat format, boolean logAppendTime, DeadLetters deadLetters) {
        super(deadLetters);
        this.format = format;
        this.logAppendTime = logAppendTime;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        long timestamp = record.timestamp();
        long appendTimeMs = logAppendTime ? timestamp : nowMs();
        Observation observation =
                format.decode(record.key(), record.value(), record.headers(), timestamp, from.offset(), appendTimeMs);
        return new Input.FromWrites(observation, from.offset(), appendTimeMs);
    }

    @Override
    Input skipped(RecordMetadata from) {
        return new Input.SkippedWrite(from.offset());
    }
}

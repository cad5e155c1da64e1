package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.repair.RepairFormat;
import io.trueup.stream.record.Input;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Reads the replica's own repair topic, so that its reconciler knows which repairs the replica should answer. */
public final class RepairsDecoder extends Decoder {

    private final RepairFormat format;

    public RepairsDecoder(RepairFormat format, DeadLetters deadLetters) {
        super(deadLetters);
        this.format = format;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        return new Input.RepairSent(format.decode(record.key(), record.value(), record.headers()));
    }
}

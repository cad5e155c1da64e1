package io.trueup.stream.decode;

import io.trueup.avro.MalformedRecordException;
import io.trueup.stream.record.Input;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Reads the observations topic. Only the record key counts; the value may be anything. */
public final class ObservationsDecoder extends Decoder {

    public ObservationsDecoder(DeadLetters deadLetters) {
        super(deadLetters);
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        if (record.key() == null) {
            throw new MalformedRecordException("a read observation needs the key that was read as its record key");
        }
        return new Input.ReadObservation(record.key());
    }
}

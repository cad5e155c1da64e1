package io.trueup.stream;

import io.trueup.avro.MalformedRecordException;
import io.trueup.repair.RepairFormat;
import io.trueup.repair.SentRepair;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Reads the replica's own repair topic: what it is told, so that its reconciler sees the answer. */
final class RepairsDecoder extends Decoder {

    private final RepairFormat format;

    RepairsDecoder(RepairFormat format, DeadLetters deadLetters) {
        super(deadLetters);
        this.format = format;
    }

    @Override
    Input decode(Record<byte[], byte[]> record, RecordMetadata from) throws MalformedRecordException {
        SentRepair sent = format.decode(record.key(), record.value(), record.headers());
        return new Input.RepairSeen(sent.id(), sent.version(), sent.deleted(), sent.validUntilMs());
    }
}

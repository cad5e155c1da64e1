package io.trueup.replica.format;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Write events as plain records: key and value as stored, a null value for a delete, everything else in headers. Version vectors are not sent. */
final class PlainWriteEvents implements WriteEvents {

    private final String topic;

    PlainWriteEvents(String topic) {
        this.topic = topic;
    }

    @Override
    public ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, entry.partition(), entry.key(), entry.value());
        record.headers()
                .add(HeaderNames.VERSION, PlainHeaders.bytes(entry.version()))
                .add(HeaderNames.POSITION, PlainHeaders.bytes(entry.positionMs()));
        if (entry.expiryMs() != StoredEntry.NEVER) {
            record.headers().add(HeaderNames.EXPIRY, PlainHeaders.bytes(entry.expiryMs()));
        }
        if (repairId != null) {
            record.headers().add(HeaderNames.REPAIR_ID, PlainHeaders.bytes(repairId));
        }
        return record;
    }

    @Override
    public ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, HeaderNames.progressKey(), null);
        record.headers().add(HeaderNames.PROGRESS, PlainHeaders.bytes(positionMs));
        return record;
    }
}

package io.trueup.replica;

import org.apache.kafka.clients.producer.ProducerRecord;

/** Write events as plain records: key and value as they are stored, null for a delete, the rest in headers. */
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
                .add(PlainHeaders.VERSION, PlainHeaders.bytes(entry.version()))
                .add(PlainHeaders.POSITION, PlainHeaders.bytes(entry.positionMs()));
        if (entry.expiryMs() != StoredEntry.NEVER) {
            record.headers().add(PlainHeaders.EXPIRY, PlainHeaders.bytes(entry.expiryMs()));
        }
        if (repairId != null) {
            record.headers().add(PlainHeaders.REPAIR_ID, PlainHeaders.bytes(repairId));
        }
        return record;
    }

    @Override
    public ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, WriteEvents.progressKey(), null);
        record.headers().add(PlainHeaders.PROGRESS, PlainHeaders.bytes(positionMs));
        return record;
    }
}

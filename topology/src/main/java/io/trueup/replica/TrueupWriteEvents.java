package io.trueup.replica;

import io.trueup.avro.RecordCodec;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Write events as Avro {@link WriteEvent} and {@link ProgressEvent}. */
final class TrueupWriteEvents implements WriteEvents {

    private final String topic;
    private final RecordCodec<SpecificRecord> codec;

    TrueupWriteEvents(String topic, RecordCodec<SpecificRecord> codec) {
        this.topic = topic;
        this.codec = codec;
    }

    @Override
    public ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId) {
        WriteEvent event = new WriteEvent();
        event.setVersion(entry.version());
        event.setVector(
                entry.vector() == null ? null : Map.copyOf(entry.vector().counters()));
        event.setPosition(entry.positionMs());
        event.setDeleted(entry.deleted());
        event.setValue(entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        event.setExpiry(entry.expiryMs() == StoredEntry.NEVER ? null : entry.expiryMs());
        event.setRepairId(repairId);
        return new ProducerRecord<>(topic, entry.partition(), entry.key(), codec.encode(topic, event));
    }

    @Override
    public ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
        return new ProducerRecord<>(
                topic, partition, HeaderNames.progressKey(), codec.encode(topic, new ProgressEvent(positionMs)));
    }
}

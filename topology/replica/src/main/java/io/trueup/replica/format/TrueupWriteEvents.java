package io.trueup.replica.format;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Write events as Avro {@link WriteEvent} and {@link ProgressEvent}, scans as {@link ScanMarker} and {@link ScanEvent}. */
public final class TrueupWriteEvents implements WriteEvents {

    private final String topic;
    private final RecordCodec<SpecificRecord> codec;

    /**
     * @param topic the writes topic
     * @param codecs write its records
     */
    public TrueupWriteEvents(String topic, RecordCodecs codecs) {
        this.topic = topic;
        this.codec = codecs.anyOf(List.of(WriteEvent.class, ProgressEvent.class, ScanEvent.class, ScanMarker.class));
    }

    @Override
    public void prepare() {
        codec.prepare(topic);
    }

    @Override
    public ProducerRecord<byte[], byte[]> write(StoredEntry entry, String repairId) {
        WriteEvent event = new WriteEvent();
        event.setVersion(entry.version());
        event.setVector(counters(entry));
        event.setPosition(entry.positionMs());
        event.setDeleted(entry.deleted());
        event.setValue(entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        event.setExpiry(expiry(entry));
        event.setRepairId(repairId);
        return new ProducerRecord<>(topic, entry.partition(), entry.key(), codec.encode(topic, event));
    }

    @Override
    public ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
        return new ProducerRecord<>(
                topic, partition, HeaderNames.progressKey(), codec.encode(topic, new ProgressEvent(positionMs)));
    }

    /** The start marker of a scan: the rows of this partition are read from now on. */
    public ProducerRecord<byte[], byte[]> scanStart(int partition, String scan) {
        return marker(partition, new ScanMarker(scan, ScanMarkerKind.START, -1L, 0L));
    }

    /**
     * The scan event "the scan has found this row".
     *
     * @param since offset of the start marker
     */
    public ProducerRecord<byte[], byte[]> scanned(StoredEntry row, String scan, long since) {
        ScanEvent event = new ScanEvent();
        event.setScan(scan);
        event.setSince(since);
        event.setVersion(row.version());
        event.setVector(counters(row));
        event.setPosition(row.positionMs());
        event.setDeleted(row.deleted());
        event.setValue(row.deleted() ? null : ByteBuffer.wrap(row.value()));
        event.setExpiry(expiry(row));
        return new ProducerRecord<>(topic, row.partition(), row.key(), codec.encode(topic, event));
    }

    /**
     * The end marker of a scan: all rows of this partition were sent.
     *
     * @param since offset of the start marker
     * @param rows how many rows were sent
     */
    public ProducerRecord<byte[], byte[]> scanEnd(int partition, String scan, long since, long rows) {
        return marker(partition, new ScanMarker(scan, ScanMarkerKind.END, since, rows));
    }

    private ProducerRecord<byte[], byte[]> marker(int partition, ScanMarker marker) {
        return new ProducerRecord<>(topic, partition, HeaderNames.scanKey(), codec.encode(topic, marker));
    }

    private static Map<String, Long> counters(StoredEntry entry) {
        return entry.vector() == null ? null : entry.vector().counters();
    }

    private static Long expiry(StoredEntry entry) {
        return entry.expiryMs() == StoredEntry.NEVER ? null : Long.valueOf(entry.expiryMs());
    }
}

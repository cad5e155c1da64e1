package io.trueup.datastore;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.ProgressEvent;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The records of a writes topic. Record timestamps are left to the producer: they are the time of sending, so that retention does not
 * remove the events of old writes at once. Thread-safe.
 */
final class EventRecords {

    private static final int MAX_KEY_BYTES = 16 * 1024;
    private static final int MAX_VECTOR_BYTES = 16 * 1024;

    private final String topic;
    private final RecordLayout layout;
    private final RecordCodec<SpecificRecord> codec;

    EventRecords(String topic, RecordLayout layout, RecordCodecs codecs) {
        this.topic = topic;
        this.layout = layout;
        codec = codecs.anyOf(List.of(WriteEvent.class, ProgressEvent.class, ScanEvent.class, ScanMarker.class));
        codec.prepare(topic);
    }

    /**
     * "The replica now holds this entry".
     *
     * @param repairId the id of the repair that the event answers, or null
     * @throws IllegalArgumentException if the contract or the layout has no such event
     */
    ProducerRecord<byte[], byte[]> write(Key key, Entry entry, String repairId) {
        check(key, entry);
        if (layout == RecordLayout.PLAIN) {
            return plain(key, entry, repairId);
        }
        WriteEvent event = new WriteEvent();
        event.setVersion(entry.version());
        event.setVector(counters(entry));
        event.setPosition(entry.positionMs());
        event.setDeleted(entry.deleted());
        event.setValue(buffer(entry.value()));
        event.setValueDigest(buffer(entry.valueDigest()));
        event.setExpiry(expiry(entry));
        event.setRepairId(repairId);
        return new ProducerRecord<>(topic, key.partition(), key.bytes(), codec.encode(topic, event));
    }

    /** "Every write of the partition up to this position is applied". */
    ProducerRecord<byte[], byte[]> progress(int partition, long positionMs) {
        if (positionMs < 0) {
            throw new IllegalArgumentException("a position must not be before 1970: " + positionMs);
        }
        byte[] key = HeaderNames.progressKey();
        if (layout == RecordLayout.TRUEUP) {
            return new ProducerRecord<>(topic, partition, key, codec.encode(topic, new ProgressEvent(positionMs)));
        }
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, partition, key, null);
        add(record, HeaderNames.PROGRESS, Long.toString(positionMs));
        return record;
    }

    /** @throws IllegalArgumentException if the layout has no scans */
    ProducerRecord<byte[], byte[]> scanStart(int partition, String scan) {
        if (layout == RecordLayout.PLAIN) {
            throw new IllegalArgumentException(
                    "the plain layout has no scans: write " + topic + " in the layout TRUEUP");
        }
        return marker(partition, new ScanMarker(scan, ScanMarkerKind.START, -1L, 0L));
    }

    /**
     * "The scan has found this row".
     *
     * @param since offset of the start marker
     */
    ProducerRecord<byte[], byte[]> scanned(Key key, Entry row, String scan, long since) {
        check(key, row);
        ScanEvent event = new ScanEvent();
        event.setScan(scan);
        event.setSince(since);
        event.setVersion(row.version());
        event.setVector(counters(row));
        event.setPosition(row.positionMs());
        event.setDeleted(row.deleted());
        event.setValue(buffer(row.value()));
        event.setValueDigest(buffer(row.valueDigest()));
        event.setExpiry(expiry(row));
        return new ProducerRecord<>(topic, key.partition(), key.bytes(), codec.encode(topic, event));
    }

    /**
     * "All rows of the partition were sent".
     *
     * @param since offset of the start marker
     */
    ProducerRecord<byte[], byte[]> scanEnd(int partition, String scan, long since, long rows) {
        return marker(partition, new ScanMarker(scan, ScanMarkerKind.END, since, rows));
    }

    private ProducerRecord<byte[], byte[]> marker(int partition, ScanMarker marker) {
        return new ProducerRecord<>(topic, partition, HeaderNames.scanKey(), codec.encode(topic, marker));
    }

    private ProducerRecord<byte[], byte[]> plain(Key key, Entry entry, String repairId) {
        if (entry.vector() != null || !entry.deleted() && entry.value() == null) {
            throw new IllegalArgumentException("the plain layout has neither version vectors nor digests: write "
                    + topic + " in the layout TRUEUP");
        }
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, key.partition(), key.bytes(), entry.value());
        add(record, HeaderNames.VERSION, Long.toString(entry.version()));
        add(record, HeaderNames.POSITION, Long.toString(entry.positionMs()));
        if (expiry(entry) != null) {
            add(record, HeaderNames.EXPIRY, Long.toString(entry.expiryMs()));
        }
        if (repairId != null) {
            add(record, HeaderNames.REPAIR_ID, repairId);
        }
        return record;
    }

    private static void check(Key key, Entry entry) {
        byte[] bytes = key.bytes();
        if (bytes.length > MAX_KEY_BYTES) {
            throw new IllegalArgumentException("a key has at most " + MAX_KEY_BYTES + " bytes, not " + bytes.length);
        }
        if (Arrays.equals(bytes, HeaderNames.progressKey()) || Arrays.equals(bytes, HeaderNames.scanKey())) {
            throw new IllegalArgumentException("the key is reserved for progress events and scan markers");
        }
        if (entry.vector() != null && entry.vector().maxBytes() > MAX_VECTOR_BYTES) {
            throw new IllegalArgumentException(
                    "the vector has " + entry.vector().counters().size()
                            + " counters; they and their names must fit into " + MAX_VECTOR_BYTES + " bytes");
        }
    }

    private static void add(ProducerRecord<byte[], byte[]> record, String name, String text) {
        record.headers().add(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, Long> counters(Entry entry) {
        return entry.vector() == null ? null : entry.vector().counters();
    }

    private static Long expiry(Entry entry) {
        return entry.deleted() || entry.expiryMs() == Entry.NEVER ? null : Long.valueOf(entry.expiryMs());
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }
}

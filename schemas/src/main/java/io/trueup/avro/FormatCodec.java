package io.trueup.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** Reads another {@link RecordFormat} and the single-object encoding, and writes one of them. Thread-safe. */
final class FormatCodec<T extends SpecificRecord> implements RecordCodec<T> {

    /** Enough for a record of these schemas whose fields are all zero, null, or empty. */
    private static final int SMALLEST_RECORD_BYTES = 1024;

    private final RecordTypes types;
    private final SingleObjectCodec<T> singleObject;
    private final RecordFormat format;
    private final Encoding writes;
    private final Map<Schema, RecordType.Reader> readers = new ConcurrentHashMap<>();
    private final Set<String> prepared = ConcurrentHashMap.newKeySet();

    FormatCodec(RecordTypes types, SingleObjectCodec<T> singleObject, RecordFormat format, Encoding writes) {
        this.types = types;
        this.singleObject = singleObject;
        this.format = format;
        this.writes = writes;
    }

    @Override
    public byte[] encode(String topic, T record) {
        types.typeOf(record);
        return writes == Encoding.SINGLE_OBJECT ? singleObject.encode(topic, record) : format.write(topic, record);
    }

    @Override
    public T decode(String topic, byte[] bytes) throws MalformedRecordException {
        if (bytes == null || SingleObjectCodec.isMarked(bytes)) {
            return singleObject.decode(topic, bytes);
        }
        IndexedRecord record = format.read(topic, bytes);
        RecordType type = types.named(record.getSchema().getFullName());
        if (type == null) {
            throw new MalformedRecordException(
                    "a record of " + record.getSchema().getFullName() + "; expected " + types.expected());
        }
        @SuppressWarnings("unchecked")
        T typed = (T) (types.byClass().get(record.getClass()) == type ? record : converted(record, type));
        return typed;
    }

    private Object converted(IndexedRecord record, RecordType type) throws MalformedRecordException {
        RecordType.Reader reader = readers.get(record.getSchema());
        if (reader == null) {
            String refusal = type.refusal(record.getSchema());
            if (refusal != null) {
                throw new MalformedRecordException(refusal);
            }
            reader = type.reader(record.getSchema());
            readers.put(record.getSchema(), reader);
        }
        return reader.read(binary(record), 0);
    }

    /** Returns a record in Avro's binary form. */
    static byte[] binary(IndexedRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        try {
            new GenericDatumWriter<IndexedRecord>(record.getSchema(), new SpecificData()).write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** By a record of each type, with which a serializer can ask its registry for what it needs. */
    @Override
    public void prepare(String topic) {
        if (writes == Encoding.REGISTRY && !prepared.contains(topic)) {
            types.byClass().values().forEach(type -> format.prepare(topic, type.smallest(SMALLEST_RECORD_BYTES)));
            prepared.add(topic);
        }
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        return bytes == null || SingleObjectCodec.isMarked(bytes) || format.isReady(topic, bytes);
    }
}

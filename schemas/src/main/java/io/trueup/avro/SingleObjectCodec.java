package io.trueup.avro;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro's single-object encoding: the bytes C3 01, the 64-bit fingerprint of the writer's schema in little-endian order,
 * then the record in Avro's binary form. It needs no registry: a reader knows the current schemas, their released versions, which
 * lie beside the generated classes, and the older schemas that it is given.
 *
 * <p>Thread-safe. The topic is ignored.
 *
 * @param <T> the generated class, or {@link SpecificRecord} for a topic that has records of several classes
 * @see <a href="https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding">the specification</a>
 */
public final class SingleObjectCodec<T extends SpecificRecord> implements RecordCodec<T> {

    /** Size of marker and fingerprint. */
    static final int HEADER_BYTES = 10;

    private static final byte MARKER_0 = (byte) 0xC3;
    private static final byte MARKER_1 = (byte) 0x01;

    private final RecordTypes types;
    private final Map<Class<?>, byte[]> headers = new HashMap<>();
    private final Map<Long, RecordType.Reader> readers = new HashMap<>();

    private SingleObjectCodec(RecordTypes types, Collection<Schema> older) {
        this.types = types;
        types.byClass().forEach((type, recordType) -> {
            readers.put(fingerprint(recordType.schema()), recordType.reader(recordType.schema()));
            headers.put(type, header(recordType.schema()));
            recordType.released().forEach(this::addOlder);
        });
        older.forEach(this::addOlder);
    }

    /**
     * A codec for topics that have one type of record.
     *
     * @param type a generated class
     * @param older earlier versions of its schema that may still be in topics
     * @throws IllegalArgumentException if an earlier version cannot be read as the current one
     */
    public static <T extends SpecificRecord> SingleObjectCodec<T> of(Class<T> type, Schema... older) {
        return new SingleObjectCodec<>(new RecordTypes(List.of(type)), List.of(older));
    }

    /**
     * A codec for topics that have several types of record. A decoded record is an instance of one of them.
     *
     * @param types generated classes, at least one
     * @param older earlier versions of their schemas that may still be in topics, distinguished by their full names
     * @throws IllegalArgumentException if there are no types, or if an earlier version belongs to none of the types or cannot be
     *     read as the current one
     */
    public static SingleObjectCodec<SpecificRecord> anyOf(
            Collection<? extends Class<? extends SpecificRecord>> types, Collection<Schema> older) {
        return new SingleObjectCodec<>(new RecordTypes(types), older);
    }

    /** A codec of these types and their released versions. */
    static <T extends SpecificRecord> SingleObjectCodec<T> of(RecordTypes types) {
        return new SingleObjectCodec<>(types, List.of());
    }

    /** Whether bytes begin as a record of this encoding. */
    static boolean isMarked(byte[] bytes) {
        return bytes != null && bytes.length >= 2 && bytes[0] == MARKER_0 && bytes[1] == MARKER_1;
    }

    @Override
    public byte[] encode(String topic, T record) {
        return types.typeOf(record).write(headers.get(record.getClass()), record);
    }

    @Override
    public T decode(String topic, byte[] bytes) throws MalformedRecordException {
        RecordType.Reader reader = readers.get(fingerprintOf(bytes));
        if (reader == null) {
            throw new MalformedRecordException("written with an unknown schema, fingerprint "
                    + HexFormat.of().formatHex(bytes, 2, HEADER_BYTES) + "; expected " + types.expected()
                    + " in a version that this release knows");
        }
        @SuppressWarnings("unchecked")
        T record = (T) reader.read(bytes, HEADER_BYTES);
        return record;
    }

    private long fingerprintOf(byte[] bytes) throws MalformedRecordException {
        if (bytes == null) {
            throw new MalformedRecordException("no value; expected " + types.expected());
        }
        if (WireFormat.isMarked(bytes)) {
            throw new MalformedRecordException("in the wire format of a schema registry, with schema id "
                    + WireFormat.id(bytes) + ", and no registry is configured (schema.registry.url); expected "
                    + types.expected());
        }
        if (bytes.length >= 2 && !isMarked(bytes)) {
            throw new MalformedRecordException("not in Avro's single-object encoding: starts with "
                    + HexFormat.of().formatHex(bytes, 0, 2) + " instead of c301; expected " + types.expected());
        }
        if (bytes.length < HEADER_BYTES) {
            throw new MalformedRecordException("too short for Avro's single-object encoding: " + bytes.length
                    + " bytes, the header alone has " + HEADER_BYTES + "; expected " + types.expected());
        }
        return littleEndian(bytes).getLong(2);
    }

    private void addOlder(Schema schema) {
        RecordType type = types.named(schema.getFullName());
        if (type == null) {
            throw new IllegalArgumentException(
                    "schema " + schema.getFullName() + " belongs to none of " + types.names());
        }
        String incompatibility = type.incompatibility(schema);
        if (incompatibility != null) {
            throw new IllegalArgumentException("records of an older " + schema.getFullName()
                    + " cannot be read as the current one: " + incompatibility);
        }
        readers.putIfAbsent(fingerprint(schema), type.reader(schema));
    }

    private static byte[] header(Schema schema) {
        byte[] header = new byte[HEADER_BYTES];
        littleEndian(header).put(MARKER_0).put(MARKER_1).putLong(fingerprint(schema));
        return header;
    }

    private static long fingerprint(Schema schema) {
        return SchemaNormalization.parsingFingerprint64(schema);
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}

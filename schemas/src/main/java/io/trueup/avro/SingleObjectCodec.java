package io.trueup.avro;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.FastReaderBuilder;
import org.apache.avro.specific.SpecificData;
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

    private final Map<Class<?>, Writer> writers = new HashMap<>();
    private final Map<Long, Reader> readers = new HashMap<>();
    private final String known;

    private SingleObjectCodec(Collection<? extends Class<? extends T>> types, Collection<Schema> older) {
        Map<String, Reader> current = new HashMap<>();
        for (Class<? extends T> type : types) {
            SpecificData data = new SchemaClasses(type.getClassLoader());
            Schema schema = data.getSchema(type);
            Reader reader = Reader.of(data, schema, schema);
            readers.put(fingerprint(schema), reader);
            writers.put(type, Writer.of(data, schema));
            current.put(schema.getFullName(), reader);
            released(type).forEach(version -> addOlder(version, current));
        }
        older.forEach(schema -> addOlder(schema, current));
        known = current.keySet().stream()
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .sorted()
                .collect(Collectors.joining(" or "));
    }

    /**
     * A codec for topics that have one type of record.
     *
     * @param type a generated class
     * @param older earlier versions of its schema that may still be in topics
     * @throws IllegalArgumentException if an earlier version cannot be read as the current one
     */
    public static <T extends SpecificRecord> SingleObjectCodec<T> of(Class<T> type, Schema... older) {
        return new SingleObjectCodec<>(List.of(type), List.of(older));
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
        if (types.isEmpty()) {
            throw new IllegalArgumentException("a codec needs at least one type of record");
        }
        return new SingleObjectCodec<>(types, older);
    }

    @Override
    public byte[] encode(String topic, T record) {
        Writer writer = writers.get(record.getClass());
        if (writer == null) {
            throw new IllegalArgumentException(
                    "expected " + known + ", not " + record.getClass().getName());
        }
        return writer.write(record);
    }

    @Override
    public T decode(String topic, byte[] bytes) throws MalformedRecordException {
        Reader reader = readers.get(fingerprintOf(bytes));
        if (reader == null) {
            throw new MalformedRecordException("written with an unknown schema, fingerprint "
                    + HexFormat.of().formatHex(bytes, 2, HEADER_BYTES) + "; expected " + known
                    + " in a version that this release knows");
        }
        @SuppressWarnings("unchecked")
        T record = (T) reader.read(bytes);
        return record;
    }

    /** The released versions of a schema, the current one included. */
    private static List<Schema> released(Class<?> type) {
        List<Schema> versions = new ArrayList<>();
        for (int version = 1; ; version++) {
            try (InputStream in =
                    type.getResourceAsStream("history/" + type.getSimpleName() + "/" + version + ".avsc")) {
                if (in == null) {
                    return versions;
                }
                versions.add(new SchemaParser().parse(in).mainSchema());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private long fingerprintOf(byte[] bytes) throws MalformedRecordException {
        if (bytes == null) {
            throw new MalformedRecordException("no value; expected " + known);
        }
        if (bytes.length >= 2 && (bytes[0] != MARKER_0 || bytes[1] != MARKER_1)) {
            throw new MalformedRecordException("not in Avro's single-object encoding: starts with "
                    + HexFormat.of().formatHex(bytes, 0, 2) + " instead of c301; expected " + known);
        }
        if (bytes.length < HEADER_BYTES) {
            throw new MalformedRecordException("too short for Avro's single-object encoding: " + bytes.length
                    + " bytes, the header alone has " + HEADER_BYTES + "; expected " + known);
        }
        return littleEndian(bytes).getLong(2);
    }

    private void addOlder(Schema schema, Map<String, Reader> current) {
        Reader reader = current.get(schema.getFullName());
        if (reader == null) {
            throw new IllegalArgumentException(
                    "schema " + schema.getFullName() + " belongs to none of " + current.keySet());
        }
        var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(reader.schema(), schema);
        if (compatibility.getType() != SchemaCompatibilityType.COMPATIBLE) {
            throw new IllegalArgumentException("records of an older " + schema.getFullName()
                    + " cannot be read as the current one: " + compatibility.getDescription());
        }
        readers.putIfAbsent(fingerprint(schema), Reader.of(reader.data(), schema, reader.schema()));
    }

    private static long fingerprint(Schema schema) {
        return SchemaNormalization.parsingFingerprint64(schema);
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private record Writer(DatumWriter<Object> writer, byte[] header, String name) {

        @SuppressWarnings("unchecked")
        static Writer of(SpecificData data, Schema schema) {
            byte[] header = new byte[HEADER_BYTES];
            littleEndian(header).put(MARKER_0).put(MARKER_1).putLong(fingerprint(schema));
            return new Writer(data.createDatumWriter(schema), header, schema.getName());
        }

        byte[] write(Object record) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(128);
            out.writeBytes(header);
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
            try {
                writer.write(record, encoder);
                encoder.flush();
            } catch (IOException | RuntimeException e) {
                throw new IllegalArgumentException("cannot encode this " + name + ": " + e.getMessage(), e);
            }
            return out.toByteArray();
        }
    }

    /** Reads from an array, never from a stream: only for arrays does Avro check each length against the bytes that are left. */
    private record Reader(DatumReader<Object> reader, SpecificData data, Schema schema) {

        static Reader of(SpecificData data, Schema writer, Schema reader) {
            try {
                return new Reader(new FastReaderBuilder(data).createDatumReader(writer, reader), data, reader);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Object read(byte[] bytes) throws MalformedRecordException {
            BinaryDecoder decoder =
                    DecoderFactory.get().binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, null);
            try {
                Object record = reader.read(null, decoder);
                if (decoder.remainingBytes() > 0) {
                    throw new MalformedRecordException(
                            decoder.remainingBytes() + " bytes too many after the " + schema.getName());
                }
                return record;
            } catch (EOFException e) {
                throw new MalformedRecordException(
                        "ends in the middle of the " + schema.getName() + ", after " + bytes.length + " bytes", e);
            } catch (IOException | RuntimeException e) {
                throw new MalformedRecordException("not a valid " + schema.getName() + ": " + e.getMessage(), e);
            }
        }
    }
}

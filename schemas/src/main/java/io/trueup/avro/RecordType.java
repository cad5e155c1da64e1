package io.trueup.avro;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.FastReaderBuilder;
import org.apache.avro.specific.SpecificData;

/**
 * A generated class: writes its records, and reads them as they were written by any schema that its own can read. Immutable and
 * thread-safe.
 */
final class RecordType {

    /** The types whose records have a MAC. By name: this package knows no generated class. */
    private static final Set<String> AUTHENTICATED =
            Set.of("io.trueup.schema.ControlMessage", "io.trueup.schema.RoundReport");

    private final SpecificData data;
    private final Schema schema;
    private final List<Schema> released;
    private final DatumWriter<Object> writer;

    private RecordType(SpecificData data, Schema schema, List<Schema> released) {
        this.data = data;
        this.schema = schema;
        this.released = released;
        @SuppressWarnings("unchecked")
        DatumWriter<Object> datumWriter = data.createDatumWriter(schema);
        this.writer = datumWriter;
    }

    static RecordType of(Class<?> type) {
        SpecificData data = new SchemaClasses(type.getClassLoader());
        return new RecordType(data, data.getSchema(type), releasedOf(type));
    }

    /** The name without its namespace. */
    String name() {
        return schema.getName();
    }

    String fullName() {
        return schema.getFullName();
    }

    /** The schema by which records are written. */
    Schema schema() {
        return schema;
    }

    /** The released versions, the oldest first. */
    List<Schema> released() {
        return released;
    }

    /** The schema by which records are written, as it is in its file: without properties that matter for Java alone. */
    Schema published() {
        return released.isEmpty() ? schema : released.get(released.size() - 1);
    }

    /** Returns why records of a schema cannot be read as this type, or null if they can be. */
    String incompatibility(Schema written) {
        var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(schema, written);
        return compatibility.getType() == SchemaCompatibilityType.COMPATIBLE ? null : compatibility.getDescription();
    }

    /**
     * Returns why records of a schema are not read as this type, or null if they are.
     *
     * @param written a schema by whoever may register one
     */
    String refusal(Schema written) {
        String incompatibility = incompatibility(written);
        if (incompatibility != null) {
            return "a version of " + name() + " that this release cannot read: " + incompatibility;
        }
        if (EndlessArrays.isIn(written)) {
            return "a version of " + name()
                    + " with an array of items that take no bytes: a few bytes could be read for days";
        }
        if (AUTHENTICATED.contains(schema.getFullName()) && !isReleased(written)) {
            return "no released version of " + name()
                    + ": a MAC covers the bytes, and so only schemas that every release knows may say what they mean";
        }
        return null;
    }

    private boolean isReleased(Schema written) {
        return isCurrent(written) || released.stream().anyMatch(version -> isSame(version, written));
    }

    private static boolean isSame(Schema one, Schema other) {
        return SchemaNormalization.toParsingForm(one).equals(SchemaNormalization.toParsingForm(other));
    }

    /** Whether records of a schema are the same bytes as those that are written. */
    boolean isCurrent(Schema written) {
        return isSame(schema, written);
    }

    /**
     * Reads records of a schema.
     *
     * @param written a schema that is compatible
     */
    Reader reader(Schema written) {
        try {
            return new Reader(this, new FastReaderBuilder(data).createDatumReader(written, schema));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns a record from zeros: numbers are 0, texts and lists are empty, and of a union the first type is taken.
     *
     * @param zeros how many bytes such a record may take
     */
    IndexedRecord smallest(int zeros) {
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[zeros], null);
        try {
            return (IndexedRecord) reader(schema).reader().read(null, decoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns a header and the record after it.
     *
     * @throws IllegalArgumentException if the record is incomplete
     */
    byte[] write(byte[] header, Object record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        out.writeBytes(header);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        try {
            writer.write(record, encoder);
            encoder.flush();
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("cannot encode this " + name() + ": " + e.getMessage(), e);
        }
        return out.toByteArray();
    }

    private static List<Schema> releasedOf(Class<?> type) {
        List<Schema> versions = new ArrayList<>();
        for (int version = 1; ; version++) {
            try (InputStream in =
                    type.getResourceAsStream("history/" + type.getSimpleName() + "/" + version + ".avsc")) {
                if (in == null) {
                    return List.copyOf(versions);
                }
                versions.add(new SchemaParser().parse(in).mainSchema());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Reads records of one schema. Reads from an array, never from a stream: only for arrays does Avro check each length against the
     * bytes that are left.
     */
    record Reader(RecordType type, DatumReader<Object> reader) {

        /**
         * Reads the record after a header.
         *
         * @throws MalformedRecordException if there is no record, or more than a record
         */
        Object read(byte[] bytes, int headerBytes) throws MalformedRecordException {
            BinaryDecoder decoder =
                    DecoderFactory.get().binaryDecoder(bytes, headerBytes, bytes.length - headerBytes, null);
            try {
                Object record = reader.read(null, decoder);
                if (decoder.remainingBytes() > 0) {
                    throw new MalformedRecordException(
                            decoder.remainingBytes() + " bytes too many after the " + type.name());
                }
                return record;
            } catch (EOFException e) {
                throw new MalformedRecordException(
                        "ends in the middle of the " + type.name() + ", after " + bytes.length + " bytes", e);
            } catch (IOException | RuntimeException e) {
                throw new MalformedRecordException("not a valid " + type.name() + ": " + e.getMessage(), e);
            }
        }
    }
}

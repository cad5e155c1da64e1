package io.trueup.source.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.WrittenRecords;
import io.trueup.avro.WrittenRecords.Written;
import io.trueup.source.avro.AvroLeaves;
import io.trueup.source.avro.AvroReader;
import java.util.List;
import java.util.Optional;

/**
 * Reads Avro records of any type as documents, by the schemas by which they were written. Of a schema counts what its records say: names
 * of fields and values, and not the order of fields, defaults, aliases, or the names of types.
 *
 * <ul>
 *   <li>A record or a map is an object, an array an array, and a union the value of its branch.
 *   <li>int, long, float, double and decimals are numbers, whatever their type, and times and timestamps the number of their
 *       milliseconds.
 *   <li>A string, an enum and a UUID are texts. Bytes, fixed and numbers that are none (NaN, infinite) are texts that no string is.
 * </ul>
 *
 * Thread-safe.
 */
public final class AvroDocuments {

    /** Text that begins with half of a surrogate pair, which no string in UTF-8 can have, stands for what is no text. */
    public static final char NO_TEXT = '\uD800';

    private static final AvroLeaves LEAVES = new DocumentLeaves();

    private final WrittenRecords records;

    /** @throws IllegalStateException if the codecs have no registry */
    public AvroDocuments(RecordCodecs codecs) {
        records = codecs.written();
    }

    /** Returns the document that a value is as JSON, with its members in order of their names; see {@link #read}. */
    public Optional<byte[]> json(String topic, byte[] value) throws MalformedRecordException {
        return read(topic, value).map(new CanonicalJson(List.of())::form);
    }

    /**
     * Returns the document that a value is.
     *
     * @param topic the topic of the record
     * @return empty where there is none, so that only the bytes can be compared: they do not begin as a record of a registry, or a map has a
     *     key twice, or the value is nested deeper than {@value AvroReader#MAX_DEPTH} levels or has countless elements of no bytes
     * @throws MalformedRecordException if there is no schema by which it could have been written, or it is no record of this schema
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer; never while the value
     *     {@link #isReady}
     */
    Optional<JsonNode> read(String topic, byte[] value) throws MalformedRecordException {
        Optional<Written> record = records.find(topic, value);
        return record.isPresent() ? AvroReader.read(record.get(), LEAVES) : Optional.empty();
    }

    /** Whether a value can be read, or is malformed, without a further answer of a registry. Never waits. */
    boolean isReady(String topic, byte[] value) {
        return value == null || records.isReady(topic, value);
    }
}

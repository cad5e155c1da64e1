package io.trueup.source.canonical;

import com.fasterxml.jackson.core.JsonPointer;
import io.trueup.avro.RecordCodecs;
import io.trueup.source.DebeziumFormat;
import io.trueup.source.WriteFormat;
import io.trueup.tree.KeyedHash;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What of a value is digested. Immutable.
 *
 * @param kind the bytes as they are, or a canonical form
 * @param ignored members that are left out of the canonical form, in the order of their text; empty for the bytes
 */
public record ValueForm(Kind kind, List<JsonPointer> ignored) {

    /** The bytes as they are. */
    public static final ValueForm BYTES = new ValueForm(Kind.NONE, List.of());

    /** What a digest covers. */
    public enum Kind {
        /** The bytes. */
        NONE,
        /** The JSON document that they encode; of other bytes, the bytes. */
        JSON,
        /** The Avro record that they encode, as {@link AvroDocuments} reads it; of other bytes, the bytes. */
        AVRO;

        /** The name in the configuration. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Returns the form of a configuration.
     *
     * @param kind label of a {@link Kind}
     * @param ignored JSON pointers (RFC 6901)
     * @throws IllegalArgumentException if one is none
     */
    public static ValueForm of(String kind, List<String> ignored) {
        return new ValueForm(
                Kind.valueOf(kind.toUpperCase(Locale.ROOT)),
                ignored.stream().distinct().sorted().map(JsonPointer::compile).toList());
    }

    /**
     * Returns a format that digests values in this form. It is not thread-safe, apart from {@link WriteFormat#isReady}, unless values are
     * digested as they are: then it is {@code format} itself.
     *
     * @param topic the writes topic
     * @param codecs know the registry of the values, if this is the form of records
     * @param hash the hash of the dataset
     */
    public WriteFormat applied(WriteFormat format, String topic, RecordCodecs codecs, KeyedHash hash) {
        if (kind == Kind.NONE) {
            return format;
        }
        CanonicalJson json = new CanonicalJson(ignored);
        if (format instanceof DebeziumFormat rows) {
            return rows.digesting(row -> hash.value(json.form(row)));
        }
        return new CanonicalFormat(format, kind == Kind.AVRO ? new CanonicalAvro(codecs, topic, ignored) : json, hash);
    }

    /** Returns a JSON document, or what {@link AvroDocuments} has read, in this form; itself where bytes are compared. */
    public byte[] formOf(byte[] document) {
        return kind == Kind.NONE ? document : new CanonicalJson(ignored).form(document);
    }

    /** A text that is the same for equal forms alone; empty for the bytes as they are. A list of settings has no commas in its items. */
    public String identity() {
        return kind == Kind.NONE
                ? ""
                : ignored.stream().map(JsonPointer::toString).collect(Collectors.joining(",", kind.label() + " ", ""));
    }
}

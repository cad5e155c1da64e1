package io.trueup.source.canonical;

import com.fasterxml.jackson.core.JsonPointer;
import io.trueup.source.DebeziumJsonFormat;
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
        JSON;

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
     * Returns a format that digests values in this form. It is not thread-safe, unless values are digested as they are: then it is
     * {@code format} itself.
     *
     * @param hash the hash of the dataset
     */
    public WriteFormat applied(WriteFormat format, KeyedHash hash) {
        if (kind == Kind.NONE) {
            return format;
        }
        CanonicalJson canonical = new CanonicalJson(ignored);
        return format instanceof DebeziumJsonFormat rows
                ? rows.digesting(row -> hash.value(canonical.form(row)))
                : new CanonicalFormat(format, canonical, hash);
    }

    /** Returns a value in this form; the value itself where its bytes are compared. */
    public byte[] formOf(byte[] value) {
        return kind == Kind.NONE ? value : new CanonicalJson(ignored).form(value);
    }

    /** A text that is the same for equal forms alone; empty for the bytes as they are. A list of settings has no commas in its items. */
    public String identity() {
        return kind == Kind.NONE
                ? ""
                : ignored.stream().map(JsonPointer::toString).collect(Collectors.joining(",", kind.label() + " ", ""));
    }
}

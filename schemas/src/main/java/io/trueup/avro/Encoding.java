package io.trueup.avro;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How records are written. Both are read, whichever is written. */
public enum Encoding {
    /** Avro's single-object encoding, which needs no registry. */
    SINGLE_OBJECT,
    /** The wire format of a registry, or of the user's serializer. */
    REGISTRY;

    /** The names, as in a configuration. */
    public static List<String> names() {
        return Arrays.stream(values()).map(Encoding::label).toList();
    }

    /** Returns the encoding of a name. */
    public static Encoding of(String name) {
        return valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    /** The name in a configuration. */
    public String label() {
        return name().replace('_', '-').toLowerCase(Locale.ROOT);
    }
}

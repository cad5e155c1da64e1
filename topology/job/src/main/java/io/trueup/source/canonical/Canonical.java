package io.trueup.source.canonical;

import io.trueup.avro.MalformedRecordException;
import java.util.function.Supplier;

/** A canonical form: values that are written in different ways and say the same have the same one. Implementations are thread-safe. */
interface Canonical {

    /**
     * Returns the form of a value. Values that say different things have different forms.
     *
     * @throws MalformedRecordException if what the value says cannot be read
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer; never while the value
     *     {@link #isReady}
     */
    byte[] form(byte[] value) throws MalformedRecordException;

    /**
     * Whether the form of a value is known, or the value is malformed, without a further answer of a registry. Never waits.
     *
     * @param value returns the value, or null
     */
    default boolean isReady(Supplier<byte[]> value) {
        return true;
    }
}

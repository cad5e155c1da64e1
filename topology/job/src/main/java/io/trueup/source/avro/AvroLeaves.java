package io.trueup.source.avro;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.avro.Schema;

/** Decides what the values of an Avro record that have no parts become in a document. Implementations are thread-safe. */
public interface AvroLeaves {

    /**
     * A string, or a key of a map.
     *
     * @param utf8 its bytes, whether they are UTF-8 or not
     * @return a text
     */
    JsonNode string(byte[] utf8);

    /**
     * Bytes or fixed, a decimal for instance.
     *
     * @param schema with the logical type
     */
    JsonNode binary(Schema schema, byte[] bytes);

    /**
     * An int or a long, a time for instance.
     *
     * @param schema with the logical type
     */
    JsonNode integer(Schema schema, long number);

    /** A float. */
    default JsonNode number(float number) {
        return number((double) number);
    }

    /** A double. */
    JsonNode number(double number);
}

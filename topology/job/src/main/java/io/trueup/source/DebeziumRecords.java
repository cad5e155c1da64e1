package io.trueup.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;

/** Reads keys and values of change events, in one encoding. Implementations are thread-safe. */
interface DebeziumRecords {

    /**
     * What a key or a value says.
     *
     * @param content as Connect's JSON converter writes it, without its schema; it may be changed
     * @param type what Connect's schema says of it; null if there is none
     */
    record Content(JsonNode content, ConnectType type) {}

    /**
     * Returns what a key says.
     *
     * @return null if it is not in this encoding
     * @throws MalformedRecordException if it is, and cannot be read
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    Content key(byte[] key) throws MalformedRecordException;

    /**
     * Returns the key of the dataset in a record key: equal for equal keys, whatever the schema by which they were written.
     *
     * @throws MalformedRecordException if it cannot be read
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    byte[] datasetKey(byte[] key) throws MalformedRecordException;

    /**
     * Returns what a value says.
     *
     * @throws MalformedRecordException if it is not in this encoding, or cannot be read
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    Content value(byte[] value) throws MalformedRecordException;

    /**
     * Whether key and value can be read, or are malformed, without a further answer of a registry. If not, it is asked meanwhile. Never
     * waits.
     *
     * @param key record key, or null
     * @param value record value, or null
     */
    boolean isReady(byte[] key, byte[] value);
}

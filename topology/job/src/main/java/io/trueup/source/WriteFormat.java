package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.HeaderNames;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.header.Headers;

/** Decodes the records of one writes topic. Implementations are thread-safe. */
public interface WriteFormat {

    /** Names of the formats, as in the configuration. */
    List<String> NAMES = List.of("trueup", "plain", "debezium-json", "debezium-avro");

    /**
     * Maximum size of a record key in bytes. Keys are kept in the state of every reconciler, and a round report contains up
     * to 32 of them.
     */
    int MAX_KEY_BYTES = 16 * 1024;

    /**
     * Maximum size of a version vector in bytes, see {@link io.trueup.tree.VersionVector#maxBytes}: what a reconciler stores and sends
     * of an entry beside its key must stay small, because whole segments are sent. Datastores refuse what is larger.
     */
    int MAX_VECTOR_BYTES = 16 * 1024;

    /**
     * Returns the format of a name.
     *
     * @param name as in {@link #of(String, String, RecordCodecs, int)}
     * @param topic the writes topic
     * @param codecs read its Avro records
     * @throws IllegalArgumentException if there is no such format
     */
    static WriteFormat of(String name, String topic, RecordCodecs codecs) {
        return of(name, topic, codecs, MAX_KEY_BYTES);
    }

    /**
     * Returns the format of a name, with another limit for keys: a reader that keeps no keys need not refuse long ones.
     *
     * @param name one of {@link #NAMES}; after one of Debezium's, a space and where versions come from may follow:
     *     {@code column:<JSON pointer>}, {@code position:<database>} or {@code gtid:<database>}
     * @param maxKeyBytes maximum size of a record key in bytes
     * @throws IllegalArgumentException if there is no such format
     * @throws IllegalStateException if the format needs a registry, and the codecs have none
     */
    static WriteFormat of(String name, String topic, RecordCodecs codecs, int maxKeyBytes) {
        int space = name.indexOf(' ');
        if (space > 0 && of(name.substring(0, space), topic, codecs, maxKeyBytes) instanceof DebeziumFormat debezium) {
            return debezium.versioned(DebeziumVersion.of(name.substring(space + 1)));
        }
        return switch (name) {
            case "trueup" -> new TrueupFormat(codecs, topic, maxKeyBytes);
            case "plain" -> new PlainFormat(maxKeyBytes);
            case "debezium-json" -> DebeziumFormat.json(maxKeyBytes);
            case "debezium-avro" -> DebeziumFormat.avro(codecs, topic, maxKeyBytes);
            default -> throw new IllegalArgumentException("unknown format " + name + "; known are " + NAMES);
        };
    }

    /**
     * Whether a record key may be one of the dataset: progress events and scan markers have keys of their own.
     *
     * @param key record key, or null
     */
    static boolean isDataKey(byte[] key) {
        return key != null
                && !Arrays.equals(key, HeaderNames.progressKey())
                && !Arrays.equals(key, HeaderNames.scanKey());
    }

    /**
     * Decodes a record. The arrays are not copied.
     *
     * @param key record key, or null
     * @param value record value, or null
     * @param recordTimestampMs the record's timestamp; 0 or less if it has none
     * @param offset offset in the partition
     * @param appendTimeMs when the record was appended, or first seen; copied into the write
     * @throws MalformedRecordException if the record says nothing about the replica in this format; the message is the reason,
     *     without the place. A {@link MalformedRowException} where it is a row of a scan
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    Observation decode(
            byte[] key, byte[] value, Headers headers, long recordTimestampMs, long offset, long appendTimeMs)
            throws MalformedRecordException;

    /**
     * Whether a record value that was decoded is a write event of the current schema in the wire format of a registry: {@link QuickWrite}
     * can read such values.
     */
    default boolean isCurrentWriteEvent(byte[] value) {
        return false;
    }

    /**
     * Returns the value of the dataset in a record value.
     *
     * @param value a record value that {@link #isReady}, or null
     * @return null if it has none, or has a digest that counts instead
     */
    default byte[] content(byte[] value) {
        return value;
    }

    /**
     * Returns the key of the dataset in a record key; null if it cannot be read.
     *
     * @param key a record key whose record {@link #isReady}, or null
     */
    default byte[] datasetKey(byte[] key) {
        return key;
    }

    /**
     * Whether a record can be decoded, or is malformed, without a further answer of a registry. Never waits.
     *
     * @param key record key, or null
     * @param value record value, or null
     */
    default boolean isReady(byte[] key, byte[] value) {
        return true;
    }
}

package io.trueup.config;

import io.trueup.avro.Encoding;
import java.util.Locale;

/**
 * The topics and formats of one replica, as configured.
 *
 * @param name its name
 * @param role whether it is repaired
 * @param writesTopic topic of its write events
 * @param writesFormat their format
 * @param writesVersion where the versions of change events come from, as configured; null if it is not set
 * @param repairsTopic topic of its repair events; null for a source, which is never repaired
 * @param repairsFormat their format
 * @param repairsEncoding their encoding in the format {@link Format#TRUEUP}
 */
public record ReplicaTopics(
        String name,
        Role role,
        String writesTopic,
        Format writesFormat,
        String writesVersion,
        String repairsTopic,
        Format repairsFormat,
        Encoding repairsEncoding) {

    /** The name of the format of write events, with where versions come from, if that is set. */
    public String writesFormatName() {
        return writesVersion == null ? writesFormat.label() : writesFormat.label() + " " + writesVersion;
    }

    /** Whether a replica is repaired. */
    public enum Role {
        /** Compared and repaired. */
        REPLICA,
        /** Compared, never repaired: the feed itself or a master. */
        SOURCE
    }

    /** How records are encoded. */
    public enum Format {
        /** Avro records of the public schemas. */
        TRUEUP,
        /** Key and value as they are, the rest in headers. */
        PLAIN,
        /** Change events of Debezium in JSON: writes only. */
        DEBEZIUM_JSON,
        /** Change events of Debezium in Avro, with schemas in a registry: writes only. */
        DEBEZIUM_AVRO;

        /** The format's name in configurations and commands. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}

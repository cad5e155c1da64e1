package io.trueup.registry;

import io.trueup.avro.RecordCodecs;

/** Makes the codecs that a configuration describes. */
public final class ConfiguredCodecs {

    private ConfiguredCodecs() {}

    /**
     * Makes codecs. Nothing is requested of a registry before they need it.
     *
     * @throws org.apache.kafka.common.config.ConfigException if a setting cannot be used
     */
    public static RecordCodecs open(RegistrySettings settings) {
        if (!settings.isConfigured()) {
            return RecordCodecs.embedded();
        }
        KnownSchemas schemas =
                new KnownSchemas(ConfluentRequests.of(settings), settings.toString(), KnownSchemas.Times.DEFAULT);
        return RecordCodecs.of(schemas, settings.naming(), settings.writes());
    }
}

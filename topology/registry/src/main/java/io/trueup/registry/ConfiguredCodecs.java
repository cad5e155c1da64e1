package io.trueup.registry;

import io.trueup.avro.RecordCodecs;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the codecs that a configuration describes. */
public final class ConfiguredCodecs {

    private static final Logger LOG = LoggerFactory.getLogger(ConfiguredCodecs.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private ConfiguredCodecs() {}

    /**
     * Makes codecs. Nothing is requested of a registry before they need it.
     *
     * @throws org.apache.kafka.common.config.ConfigException if a setting cannot be used
     */
    public static RecordCodecs open(RegistrySettings settings) {
        return open(settings, PATIENCE, settings.missing());
    }

    /**
     * Makes codecs of a command, whose user does not wait for ever.
     *
     * @param patience how long an answer of a registry is waited for; for half of it at most, one that it has no schema is doubted
     * @throws org.apache.kafka.common.config.ConfigException if a setting cannot be used
     */
    public static RecordCodecs open(RegistrySettings settings, Duration patience) {
        Duration half = patience.dividedBy(2);
        return open(settings, patience, half.compareTo(settings.missing()) < 0 ? half : settings.missing());
    }

    private static RecordCodecs open(RegistrySettings settings, Duration patience, Duration missing) {
        if (!settings.isConfigured()) {
            return RecordCodecs.embedded();
        }
        settings.exposure().ifPresent(LOG::warn);
        if (settings.deserializer().isPresent()) {
            return RecordCodecs.of(SerdeFormat.of(settings, patience, missing), settings.writes());
        }
        KnownSchemas schemas = new KnownSchemas(
                ConfluentRequests.of(settings), settings.toString(), KnownSchemas.Times.of(patience, missing));
        return RecordCodecs.of(schemas, settings.naming(), settings.writes());
    }
}

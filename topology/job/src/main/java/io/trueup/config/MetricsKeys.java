package io.trueup.config;

import java.time.Duration;
import org.apache.kafka.common.config.ConfigDef.Type;

/** The keys of metrics that are sent, with their rules and documentation. */
final class MetricsKeys {

    private MetricsKeys() {}

    static void addTo(KeyDefinitions keys) {
        keys.group("OpenTelemetry")
                .key(
                        Keys.OTLP_URL,
                        Type.STRING,
                        null,
                        Rules.url(),
                        "Receiver to which `trueup run` sends its metrics by OTLP over HTTP, such as"
                                + " `http://collector:4318/v1/metrics`. Credentials and attributes are named as OpenTelemetry"
                                + " names them, in the environment variables `OTEL_EXPORTER_OTLP_HEADERS` and"
                                + " `OTEL_RESOURCE_ATTRIBUTES`. If not set, nothing is sent.")
                .key(
                        Keys.OTLP_INTERVAL,
                        Type.STRING,
                        "60s",
                        Rules.duration(Duration.ofSeconds(1)),
                        "Time between two reports to `otlp.url`.");
    }
}

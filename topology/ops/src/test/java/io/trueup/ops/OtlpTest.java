package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.config.InvalidConfigurationException;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A process that sends its metrics, and does not listen. Its job has not started. */
class OtlpTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static TrueupConfig config(String url) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", "127.0.0.1:1",
                "dataset", "towns",
                "replicas", "eu,us",
                "hash.secret", "0123456789abcdef0123456789abcdef",
                "otlp.interval", "1s"));
        settings.put("otlp.url", url);
        return TrueupConfig.of(settings);
    }

    @Test
    void shouldSendMetricsAgainOnceTheReceiverAcceptsThem() {
        try (OtlpReceiver receiver = new OtlpReceiver();
                Operations operations = operations(receiver.url())) {
            receiver.answers(503);
            operations.start();
            await().atMost(PATIENCE).until(() -> !receiver.headers().isEmpty());

            receiver.answers(200);
            await().atMost(PATIENCE).until(() -> !receiver.latest().isEmpty());

            assertThat(receiver.latest())
                    .contains("service.name", "trueup", "dataset", "towns")
                    .contains("trueup.configuration.in.force", "trueup.rounds.topic.readable", "jvm.memory.used");
            assertThatThrownBy(operations::address).hasMessage("nothing listens");
        }
    }

    /** What was counted since the last report would be lost otherwise. */
    @Test
    void shouldSendALastReportWhenItEnds() {
        try (OtlpReceiver receiver = new OtlpReceiver()) {
            Operations operations = operations(receiver.url());
            operations.start();
            await().atMost(PATIENCE).until(() -> !receiver.latest().isEmpty());
            receiver.answers(200);

            operations.close();

            assertThat(receiver.latest()).contains("trueup.configuration.in.force");
        }
    }

    @Test
    void shouldRefuseAUrlThatIsNone() {
        for (String wrong :
                new String[] {"collector:4318", "ftp://collector/v1", "http:///v1/metrics", "http://a b/"}) {
            assertThatThrownBy(() -> config(wrong))
                    .isInstanceOf(InvalidConfigurationException.class)
                    .hasMessageContaining("otlp.url")
                    .hasMessageContaining("http://collector:4318/v1/metrics");
        }
        assertThatThrownBy(() -> config("http://user:password@collector:4318/v1/metrics"))
                .hasMessageContaining("credentials");
    }

    private static Operations operations(String url) {
        TrueupConfig config = config(url);
        return new Operations(config, new Job(config));
    }
}

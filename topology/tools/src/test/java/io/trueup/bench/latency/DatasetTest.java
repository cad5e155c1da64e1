package io.trueup.bench.latency;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.bench.Guarantee;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatasetTest {

    @Test
    void shouldGiveTheJobTheSettingsOfTheUserInPlaceOfItsOwn() {
        LatencyLoad load = new LatencyLoad(
                1,
                1,
                10,
                4,
                Duration.ofSeconds(2),
                Duration.ofMillis(500),
                "plain",
                Map.of("tree.segments", "8192", "round.interval", "3s"),
                List.of(Guarantee.AT_LEAST_ONCE));

        var settings = new Dataset("bench", 4)
                .config("127.0.0.1:1", load, Guarantee.AT_LEAST_ONCE, Path.of("state"))
                .settings("eu", 4);

        assertThat(settings.shape().segmentBits()).isEqualTo(13);
        assertThat(settings.times().intervalMs()).isEqualTo(3_000);
    }
}

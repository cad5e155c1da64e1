package io.trueup.bench.ingest;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.bench.Guarantee;
import io.trueup.config.InvalidConfigurationException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobApplicationTest {

    @Test
    void shouldGiveTheJobTheSettingsOfTheUser() {
        assertThatThrownBy(() -> new JobApplication(
                        "127.0.0.1:1",
                        "bench",
                        "writes",
                        Guarantee.AT_LEAST_ONCE,
                        Path.of("state"),
                        Map.of("tree.segments", "3")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("tree.segments");
    }
}

package io.trueup.bench.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchDatasetTest {

    @Test
    void shouldGiveTheJobTheSettingsOfTheUserInPlaceOfItsOwn() {
        BenchDataset dataset = dataset(Map.of("mode", "repair", "tree.segments", "8192"));

        Map<String, String> settings =
                dataset.settings("127.0.0.1:1", List.of(BenchDataset.MEASURED), Path.of("state"));

        assertThat(settings)
                .containsEntry("mode", "repair")
                .containsEntry("tree.segments", "8192")
                .containsEntry("round.interval", "2000ms");
        assertThat(TrueupConfig.of(settings)
                        .settings(BenchDataset.MEASURED, 4)
                        .shape()
                        .segmentBits())
                .isEqualTo(13);
    }

    @Test
    void shouldHostTheMeasuredReplicaAlone() {
        Map<String, String> settings =
                dataset(Map.of()).settings("127.0.0.1:1", List.of(BenchDataset.MEASURED), Path.of("state"));

        assertThat(TrueupConfig.of(settings).hostedReplicas()).containsExactly("eu");
        assertThat(TrueupConfig.of(settings).replicas()).containsExactly("eu", "us");
    }

    /** Each hyphen of a name is doubled in the id, and the topics of the application begin with the id. */
    @Test
    void shouldKnowTheIdOfTheApplication() {
        assertThat(dataset(Map.of()).applicationId("eu")).isEqualTo("trueup-bench--restart-eu");
    }

    private static BenchDataset dataset(Map<String, String> settings) {
        return BenchDataset.ofTwo("bench-restart", 4, Duration.ofSeconds(2), Duration.ofMillis(500), settings);
    }
}

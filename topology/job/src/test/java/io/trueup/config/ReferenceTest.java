package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;

class ReferenceTest {

    @Test
    void shouldBeTheCommittedPage() throws Exception {
        assertThat(Files.readString(Path.of("..", "CONFIGURATION.md")))
                .as("topology/CONFIGURATION.md is out of date; run: ./trueup config > topology/CONFIGURATION.md")
                .isEqualTo(Reference.markdown());
    }

    @Test
    void shouldDocumentTheDefaultOfEveryDerivedKey() {
        assertThat(keys()).allSatisfy(key -> {
            boolean derived = key.hasDefault() && key.defaultValue == null;
            assertThat(key.documentation.contains("If not set")).as(key.name).isEqualTo(derived);
        });
    }

    @Test
    void shouldDescribeEveryKeyOnce() {
        assertThat(keys())
                .allSatisfy(key -> assertThat(Reference.markdown().lines())
                        .as(key.name)
                        .filteredOn(line -> line.matches("### `(replica\\.<name>\\.|placement\\.partition\\.)?"
                                + key.name.replace(".", "\\.") + "`"))
                        .hasSize(1));
    }

    private static Stream<ConfigKey> keys() {
        return Stream.of(Values.MAIN, Values.REPLICA, Values.PARTITION)
                .flatMap(definition -> definition.configKeys().values().stream());
    }
}

package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.config.TrueupConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirectoryTest {

    @TempDir
    Path directory;

    @Test
    void shouldCreateTheDirectory() {
        Path state = directory.resolve("a").resolve("b");

        StateDirectory.check(config(state));

        assertThat(state).isDirectory();
        StateDirectory.check(config(state));
    }

    @Test
    void shouldNameTheKeyAndTheCureWhereItCannotBeCreated() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        for (Path state : new Path[] {file, file.resolve("below")}) {
            assertThatThrownBy(() -> StateDirectory.check(config(state)))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContainingAll(
                            "Invalid value " + state + " for configuration state.dir",
                            "name a directory of a local disk");
        }
    }

    private static TrueupConfig config(Path state) {
        return TrueupConfig.of(Map.of(
                "bootstrap.servers",
                "k:1",
                "dataset",
                "shop",
                "replicas",
                "eu,us",
                "hash.secret",
                "0123456789abcdef",
                "state.dir",
                state.toString()));
    }
}

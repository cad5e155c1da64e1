package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatchTest {

    @TempDir
    Path directory;

    private final List<List<String>> taken = new ArrayList<>();
    private Path file;
    private ConfigWatch watch;

    @BeforeEach
    void load() throws IOException {
        file = directory.resolve("trueup.properties");
        write("eu,us", 1);
        watch = new ConfigWatch(file, Map.of("TRUEUP_GRACE", "20s"));
        assertThat(watch.load().replicas()).containsExactly("eu", "us");
    }

    @AfterEach
    void close() {
        watch.close();
    }

    @Test
    void shouldHandOnAChangedFileOnceItStaysAsItIs() throws IOException {
        look(2);
        write("ap,eu,us", 2);
        look(1);
        write("ap,eu,sa,us", 3);
        look(1);
        assertThat(taken).isEmpty();

        look(3);

        assertThat(taken).containsExactly(List.of("ap", "eu", "sa", "us"));
    }

    @Test
    void shouldHandOnAFileThatWasOnlyTouched() throws IOException {
        write("eu,us", 2);
        look(4);

        assertThat(taken).containsExactly(List.of("eu", "us"));
    }

    @Test
    void shouldSeeAChangeThatLeavesTheTimeAsItWas() throws IOException {
        write("ap,us", 1);
        look(4);

        assertThat(taken).containsExactly(List.of("ap", "us"));
    }

    @Test
    void shouldPassOverAnInvalidFileAndAMissingOne() throws IOException {
        write("eu", 2);
        look(4);
        Files.delete(file);
        look(4);
        assertThat(taken).isEmpty();

        write("ap,eu", 3);
        look(4);

        assertThat(taken).containsExactly(List.of("ap", "eu"));
    }

    @Test
    void shouldGoOnLookingWhenAChangeCannotBeTakenUp() throws IOException {
        write("ap,us", 2);
        for (int i = 0; i < 2; i++) {
            watch.look(config -> {
                throw new IllegalStateException("the job does not run");
            });
        }

        write("ap,eu", 3);
        look(2);

        assertThat(taken).containsExactly(List.of("ap", "eu"));
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            watch.look(this::take);
        }
    }

    private void take(TrueupConfig config) {
        assertThat(config.grace()).hasSeconds(20);
        taken.add(config.replicas());
    }

    private void write(String replicas, long second) throws IOException {
        Files.writeString(
                file,
                String.join(
                        "\n",
                        "bootstrap.servers=localhost:9092",
                        "dataset=cities",
                        "replicas=" + replicas,
                        "hash.secret=0123456789abcdef"));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L + 1_000 * second));
    }
}

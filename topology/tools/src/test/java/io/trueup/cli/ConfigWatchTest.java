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

    private final List<List<String>> applied = new ArrayList<>();
    private Path file;
    private ConfigWatch watch;
    private int refused;

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
    void shouldApplyAChangedFileOnceItNoLongerChanges() throws IOException {
        check(2);
        write("ap,eu,us", 2);
        check(1);
        write("ap,eu,sa,us", 3);
        check(1);
        assertThat(applied).isEmpty();

        check(3);

        assertThat(applied).containsExactly(List.of("ap", "eu", "sa", "us"));
    }

    @Test
    void shouldApplyAFileWhoseTimeAloneChanged() throws IOException {
        write("eu,us", 2);
        check(4);

        assertThat(applied).containsExactly(List.of("eu", "us"));
    }

    @Test
    void shouldApplyAChangeThatKeepsTheModificationTime() throws IOException {
        write("ap,us", 1);
        check(4);

        assertThat(applied).containsExactly(List.of("ap", "us"));
    }

    @Test
    void shouldIgnoreAnInvalidFileAndAMissingFile() throws IOException {
        write("eu", 2);
        check(4);
        assertThat(refused).isEqualTo(1);
        Files.delete(file);
        check(4);
        assertThat(applied).isEmpty();

        write("ap,eu", 3);
        check(4);

        assertThat(applied).containsExactly(List.of("ap", "eu"));
    }

    @Test
    void shouldContinueToCheckWhenAChangeCannotBeApplied() throws IOException {
        write("ap,us", 2);
        for (int i = 0; i < 2; i++) {
            watch.check(
                    config -> {
                        throw new IllegalStateException("the job does not run");
                    },
                    () -> refused++);
        }

        write("ap,eu", 3);
        check(2);

        assertThat(applied).containsExactly(List.of("ap", "eu"));
        assertThat(refused).isEqualTo(1);
    }

    private void check(int times) {
        for (int i = 0; i < times; i++) {
            watch.check(this::apply, () -> refused++);
        }
    }

    private void apply(TrueupConfig config) {
        assertThat(config.grace()).hasSeconds(20);
        applied.add(config.replicas());
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

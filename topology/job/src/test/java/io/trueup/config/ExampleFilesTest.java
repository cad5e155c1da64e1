package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.Encoding;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.ReplicaTopics.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that users copy must work unchanged, except for the path of the secret. */
class ExampleFilesTest {

    private static final Path FILES = Path.of("..", "..", "deploy", "config");

    @TempDir
    Path directory;

    @Test
    void shouldLoadTheExampleOfThreeReplicas() throws Exception {
        TrueupConfig config = load("trueup.properties");

        assertThat(config.replicas()).containsExactly("ap", "eu", "us");
        assertThat(config.hostedReplicas()).containsExactly("ap", "eu", "us");
        assertThat(config.replica("us").repairsTopic()).isEqualTo("products.repairs.us");
        assertThat(config.streamsProperties("eu"))
                .containsEntry("num.stream.threads", "2")
                .containsEntry("state.dir", "/var/lib/trueup");
        assertThat(config.warnings()).isEmpty();
    }

    @Test
    void shouldLoadTheExampleOfPlainFormats() throws Exception {
        TrueupConfig config = load("plain.properties");

        assertThat(config.replica("feed"))
                .isEqualTo(new ReplicaTopics(
                        "feed",
                        Role.SOURCE,
                        "prices",
                        Format.PLAIN,
                        null,
                        null,
                        Format.TRUEUP,
                        Encoding.SINGLE_OBJECT));
        assertThat(config.replica("cache-a"))
                .isEqualTo(new ReplicaTopics(
                        "cache-a",
                        Role.REPLICA,
                        "prices-stored-a",
                        Format.PLAIN,
                        null,
                        "prices-repairs-a",
                        Format.PLAIN,
                        Encoding.SINGLE_OBJECT));
        assertThat(config.settings("cache-b").rules().compareValues()).isTrue();
        assertThat(config.settings("cache-b").rules().primary()).isEqualTo("feed");
        assertThat(config.warnings()).isEmpty();
    }

    private TrueupConfig load(String name) throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), Example.SECRET);
        return TrueupConfig.load(FILES.resolve(name), Map.of("TRUEUP_HASH_SECRET_FILE", secret.toString()));
    }
}

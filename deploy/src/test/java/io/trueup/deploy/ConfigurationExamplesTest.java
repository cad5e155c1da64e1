package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.replica.ReplicaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every file in deploy/config is a valid configuration of the job or of a replica, once a secret is added; that of MirrorMaker is tried
 * with two brokers.
 */
class ConfigurationExamplesTest {

    @TempDir
    Path directory;

    static List<Path> jobs() throws IOException {
        return examples()
                .filter(file -> !isReplica(file) && !file.endsWith("mirror-maker.properties"))
                .toList();
    }

    static List<Path> replicas() throws IOException {
        return examples().filter(ConfigurationExamplesTest::isReplica).toList();
    }

    @ParameterizedTest
    @MethodSource("jobs")
    void shouldLoadAsAJob(Path file) throws IOException {
        assertThat(TrueupConfig.load(file, secret(file)).replicas()).hasSizeGreaterThan(1);
    }

    @ParameterizedTest
    @MethodSource("replicas")
    void shouldLoadAsAReplica(Path file) {
        assertThat(ReplicaConfig.load(file).name()).isNotEmpty();
    }

    @Test
    void shouldFindExamplesOfJobsAndReplicas() throws IOException {
        assertThat(jobs()).isNotEmpty();
        assertThat(replicas()).isNotEmpty();
    }

    private Map<String, String> secret(Path file) throws IOException {
        String secret = "a secret of no value";
        if (!Files.readString(file).contains("hash.secret.file =")) {
            return Files.readString(file).contains("http.user =")
                    ? Map.of("TRUEUP_HASH_SECRET", secret, "TRUEUP_HTTP_PASSWORD", secret)
                    : Map.of("TRUEUP_HASH_SECRET", secret);
        }
        Path kept = Files.writeString(directory.resolve("secret"), secret);
        return Map.of("TRUEUP_HASH_SECRET_FILE", kept.toString());
    }

    private static Stream<Path> examples() throws IOException {
        try (Stream<Path> files = Files.walk(Repository.CONFIG)) {
            return files.filter(file -> file.toString().endsWith(".properties")).sorted().toList().stream();
        }
    }

    private static boolean isReplica(Path file) {
        return file.getFileName().toString().startsWith("replica");
    }
}

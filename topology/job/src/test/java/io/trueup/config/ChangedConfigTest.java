package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChangedConfigTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicas=us,eu,ap,sa",
                "replicas=us,eu",
                "replicas=us,eu,ap,sa;replica.sa.writes.topic=elsewhere;replica.sa.repairs.format=plain",
                "replicas=us,eu,sa;hosted.replicas=sa",
                "hosted.replicas=eu",
                "placement=ring:2",
                "placement=explicit;placement.partition.3=eu,us;placement.partition.0=ap,us",
                "dataset=shop",
                "round.interval=60s"
            })
    void shouldNeedNoRestartForMembershipAndPlacement(String changes) {
        assertThat(Example.config()
                        .keysThatNeedARestart(new Example().changed(changes).load()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replicas=us,eu;grace=20s | grace, lag.patience, repair.timeout",
                "replica.eu.writes.topic=other | replica.eu.writes.topic",
                "replica.eu.repairs.format=plain;replicas=us,eu | replica.eu.repairs.format",
                "kafka.security.protocol=SSL | kafka.security.protocol",
                "mode=observe | mode",
                "bootstrap.servers=kafka-3:9092 | bootstrap.servers",
                "hash.secret=another-secret-of-bytes | hash.secret",
                "control.secrets=sixteen-bytes-one!,sixteen-bytes-two! | control.secrets"
            })
    void shouldNameWhatNeedsARestart(String changes, String keys) {
        assertThat(Example.config()
                        .keysThatNeedARestart(new Example().changed(changes).load()))
                .containsExactly(keys.split(", "));
    }

    @Test
    void shouldSeeThatAPassedOnPasswordDiffers() {
        Example before = Example.with("kafka.ssl.key.password", "one");
        Example after = Example.with("kafka.ssl.key.password", "two");

        assertThat(before.load().keysThatNeedARestart(after.load())).containsExactly("kafka.ssl.key.password");
        assertThat(before.load().keysThatNeedARestart(before.load())).isEmpty();
    }

    @Test
    void shouldNeedNoRestartWhenTheSecretMovesToAFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("secret");
        Files.writeString(file, Example.SECRET + "\n");
        Example moved = new Example().without("hash.secret").and("hash.secret.file", file.toString());
        assertThat(Example.config().keysThatNeedARestart(moved.load())).isEmpty();

        Files.writeString(file, "another-secret-of-bytes");

        assertThat(Example.config().keysThatNeedARestart(moved.load())).containsExactly("hash.secret.file");
    }

    @Test
    void shouldNeedARestartWhenTheOrderOfControlSecretsChanges(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("secrets"), "sixteen-bytes-two!\nsixteen-bytes-one!");
        TrueupConfig before = Example.with("control.secrets", "sixteen-bytes-one!,sixteen-bytes-two!")
                .load();
        Example moved = Example.with("control.secrets.file", file.toString());

        assertThat(before.keysThatNeedARestart(moved.load())).containsExactly("control.secrets.file");

        Files.writeString(file, "sixteen-bytes-one!\nsixteen-bytes-two!\n");
        assertThat(before.keysThatNeedARestart(moved.load())).isEmpty();
    }
}

package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {

    @TempDir
    Path directory;

    @Test
    void shouldPrintTheReference() {
        Invocation trueup = Invocation.of("config");

        assertThat(trueup.exitCode()).isZero();
        assertThat(trueup.out()).isEqualTo(Reference.markdown());
        assertThat(trueup.err()).isEmpty();
    }

    @Test
    void shouldPrintTheSettingsInEffectWithoutSecrets() throws Exception {
        Path file = write("bootstrap.servers=k:1\ndataset=shop\nreplicas=a,b\nhash.secret=do-not-print-this-value\n"
                + "kafka.ssl.key.password=do-not-print-this-value\n");

        Invocation trueup = Invocation.of("config", "-c", file.toString());

        assertThat(trueup.exitCode()).isZero();
        assertThat(trueup.out().lines())
                .contains(
                        "dataset = shop",
                        "hash.secret = [hidden]",
                        "kafka.ssl.key.password = [hidden]",
                        "replica.a.writes.topic = shop.writes.a");
        assertThat(trueup.out()).doesNotContain("do-not-print");
    }

    @Test
    void shouldListAllProblemsWithoutAStackTrace() throws Exception {
        Path file = write("dataset=shop\nreplicas=a\nhash.secret=do-not-print-this-value\n");

        Invocation trueup = Invocation.of("config", "-c", file.toString());

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err())
                .startsWith("trueup: 2 problems in " + file)
                .contains("bootstrap.servers is not set", "configuration replicas")
                .doesNotContain("\tat ", "do-not-print");
    }

    @Test
    void shouldPrintTheStackTraceOnDemand() throws Exception {
        Invocation trueup =
                Invocation.of("-v", "config", "-c", write("replicas=eu\n").toString());

        assertThat(trueup.exitCode()).isEqualTo(2);
        assertThat(trueup.err()).contains("bootstrap.servers is not set", "\tat io.trueup.config.TrueupConfig.load");
        assertThat(Invocation.of("config", "-v", "-c", "/no/such/file").err()).contains("\tat ");
    }

    private Path write(String text) throws Exception {
        return Files.writeString(directory.resolve("trueup.properties"), text);
    }
}

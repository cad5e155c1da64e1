package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The content of the distribution, and its launcher, which starts from any directory. */
class DistributionIT {

    private static final Path LAUNCHER = Repository.DISTRIBUTION.resolve("bin/trueup");

    @TempDir
    Path directory;

    private record Ended(int code, String output) {}

    @Test
    void shouldKeepKafkasBrokerOffTheClassPathOfTheJob() throws IOException {
        assertThat(jars("lib"))
                .anyMatch(jar -> jar.startsWith("trueup-job-"))
                .anyMatch(jar -> jar.startsWith("kafka-streams-"))
                .noneMatch(jar -> jar.startsWith("kafka_2.13-") || jar.startsWith("scala-"));
        assertThat(jars("lib/broker")).anyMatch(jar -> jar.startsWith("kafka_2.13-"));
    }

    @Test
    void shouldContainOneVersionOfEachLibrary() throws IOException {
        for (String folder : List.of("lib", "lib/broker")) {
            assertThat(jars(folder).stream().map(jar -> jar.replaceFirst("-[0-9][^-]*(-SNAPSHOT)?\\.jar", "")))
                    .as(folder)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldContainLicenceAndExamples() {
        assertThat(Repository.DISTRIBUTION.resolve("LICENSE")).content().contains("Apache License");
        assertThat(Repository.DISTRIBUTION.resolve("NOTICE")).isNotEmptyFile();
        assertThat(Repository.DISTRIBUTION.resolve("config/trueup.properties")).isNotEmptyFile();
    }

    @Test
    void shouldStartThroughSymbolicLinksFromAnotherDirectory() throws Exception {
        Path odd = Files.createDirectories(directory.resolve("with spaces/and 'quotes'"));
        Files.createSymbolicLink(odd.resolve("first"), LAUNCHER);
        Path second = Files.createSymbolicLink(odd.resolve("second"), Path.of("first"));

        Ended ended = run(Map.of("JAVA_HOME", System.getProperty("java.home")), second.toString(), "--version");

        assertThat(ended.output()).startsWith("trueup ").contains("Java " + System.getProperty("java.version"));
        assertThat(ended.code()).isZero();
    }

    @Test
    void shouldPassArgumentsAndOptionsUnchanged() throws Exception {
        Ended ended = run(
                Map.of("JAVA_HOME", System.getProperty("java.home"), "JAVA_OPTS", "-Xmx64m -XX:+PrintCommandLineFlags"),
                LAUNCHER.toString(),
                "no such * command");

        assertThat(ended.output()).contains("-XX:MaxHeapSize=67108864").contains("no such * command");
        assertThat(ended.code()).isEqualTo(2);
    }

    @Test
    void shouldReportWhatToInstallIfJavaIsTooOld() throws Exception {
        Path bin = Files.createDirectories(directory.resolve("old/bin"));
        Files.writeString(bin.resolve("java"), "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
        assertThat(bin.resolve("java").toFile().setExecutable(true)).isTrue();
        String home = bin.getParent().toString();

        Ended ended = run(
                Map.of("JAVA_HOME", home, "PATH", bin + ":" + System.getenv("PATH")), LAUNCHER.toString(), "--version");

        assertThat(ended.output()).contains("Trueup needs Java 17 or newer", "version 11", "Install a JDK 17", home);
        assertThat(ended.code()).isEqualTo(2);
    }

    @Test
    void shouldNotEndWithAnAnswerWhereJavaCannotStart() throws Exception {
        Ended ended = run(
                Map.of("JAVA_HOME", System.getProperty("java.home"), "JAVA_OPTS", "-Dpassword=hidden -Xmxlots"),
                LAUNCHER.toString(),
                "--version");

        assertThat(ended.output())
                .startsWith("trueup: Java cannot be started with the options in JAVA_OPTS: ")
                .contains("-Xmxlots")
                .doesNotContain("hidden");
        assertThat(ended.code()).isEqualTo(2);
    }

    private Ended run(Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)));
        builder.directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().remove("JAVA_OPTS");
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Ended(process.waitFor(), output);
    }

    private static List<String> jars(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Repository.DISTRIBUTION.resolve(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .toList();
        }
    }
}

package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

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
    void shouldContainNothingOfTheTreeBenchmark() throws IOException {
        for (String folder : List.of("lib", "lib/broker")) {
            assertThat(jars(folder))
                    .isNotEmpty()
                    .noneMatch(jar -> jar.startsWith("trueup-bench-tree-"))
                    .noneMatch(jar -> jar.startsWith("cassandra-") || jar.startsWith("hazelcast-"))
                    .noneMatch(jar -> jar.startsWith("jmh-"));
        }
    }

    @Test
    void shouldContainOneVersionOfEachLibrary() throws IOException {
        for (String folder : List.of("lib", "lib/broker")) {
            assertThat(jars(folder).stream().map(jar -> jar.replaceFirst("-[0-9][^-]*(-SNAPSHOT)?\\.jar", "")))
                    .as(folder)
                    .doesNotHaveDuplicates();
        }
    }

    /** The jar with the client of a schema registry contains classes of other projects. */
    @Test
    void shouldContainEachClassOnce() throws IOException {
        Map<String, String> jarOf = new HashMap<>();
        List<String> twice = new ArrayList<>();
        for (String jar : jars("lib")) {
            try (JarFile file = new JarFile(
                    Repository.DISTRIBUTION.resolve("lib").resolve(jar).toFile())) {
                file.stream()
                        .map(JarEntry::getName)
                        .filter(name -> name.endsWith(".class") && !name.contains("-info.class"))
                        .filter(name -> !name.startsWith("META-INF/"))
                        .forEach(name -> {
                            String other = jarOf.put(name, jar);
                            if (other != null) {
                                twice.add(name + " in " + other + " and " + jar);
                            }
                        });
            }
        }

        assertThat(twice).isEmpty();
        assertThat(jarOf.entrySet().stream()
                        .filter(entry -> entry.getValue().startsWith("trueup-confluent-"))
                        .map(Map.Entry::getKey))
                .isNotEmpty()
                .as("they would replace classes of a user's serializer")
                .noneMatch(name -> name.startsWith("com/google/common/") || name.startsWith("org/apache/commons/"));
    }

    @Test
    void shouldLoadSerializersFromLibExt() throws Exception {
        Path settings = Files.writeString(directory.resolve("trueup.properties"), """
                bootstrap.servers = localhost:9092
                dataset = shop
                replicas = eu, us
                hash.secret = sixteen-bytes-of-secret!
                avro.serializer = own.OwnSerializer
                avro.deserializer = own.OwnDeserializer
                """);
        Map<String, String> java = Map.of("JAVA_HOME", System.getProperty("java.home"));
        Path jar = Repository.DISTRIBUTION.resolve("lib/ext/own-serdes-of-a-test.jar");

        Ended without = run(java, LAUNCHER.toString(), "config", "-c", settings.toString());
        writeSerdes(jar);
        try {
            Ended with = run(java, LAUNCHER.toString(), "config", "-c", settings.toString());

            assertThat(with.output()).contains("avro.serializer = own.OwnSerializer");
            assertThat(with.code()).isZero();
        } finally {
            Files.delete(jar);
        }

        assertThat(without.output()).contains("avro.deserializer=own.OwnDeserializer", "no such class", "lib/ext");
        assertThat(without.code()).isEqualTo(2);
    }

    private void writeSerdes(Path jar) throws IOException {
        Path source = Files.createDirectories(directory.resolve("own"));
        String serde =
                "package own; public final class Own%1$s implements org.apache.kafka.common.serialization.%1$s<Object> {"
                        + " public %2$s { throw new UnsupportedOperationException(); } }";
        Path serializer = Files.writeString(
                source.resolve("OwnSerializer.java"),
                serde.formatted("Serializer", "byte[] serialize(String topic, Object data)"));
        Path deserializer = Files.writeString(
                source.resolve("OwnDeserializer.java"),
                serde.formatted("Deserializer", "Object deserialize(String topic, byte[] data)"));
        String classPath;
        try (Stream<Path> jars = Files.list(Repository.DISTRIBUTION.resolve("lib"))) {
            classPath = jars.map(Path::toString)
                    .filter(name -> name.contains("kafka-clients"))
                    .findFirst()
                    .orElseThrow();
        }
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", classPath, serializer.toString(), deserializer.toString());
        assertThat(failed).isZero();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String name : List.of("own/OwnSerializer.class", "own/OwnDeserializer.class")) {
                out.putNextEntry(new JarEntry(name));
                out.write(Files.readAllBytes(directory.resolve(name)));
            }
        }
    }

    @Test
    void shouldContainLicenceAndExamples() {
        assertThat(Repository.DISTRIBUTION.resolve("LICENSE")).content().contains("Apache License");
        assertThat(Repository.DISTRIBUTION.resolve("NOTICE")).isNotEmptyFile();
        assertThat(Repository.DISTRIBUTION.resolve("config/trueup.properties")).isNotEmptyFile();
    }

    @Test
    void shouldNameEachJarInItsBillOfMaterials() throws Exception {
        Path file = Repository.DISTRIBUTION.resolve("sbom.cdx.json");
        assertThat(file)
                .as("the bill of materials, which Maven makes only where it is online: build without -o")
                .isRegularFile();
        Map<String, Object> bill = new Yaml().load(Files.readString(file));
        Map<String, String> named = new HashMap<>();
        for (Object component : (List<?>) bill.get("components")) {
            Map<?, ?> jar = (Map<?, ?>) component;
            named.put(jar.get("name") + "-" + jar.get("version") + ".jar", sha256In(jar));
        }
        Map<String, String> contained = new HashMap<>();
        for (String folder : List.of("lib", "lib/broker")) {
            for (String jar : jars(folder)) {
                contained.put(
                        jar, sha256(Repository.DISTRIBUTION.resolve(folder).resolve(jar)));
            }
        }

        assertThat(bill).containsEntry("bomFormat", "CycloneDX");
        assertThat(named).isEqualTo(contained);
    }

    private static String sha256In(Map<?, ?> component) {
        return ((List<?>) component.get("hashes"))
                .stream()
                        .map(hash -> (Map<?, ?>) hash)
                        .filter(hash -> "SHA-256".equals(hash.get("alg")))
                        .map(hash -> (String) hash.get("content"))
                        .findFirst()
                        .orElseThrow();
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
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

    @Test
    void shouldLogAJsonObjectPerLineIfAskedFor() throws Exception {
        String home = System.getProperty("java.home");
        Path settings = Files.writeString(
                directory.resolve("nobody-answers.properties"),
                "bootstrap.servers=localhost:1\ndataset=products\nreplicas=eu,us\nhash.secret=0123456789abcdef\n");

        Ended ended = run(
                Map.of("JAVA_HOME", home, "TRUEUP_LOG_FORMAT", "json"),
                LAUNCHER.toString(),
                "conflicts",
                "-c",
                settings.toString());
        Ended wrong = run(Map.of("JAVA_HOME", home, "TRUEUP_LOG_FORMAT", "xml"), LAUNCHER.toString(), "--version");

        List<String> logged =
                ended.output().lines().filter(line -> line.startsWith("{")).toList();
        assertThat(logged).as(ended.output()).isNotEmpty();
        for (String line : logged) {
            assertThat(new JsonMapper().readTree(line).get("level").asText()).isEqualTo("WARN");
        }
        assertThat(ended.output()).doesNotContain("WARN  [");
        assertThat(wrong.output()).startsWith("trueup: TRUEUP_LOG_FORMAT: 'xml' is no log format");
        assertThat(wrong.code()).isEqualTo(2);
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

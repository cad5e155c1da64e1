package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Docker engine, and the images that tests run. Where no engine answers, it is installed from Debian's packages and started;
 * where public images cannot be pulled, their substitutes are made from Debian's packages and from this build's libraries.
 */
final class Docker {

    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final Path APT = Path.of("/usr/bin/apt-get");
    private static final String PUBLIC_BASE = "eclipse-temurin:17-jre";
    private static final String PUBLIC_KAFKA = "apache/kafka:4.3.1";
    private static final String MADE_BASE = "trueup-test/jre:17";
    /** What Testcontainers runs for its own purposes; the name is set in the pom. */
    private static final String BASE = "trueup-test/base:local";

    private static final String MADE_KAFKA = "trueup-test/kafka:4.3.1";
    private static final String TRUEUP = "trueup-test/trueup:local";

    private static boolean answers;

    private Docker() {}

    /** A base image with a Java runtime: {@code TRUEUP_TEST_BASE_IMAGE}, the public one, or one of Debian's packages. */
    static synchronized String base() {
        requireEngine();
        run("docker", "tag", found(), BASE);
        return BASE;
    }

    private static String found() {
        String named = System.getenv("TRUEUP_TEST_BASE_IMAGE");
        if (named != null && (exists(named) || succeeds("docker", "pull", "--quiet", named))) {
            return named;
        }
        if (exists(MADE_BASE)) {
            return MADE_BASE;
        }
        if (exists(PUBLIC_BASE) || succeeds("docker", "pull", "--quiet", PUBLIC_BASE)) {
            return PUBLIC_BASE;
        }
        install("debootstrap");
        Path root = TARGET.resolve("jre");
        run(
                "debootstrap",
                "--variant=minbase",
                "--include=openjdk-17-jre-headless",
                "bookworm",
                root.toString(),
                mirror());
        run("sh", "-c", "tar -C '" + root + "' -c --exclude=./proc --exclude=./sys . | docker import - " + MADE_BASE);
        return MADE_BASE;
    }

    /** The image of Trueup, made of the distribution by its own Dockerfile. */
    static synchronized String trueup() {
        build(TRUEUP, Repository.ROOT.resolve("deploy"), Map.of("BASE_IMAGE", base()));
        return TRUEUP;
    }

    /** The image of a broker: the public one, or one of the libraries of this build. */
    static synchronized String kafka() {
        requireEngine();
        if (!exists(MADE_KAFKA)) {
            if (exists(PUBLIC_KAFKA) || succeeds("docker", "pull", "--quiet", PUBLIC_KAFKA)) {
                return PUBLIC_KAFKA;
            }
            build(MADE_KAFKA, contextOfKafka(), Map.of("BASE_IMAGE", base()));
        }
        return MADE_KAFKA;
    }

    /** The image of PostgreSQL that {@code docker-compose.yml} names, or one of Debian's packages. */
    static synchronized String postgres() {
        return publicOr("postgres:17", "trueup-test/postgres:local", Path.of("src/test/docker/postgres"));
    }

    /** The image of Prometheus that {@code docker-compose.yml} names, or one of Debian's packages. */
    static synchronized String prometheus() {
        return publicOr(
                "prom/prometheus:v3.5.0", "trueup-test/prometheus:local", Path.of("src/test/docker/prometheus"));
    }

    /** The image of the schema registry that {@code docker-compose.yml} names, or one of the server that tests of the registry run. */
    static synchronized String registry() {
        Path context = TARGET.resolve("registry-image");
        try {
            Files.createDirectories(context);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("cp", "-R", Path.of("src/test/docker/registry").toAbsolutePath() + "/.", context.toString());
        run(
                "cp",
                "-R",
                Repository.ROOT.resolve("topology/registry/target/registry-server") + "/.",
                context.resolve("server").toString());
        return publicOr("apicurio/apicurio-registry-mem:2.6.13.Final", "trueup-test/registry:local", context);
    }

    /** Whether the image of Grafana can be had. No package of Debian has it. */
    static synchronized boolean hasGrafana() {
        requireEngine();
        return exists("grafana/grafana:12.1.0") || succeeds("docker", "pull", "--quiet", "grafana/grafana:12.1.0");
    }

    /** The command of Docker Compose, of the engine or of Debian. */
    static synchronized List<String> compose() {
        requireEngine();
        if (succeeds("docker", "compose", "version")) {
            return List.of("docker", "compose");
        }
        if (!succeeds("docker-compose", "--version")) {
            install("docker-compose");
        }
        return List.of("docker-compose");
    }

    private static String publicOr(String image, String made, Path context) {
        requireEngine();
        if (exists(made)) {
            return made;
        }
        if (exists(image) || succeeds("docker", "pull", "--quiet", image)) {
            return image;
        }
        build(made, context, Map.of("BASE_IMAGE", base()));
        return made;
    }

    private static Path contextOfKafka() {
        Path context = TARGET.resolve("kafka-image");
        Path libs = context.resolve("libs");
        try {
            Files.createDirectories(libs);
            run("cp", "-R", Path.of("src/test/docker/kafka").toAbsolutePath() + "/.", context.toString());
            List<Path> jars = new ArrayList<>();
            for (String folder : List.of("lib/broker", "lib")) {
                try (Stream<Path> files = Files.list(Repository.DISTRIBUTION.resolve(folder))) {
                    files.filter(file -> file.toString().endsWith(".jar"))
                            .filter(file -> folder.equals("lib/broker")
                                    || file.getFileName().toString().startsWith("log4j-"))
                            .forEach(jars::add);
                }
            }
            jars.add(Path.of(Class.forName("org.apache.kafka.tools.TopicCommand")
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .getPath()));
            for (Path jar : jars) {
                Files.copy(jar, libs.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("kafka-tools is not on the class path of the tests", e);
        }
    }

    private static void build(String image, Path context, Map<String, String> arguments) {
        List<String> command =
                new ArrayList<>(List.of("docker", "build", "--quiet", "--network", "host", "--tag", image));
        arguments.forEach((name, value) -> command.addAll(List.of("--build-arg", name + "=" + value)));
        command.add(context.toString());
        run(command.toArray(String[]::new));
    }

    private static boolean exists(String image) {
        return succeeds("docker", "image", "inspect", image);
    }

    private static void requireEngine() {
        if (answers || engineAnswers()) {
            answers = true;
            return;
        }
        install("docker.io", "iptables");
        Path log = TARGET.resolve("dockerd.log");
        try {
            Process engine = new ProcessBuilder("dockerd")
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(engine::destroy));
            for (int waited = 0; waited < 60 && engine.isAlive() && !engineAnswers(); waited++) {
                Thread.sleep(1_000);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (!engineAnswers()) {
            throw new AssertionError("No Docker engine answers, and none could be started; see " + log
                    + ". Install Docker, or run these tests as root where dockerd may run.");
        }
        answers = true;
    }

    private static boolean engineAnswers() {
        return succeeds("docker", "info");
    }

    static void install(String... packages) {
        if (!Files.isExecutable(APT)) {
            throw new AssertionError("Install " + String.join(", ", packages) + ": this machine has no apt-get.");
        }
        succeeds("apt-get", "update", "-q");
        List<String> command = new ArrayList<>(List.of("apt-get", "install", "-y", "-q", "--no-install-recommends"));
        command.addAll(List.of(packages));
        run(command.toArray(String[]::new));
    }

    /** The mirror from which this machine installs. */
    private static String mirror() {
        Pattern address = Pattern.compile("(?m)^(?:URIs:|deb)\\s+(?:\\[[^\\]]*]\\s+)?(\\S*debian\\S*)");
        try (Stream<Path> lists = Files.walk(Path.of("/etc/apt"))) {
            for (Path list : lists.filter(
                            file -> file.toString().matches(".*sources(\\.list.*)?") && Files.isRegularFile(file))
                    .sorted()
                    .toList()) {
                Matcher found = address.matcher(Files.readString(list));
                while (found.find()) {
                    if (!found.group(1).contains("security")) {
                        return found.group(1);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("/etc/apt names no mirror of Debian from which a base image could be made;"
                + " name an image with Java 17 in TRUEUP_TEST_BASE_IMAGE.");
    }

    private static boolean succeeds(String... command) {
        return result(Map.of(), command).code() == 0;
    }

    /** Runs a command, and returns what it has written. */
    static String run(String... command) {
        return run(Map.of(), command);
    }

    /** The same with further variables. */
    static String run(Map<String, String> environment, String... command) {
        Result result = result(environment, command);
        if (result.code() != 0) {
            throw new AssertionError(
                    String.join(" ", command) + " ended with " + result.code() + ": " + result.output());
        }
        return result.output();
    }

    private record Result(int code, String output) {}

    private static Result result(Map<String, String> environment, String... command) {
        try {
            Path output = Files.createTempFile(TARGET, "command", ".log");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("DOCKER_BUILDKIT", "0");
            builder.environment().putAll(environment);
            builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
            Process process = builder.start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(10, TimeUnit.MINUTES);
            process.destroyForcibly();
            String text = Files.readString(output, UTF_8);
            Files.delete(output);
            return new Result(ended ? process.exitValue() : -1, text);
        } catch (IOException e) {
            return new Result(-1, e.toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

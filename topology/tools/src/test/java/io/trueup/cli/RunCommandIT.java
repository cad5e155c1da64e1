package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.ChildJvm;
import io.trueup.broker.TestBroker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup run} as users start it: in a process of its own, against a real broker. */
class RunCommandIT {

    private static final String SECRET = "do-not-print-this-secret";

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("run");

    @TempDir
    Path directory;

    private Path out;
    private Path err;

    @BeforeEach
    void nameOutputs() {
        out = directory.resolve("out");
        err = directory.resolve("err");
    }

    @Test
    void shouldTakePartInRoundsUntilItIsStoppedAndThenEndInGoodOrder() throws Exception {
        createWritesTopics("eu", "us");
        Process process = run(
                "topics.create=true",
                "topics.partitions=2",
                "round.interval=1s",
                "grace=200ms",
                "http.listen=127.0.0.1:0");
        try {
            Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> hasReported() || !process.isAlive());
            assertThat(process.isAlive()).as(text(err)).isTrue();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(this::isReady);

            process.destroy();

            assertThat(exitCode(process)).as(text(err)).isZero();
            assertThat(text(out))
                    .startsWith("trueup ")
                    .contains("dataset " + dataset, "replicas eu, us")
                    .hasLineCount(1);
            assertThat(text(err)).contains("Started: dataset " + dataset).doesNotContain("StreamsConfig:", "Log4j");
            assertThat(text(out) + text(err)).doesNotContain("\tat ", SECRET);
        } finally {
            process.destroyForcibly();
        }
    }

    private boolean isReady() throws Exception {
        Matcher address = Pattern.compile("Answers HTTP on (http://127\\.0\\.0\\.1:[0-9]+)")
                .matcher(text(err));
        assertThat(address.find()).as(text(err)).isTrue();
        HttpRequest request = HttpRequest.newBuilder(URI.create(address.group(1) + "/health/ready"))
                .build();
        return HttpClient.newHttpClient()
                        .send(request, BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    @Test
    void shouldNameTheAddressThatIsInUseBeforeAnythingStarts() throws Exception {
        try (ServerSocket used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + used.getLocalPort();
            Process process = run("http.listen=" + address);
            try {
                assertThat(exitCode(process)).isEqualTo(2);
                assertThat(text(err))
                        .startsWith("trueup: http.listen=" + address + ": the port is used by another process")
                        .hasLineCount(1);
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void shouldFailWithAMessageWhereTopicsAreMissing() throws Exception {
        Process process = run();
        try {
            assertThat(exitCode(process)).isEqualTo(2);
            assertThat(text(err)).contains("trueup: ", dataset + ".writes.eu").doesNotContain("\tat ");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldRefuseAWrongConfigurationBeforeAnythingStarts() throws Exception {
        Process process = run("grace=soon", "replcas=eu,us");
        try {
            assertThat(exitCode(process)).isEqualTo(2);
            assertThat(text(err))
                    .contains("2 problems in ", "Invalid value soon", "did you mean replicas?")
                    .doesNotContain("\tat ", SECRET);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldAddAReplicaThatIsAddedToItsFileAndIgnoreChangesThatNeedARestart() throws Exception {
        createWritesTopics("ap", "eu", "us");
        Process process = run("topics.create=true", "topics.partitions=2", "round.interval=1s", "grace=200ms");
        try {
            awaitError(process, "Started: dataset " + dataset);

            configure(
                    "replicas=ap,eu,us",
                    "topics.create=true",
                    "topics.partitions=2",
                    "round.interval=1s",
                    "grace=200ms");
            awaitError(process, "Reconfigured: dataset " + dataset);
            assertThat(text(err)).contains("replicas ap, eu, us");

            configure(
                    "replicas=ap,eu,us",
                    "topics.create=true",
                    "topics.partitions=2",
                    "round.interval=1s",
                    "grace=300ms");
            awaitError(process, "a change of grace, lag.patience, repair.timeout needs a restart");

            configure("replicas=ap,eu,us", "grace=soon");
            awaitError(process, "Invalid value soon");
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    private void createWritesTopics(String... replicas) {
        for (String replica : replicas) {
            broker.createTopics(2, dataset + ".writes." + replica);
        }
    }

    private void awaitError(Process process, String line) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> text(err).contains(line) || !process.isAlive());
        assertThat(err).content().contains(line);
    }

    private boolean hasReported() {
        return broker.admin()
                        .listTopics()
                        .names()
                        .toCompletionStage()
                        .toCompletableFuture()
                        .join()
                        .contains(dataset + ".rounds")
                && !broker.readAll(dataset + ".rounds").isEmpty();
    }

    private Path configure(String... settings) throws Exception {
        Path file = directory.resolve("trueup.properties");
        Files.writeString(
                file,
                String.join(
                        "\n",
                        "bootstrap.servers=" + broker.bootstrapServers(),
                        "dataset=" + dataset,
                        "hash.secret=" + SECRET,
                        "state.dir=" + directory.resolve("state"),
                        String.join("\n", settings)));
        return file;
    }

    private Process run(String... settings) throws Exception {
        List<String> all = new ArrayList<>(List.of(settings));
        all.add("replicas=eu,us");
        Path file = configure(all.toArray(String[]::new));
        return new ProcessBuilder(ChildJvm.command(
                        "-Dlog4j2.configurationFile=classpath:log4j2.properties",
                        Main.class.getName(),
                        "run",
                        "-c",
                        file.toString()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }

    private static String text(Path file) throws Exception {
        return Files.readString(file);
    }
}

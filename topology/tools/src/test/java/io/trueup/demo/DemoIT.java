package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.broker.ChildJvm;
import io.trueup.demo.fault.FaultPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The whole demo, small, in a process of its own. */
@Execution(ExecutionMode.CONCURRENT)
class DemoIT {

    private static final Duration TIMEOUT = Duration.ofMinutes(6);
    private static final Pattern BROKER = Pattern.compile("process (\\d+), all files in (\\S+)");

    @TempDir
    Path directory;

    private Path temporary;
    private Path output;
    private Path report;
    private Process demo;

    @BeforeEach
    void prepare() throws IOException {
        temporary = Files.createDirectory(directory.resolve("tmp"));
        output = directory.resolve("output");
        report = directory.resolve("report.json");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (demo != null) {
            demo.destroyForcibly().waitFor();
        }
    }

    @Test
    void shouldRepairEveryFaultAndNothingElseAndLeaveNothingBehind() throws Exception {
        start("--keys", "3000", "--partitions", "4", "--seed", "7", "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        assertThat(json.path("keys").asInt()).isEqualTo(3_000);
        assertThat(json.path("replicas").asInt()).isEqualTo(3);
        assertThat(json.path("partitions").asInt()).isEqualTo(4);
        assertThat(json.path("seed").asInt()).isEqualTo(7);
        for (String kind : List.of("MISSING", "STALE", "CORRUPT", "UNDELETED")) {
            assertThat(json.path("injected").path(kind).asInt()).as(kind).isEqualTo(FaultPlan.perKind(3_000));
            assertThat(json.path("repaired").path(kind).asInt()).as(kind).isEqualTo(FaultPlan.perKind(3_000));
        }
        assertThat(json.path("falseRepairs").asInt(-1)).isZero();
        assertThat(json.path("missed").asInt(-1)).isZero();
        assertThat(json.path("converged").asBoolean()).isTrue();
        assertThat(json.path("rounds").asInt()).isPositive();
        assertThat(json.path("controlBytes").asLong()).isPositive();
        assertThat(json.path("seconds").asDouble()).isPositive();
        assertThat(json.path("outages").asInt()).isEqualTo(1);
        assertThat(json.path("references").asInt(-1)).isZero();
        assertThat(json.path("rows").path("eu").asLong())
                .isPositive()
                .isEqualTo(json.path("rows").path("us").asLong())
                .isEqualTo(json.path("rows").path("ap").asLong());
        assertThat(output())
                .contains("EQUAL after", "20 faults, 20 repaired, 0 missed, 0 false repairs")
                .containsPattern("browser, as long as this runs: http://127.0.0.1:\\d+");
        String page = Files.readString(temporary.resolve("trueup-demo.html"));
        assertThat(page).contains("Equal again", "20 faults, 20 repaired", "<svg", "</main>");
        assertThat(page.split("<rect")).as("rounds and times in pictures").hasSizeGreaterThan(5);
        assertNothingLeft();
    }

    @Test
    void shouldRepairNothingAndExchangeOnlyRootsWhileNothingIsBroken() throws Exception {
        Path input = directory.resolve("records.csv");
        Files.write(
                input,
                Stream.concat(
                                Stream.of("id,name"),
                                Stream.iterate(0, number -> number + 1)
                                        .limit(400)
                                        .map(number -> number % 300 + ",name " + number))
                        .toList());

        start(
                "--input", input.toString(),
                "--key", "id",
                "--partitions", "4",
                "--faults", "none",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        assertThat(json.path("keys").asInt()).isEqualTo(300);
        assertThat(json.path("rounds").asInt()).isGreaterThanOrEqualTo(Demo.QUIET_ROUNDS);
        assertThat(json.path("writes").asInt()).isGreaterThan(1_000);
        assertThat(json.path("repairsByReplica")).allMatch(repairs -> repairs.asInt(-1) == 0);
        assertThat(json.path("converged").asBoolean()).isTrue();
        assertThat(json.path("controlMessages").path("Root").asInt()).isPositive();
        assertThat(json.path("failure").isNull()).isTrue();
        assertNothingLeft();
    }

    @Test
    void shouldResolveConflictsFindBrokenRowsByAScrubAndRepairWritesMissedForLongerThanThePatience() throws Exception {
        start(
                "--keys", "2000",
                "--partitions", "2",
                "--faults", "conflict,scrub,outage",
                "--outage", "30",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        int each = FaultPlan.perKind(2_000);
        assertAccount(json, "conflict", 2 * each, 2 * each, 2 * each);
        assertAccount(json, "scrub", 2 * each, 2 * each, 2 * each);
        assertThat(json.path("byFault").path("outage").path("repaired").asInt()).isPositive();
        assertThat(json.path("byFault").path("outage").path("falseRepairs").asInt(-1))
                .isZero();
        assertThat(output())
                .contains(
                        "conflict reported for",
                        "trueup conflicts choose",
                        "rounds did not see the " + 2 * each,
                        "scrub");
    }

    @Test
    void shouldRepairNothingWhenReplicasPurgeAtDifferentTimes() throws Exception {
        start(
                "--keys", "2000",
                "--partitions", "2",
                "--faults", "ttl,expired-tombstones",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        assertAccount(json, "ttl", 200, 0, 0);
        assertAccount(json, "expired-tombstones", 200, 0, 0);
        assertThat(json.path("repairsByReplica")).allMatch(repairs -> repairs.asInt(-1) == 0);
        assertThat(output()).contains("200 values expired; purged by", "200 keys were written and deleted");
    }

    @Test
    void shouldFillAnEmptyReplicaByRepairsAlone() throws Exception {
        start(
                "--keys", "2000",
                "--partitions", "2",
                "--faults", "empty-replica",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode filled = report().path("byFault").path("empty-replica");
        assertThat(filled.path("injected").asInt()).isEqualTo(2_000);
        assertThat(filled.path("repaired").asInt()).isBetween(500, 2_000);
        assertThat(filled.path("falseRepairs").asInt(-1)).isZero();
        assertThat(filled.path("missed").asInt(-1)).isZero();
        assertThat(report().path("repairsByReplica").path("eu").asInt(-1)).isZero();
        assertThat(output()).contains("filled: ");
    }

    @Test
    void shouldRepairBetweenRoundsWhatReadersReport() throws Exception {
        start(
                "--keys", "1000",
                "--partitions", "2",
                "--faults", "probe",
                "--interval", "6",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        assertAccount(report(), "probe", 5, 5, 5);
        assertThat(output()).contains("5 of 5 keys that readers reported", "repaired by probes", "6.0 s apart");
    }

    @Test
    void shouldTouchOnlyPartitionsThatChangeOwnersWhenAReplicaJoinsAndAnotherLeaves() throws Exception {
        start(
                "--keys", "1000",
                "--replicas", "4",
                "--partitions", "4",
                "--faults", "membership",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        JsonNode moved = json.path("byFault").path("membership");
        assertThat(moved.path("injected").asInt()).isPositive();
        assertThat(moved.path("repaired").asInt()).isPositive();
        assertThat(moved.path("falseRepairs").asInt(-1)).isZero();
        assertThat(moved.path("missed").asInt(-1)).isZero();
        assertThat(moved.path("note").asText())
                .containsPattern("sa joined: [123] of 4 partitions changed owners")
                .containsPattern("eu left: [123] of 4 partitions changed owners")
                .contains("0 of 12 trees were rebuilt")
                .doesNotContainPattern("[1-9]\\d* of \\d+ trees were rebuilt");
        assertThat(json.path("rows")).hasSize(3);
        assertThat(json.path("repairsByReplica").path("eu").asInt(-1)).isZero();
    }

    @Test
    void shouldSendNoRepairsAndRaiseTheAlarmWhenAProducerUsesAnotherPartitioner() throws Exception {
        start(
                "--keys", "2000",
                "--partitions", "2",
                "--faults", "wrong-partitioner",
                "--interval", "1",
                "--report", report.toString());

        assertThat(exitCode()).as(output()).isZero();
        JsonNode json = report();
        assertThat(json.path("repairsByReplica")).allMatch(repairs -> repairs.asInt(-1) == 0);
        assertThat(json.path("byFault").path("wrong-partitioner").path("found").asInt())
                .isGreaterThan(1_000);
        assertThat(json.path("byFault").path("wrong-partitioner").path("note").asText())
                .contains("Flood guard", "trueup approve");
        assertThat(output()).contains("ALARM in the log of the job", ", 0 were sent. Now ap is corrected");
    }

    @Test
    void shouldLeaveNothingBehindWhenTerminated() throws Exception {
        start("--keys", "1000", "--partitions", "2");
        await().atMost(TIMEOUT).until(() -> output().contains("\n6. ") || !demo.isAlive());
        assertThat(demo.isAlive()).as(output()).isTrue();

        demo.destroy();

        assertThat(exitCode()).as(output()).isEqualTo(128 + 15);
        assertThat(output()).endsWith("Interrupted: all processes and files of the demo are gone.\n");
        assertNothingLeft();
    }

    @Test
    void shouldNameTheLineOfMalformedInputAndStartNothing() throws Exception {
        Path input = Files.writeString(directory.resolve("records.jsonl"), "{\"id\":1}\n{\"id\":2}\n{\"name\":3}\n");

        start("--input", input.toString(), "--key", "id");

        assertThat(exitCode()).as(output()).isEqualTo(2);
        assertThat(output()).contains("records.jsonl line 3: no field \"id\"").doesNotContain("broker");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void shouldRefuseTooFewReplicas() throws Exception {
        start("--replicas", "2", "--faults", "corrupt");

        assertThat(exitCode()).isEqualTo(2);
        assertThat(output()).contains("with 2 replicas there is no majority");

        start("--replicas", "3", "--faults", "membership");

        assertThat(exitCode()).isEqualTo(2);
        assertThat(output()).contains("use --replicas 4 or more with --faults membership");
    }

    @Test
    void shouldRefuseFaultsThatCannotBeCombined() throws Exception {
        start("--faults", "lost,wrong-partitioner");

        assertThat(exitCode()).isEqualTo(2);
        assertThat(output()).contains("--faults wrong-partitioner cannot be combined with other faults");
    }

    private static void assertAccount(JsonNode json, String fault, int injected, int found, int repaired) {
        JsonNode account = json.path("byFault").path(fault);
        assertThat(account.path("injected").asInt(-1)).as(fault + " injected").isEqualTo(injected);
        assertThat(account.path("found").asInt(-1)).as(fault + " found").isEqualTo(found);
        assertThat(account.path("repaired").asInt(-1)).as(fault + " repaired").isEqualTo(repaired);
        assertThat(account.path("falseRepairs").asInt(-1)).as(fault + " false").isZero();
        assertThat(account.path("missed").asInt(-1)).as(fault + " missed").isZero();
    }

    private void start(String... options) throws IOException {
        List<String> command =
                ChildJvm.command("-Xmx768m", "-Djava.io.tmpdir=" + temporary, "io.trueup.cli.Main", "demo");
        command.addAll(List.of(options));
        demo = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    private int exitCode() throws InterruptedException, IOException {
        assertThat(demo.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS))
                .as(output())
                .isTrue();
        return demo.exitValue();
    }

    private String output() throws IOException {
        return Files.readString(output);
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper().readTree(report.toFile());
    }

    private void assertNothingLeft() throws IOException {
        Matcher broker = BROKER.matcher(output());
        assertThat(broker.find()).as(output()).isTrue();
        assertThat(ProcessHandle.of(Long.parseLong(broker.group(1))).filter(ProcessHandle::isAlive))
                .isEmpty();
        assertThat(Path.of(broker.group(2))).doesNotExist();
        assertThat(temporary).isDirectoryNotContaining(file -> !file.endsWith("trueup-demo.html"));
    }
}

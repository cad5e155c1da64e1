package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.demo.fault.FaultResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoReportTest {

    @Test
    void shouldWriteAllFiguresAsFieldsOfOneObject() {
        ObjectNode json = report(0, null).json();

        assertThat(json.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "keys",
                        "replicas",
                        "partitions",
                        "seed",
                        "injected",
                        "repaired",
                        "falseRepairs",
                        "missed",
                        "converged",
                        "rounds",
                        "controlBytes",
                        "seconds",
                        "failure",
                        "faults",
                        "byFault",
                        "outages",
                        "writes",
                        "rows",
                        "unequalRows",
                        "repairsByReplica",
                        "repeatedRepairs",
                        "references",
                        "roundsAllEqual",
                        "controlMessages",
                        "segmentsCompared",
                        "keysCompared",
                        "malformed",
                        "deadLetters",
                        "repairLatency");
        assertThat(json.path("byFault").path("lost").path("injected").asInt()).isEqualTo(5);
        assertThat(json.path("repairLatency").path("medianMs").asInt()).isEqualTo(10);
    }

    @Test
    void shouldBeGoodOnlyWithoutFalseRepairsAndFailures() {
        assertThat(report(0, null).good()).isTrue();
        assertThat(report(1, null).good()).isFalse();
        assertThat(report(0, "the broker has ended").good()).isFalse();
    }

    private static DemoReport report(long falseRepairs, String failure) {
        return new DemoReport(
                new DemoReport.Setup(100, 3, 8, 1, List.of("lost")),
                new DemoReport.Outcome(falseRepairs, 0, true, 1.5, failure),
                new DemoReport.Faults(
                        Map.of("MISSING", 5L),
                        Map.of("MISSING", 5L),
                        Map.of("lost", new FaultResult(5, 5, 5, 0, 0, null)),
                        0),
                new DemoReport.Repairs(Map.of("eu", 5L), 0, 0, new Latency(10, 20, 30)),
                new DemoReport.Tables(7, Map.of("eu", 100L), Map.of("eu", 0L)),
                new DemoReport.JobCounts(3, 2, 400, Map.of("Root", 9L), 1, 5, 0, 0));
    }
}

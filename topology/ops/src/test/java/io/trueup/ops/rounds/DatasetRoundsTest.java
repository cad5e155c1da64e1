package io.trueup.ops.rounds;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import io.trueup.ops.Reports;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.status.State;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatasetRoundsTest {

    private static final long NOW_MS = 1_790_000_000_000L;
    private static final int SIZE = 500;

    private final DatasetRounds rounds = new DatasetRounds(
            TrueupConfig.of(Map.of(
                    "bootstrap.servers", "localhost:9092",
                    "dataset", "shop",
                    "replicas", "eu,us",
                    "hash.secret", "sixteen-bytes-of-secret!")),
            2,
            NOW_MS);

    private static RoundReport.Builder report(String replica, int partition, long ageMs, Outcome outcome) {
        return Reports.report("shop", List.of("eu", "us"), replica, partition, NOW_MS - ageMs, outcome);
    }

    private void take(RoundReport.Builder... reports) {
        for (RoundReport.Builder report : reports) {
            rounds.take(report.build(), SIZE, NOW_MS);
        }
    }

    private ReplicaProgress progress(String replica) {
        return rounds.at(NOW_MS, true).progress().stream()
                .filter(one -> one.replica().equals(replica))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldAgeFromTheLatestCutAtWhichAReplicaWasEqualInAllItsPartitions() {
        take(
                report("eu", 0, 30_000, Outcome.EQUAL),
                report("eu", 0, 20_000, Outcome.EQUAL),
                report("eu", 0, 10_000, Outcome.DIVERGENT),
                report("eu", 1, 40_000, Outcome.EQUAL),
                report("eu", 1, 10_000, Outcome.LAGGING));

        assertThat(progress("eu").agreementAgeMs()).isEqualTo(40_000);
        assertThat(progress("eu").reportAgeMs()).isEqualTo(10_000);
    }

    /** A replica that others are silent for is equal to those heard alone. */
    @Test
    void shouldNotTakeAReportThatHasNotHeardAllOwnersForAProof() {
        take(report("eu", 0, 20_000, Outcome.EQUAL).setHeard(List.of()), report("eu", 1, 20_000, Outcome.EQUAL));
        take(report("eu", 0, 50_000, Outcome.DIVERGENT));

        assertThat(progress("eu").agreementAgeMs()).isEqualTo(50_000);
    }

    @Test
    void shouldAgeFromTheFirstReportOrFromTheStartWithoutAnyProof() {
        assertThat(progress("us").agreementAgeMs()).isZero();

        take(report("eu", 0, 60_000, Outcome.DIVERGENT), report("eu", 0, 10_000, Outcome.DIVERGENT));

        assertThat(progress("us").agreementAgeMs()).isEqualTo(60_000);
        assertThat(progress("us").reportAgeMs()).isEqualTo(60_000);
    }

    @Test
    void shouldMeasureTheLagBehindTheNewestWriteOfAnotherOwner() {
        take(
                report("eu", 0, 1_000, Outcome.EQUAL),
                report("us", 0, 1_000, Outcome.EQUAL).setWatermark(NOW_MS - 9_000),
                report("us", 0, 500, Outcome.SKIPPED).setWatermark(NOW_MS));

        assertThat(progress("us").lagMs()).isEqualTo(8_000);
        assertThat(progress("eu").lagMs()).isZero();
    }

    /** A repair does not move the watermark. */
    @Test
    void shouldNotCallAReplicaLateThatIsEqual() {
        take(
                report("eu", 0, 1_000, Outcome.EQUAL),
                report("us", 0, 1_000, Outcome.EQUAL).setWatermark(NOW_MS - 9_000));

        assertThat(progress("us").lagMs()).isZero();
    }

    @Test
    void shouldAddUpTheReportsOfEachCut() {
        RoundReport.Builder twice = report("eu", 0, 2_000, Outcome.DIVERGENT)
                .setDivergences(Map.of("STALE", 3L))
                .setRepairs(Map.of("us", 2L));
        take(
                twice,
                twice,
                report("us", 0, 2_000, Outcome.DIVERGENT).setDivergences(Map.of("STALE", 2L, "MISSING", 1L)),
                report("eu", 1, 2_000, Outcome.DIVERGENT).setDivergences(Map.of("STALE", 10L)),
                report("us", 1, 2_000, Outcome.SKIPPED).setVerified(4),
                report("jp", 1, 2_000, Outcome.DIVERGENT),
                report("eu", 0, 1_000, Outcome.EQUAL),
                report("eu", 0, -5_000, Outcome.EQUAL));

        assertThat(rounds.cuts(10))
                .containsExactly(
                        new CutTotals(
                                NOW_MS - 2_000,
                                4,
                                4,
                                Map.of("DIVERGENT", 3L, "SKIPPED", 1L),
                                Map.of("STALE", 13L, "MISSING", 1L),
                                Map.of("us", 2L),
                                4,
                                0,
                                4 * 80),
                        new CutTotals(NOW_MS - 1_000, 1, 4, Map.of("EQUAL", 1L), Map.of(), Map.of(), 0, 0, 80));
        assertThat(rounds.cuts(1)).extracting(CutTotals::cutMs).containsExactly(NOW_MS - 1_000);
    }

    @Test
    void shouldKeepTheLatestCuts() {
        for (int i = Cuts.MAX_CUTS + 5; i > 0; i--) {
            take(report("eu", 0, i, Outcome.EQUAL));
        }
        take(report("us", 0, 1_000_000, Outcome.EQUAL));

        assertThat(rounds.cuts(Integer.MAX_VALUE))
                .hasSize(Cuts.MAX_CUTS)
                .first()
                .returns(NOW_MS - Cuts.MAX_CUTS, CutTotals::cutMs);
    }

    @Test
    void shouldKeepABoundedNumberOfReportsAndOfBytes() {
        for (int i = 0; i < DatasetRounds.MAX_REPORTS + 10; i++) {
            take(report("eu", 0, 60_000 - i, Outcome.EQUAL));
        }
        assertThat(rounds.latest(any -> true, Integer.MAX_VALUE))
                .hasSize(DatasetRounds.MAX_REPORTS)
                .first()
                .returns(NOW_MS - 60_000 + DatasetRounds.MAX_REPORTS + 9, RoundReport::getCut);

        rounds.take(report("eu", 1, 1_000, Outcome.EQUAL).build(), (int) DatasetRounds.MAX_BYTES - SIZE, NOW_MS);
        assertThat(rounds.latest(any -> true, Integer.MAX_VALUE)).hasSize(2);
    }

    @Test
    void shouldIgnoreReportsOfOtherDatasetsAndOfPartitionsThatAreNot() {
        take(report("eu", 0, 1_000, Outcome.EQUAL).setDataset("other"), report("eu", 2, 1_000, Outcome.EQUAL));

        assertThat(rounds.latest(any -> true, 10)).isEmpty();
        assertThat(rounds.at(NOW_MS, true).status().state()).isEqualTo(State.UNKNOWN);
    }
}

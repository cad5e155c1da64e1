package io.trueup.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.schema.RoundReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundReportsTest {

    @Test
    void shouldReportWhatIsGuardedSeededInConflictProbedForgottenAndDropped() {
        RoundSummary round = RoundFixtures.of(Outcome.DIVERGENT, Map.of("us", 4_000L), Map.of("ap", 4L), 3);

        RoundReport report = RoundReports.report("shop", "eu", 2, round, 0);

        assertThat(report.getGuarded()).isEqualTo(Map.of("us", 4_000L));
        assertThat(report.getSuspicious()).isEqualTo(Map.of("us", 8L));
        assertThat(report.getFilling()).containsExactly("ap");
        assertThat(report.getFillingEntries()).isEqualTo(Map.of("ap", 4L));
        assertThat(report.getMostEntries()).isEqualTo(9);
        assertThat(report.getConflicts()).isEqualTo(3);
        assertThat(report.getProbes()).isEqualTo(5);
        assertThat(report.getForgotten()).isEqualTo(6);
        assertThat(report.getDropped()).isEqualTo(8);
        assertThat(RoundReports.line("eu", 2, round, 0))
                .isEqualTo(
                        "eu/2 round 7: DIVERGENT, 100 entries, left to a person {NO_WINNER=3}, held back by the flood guard {us=4000}, being filled, of 9 entries {ap=4},"
                                + " probed 5, forgotten 6, dropped after a scan 8");
    }

    @Test
    void shouldBeNoteworthyWhileTheGuardHoldsRepairsBackAReplicaIsFilledOrAConflictIsOpen() {
        RoundSummary guarding = RoundFixtures.of(Outcome.EQUAL, Map.of("us", 1L), Map.of(), 0);
        RoundSummary seeding = RoundFixtures.of(Outcome.EQUAL, Map.of(), Map.of("us", 4L), 0);
        RoundSummary inConflict = RoundFixtures.of(Outcome.EQUAL, Map.of(), Map.of(), 1);

        assertThat(List.of(guarding, seeding, inConflict))
                .allSatisfy(
                        round -> assertThat(RoundReports.noteworthy(round, 0)).isTrue());
    }
}

package io.trueup.reconcile.flood;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.flood.FloodTotals.Others;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Three partitions; rounds every 10 s, cuts a second before. */
class ReportedTotalsTest {

    private static final long NOW_MS = 1_000_000_000;
    private static final long CUT_MS = NOW_MS - 1_000;
    private static final long INTERVAL_MS = 10_000;

    private final Settings settings = TestSettings.settings("ap", "eu", "us");
    private final ReportedTotals totals = new ReportedTotals(settings, 3);

    private void report(String reporter, int partition, long cutMs, long divergences, long keys) {
        totals.reported(reporter, partition, cutMs, Map.of("us", divergences), keys, NOW_MS);
    }

    private Others others() {
        return totals.others("us", 0, CUT_MS, CUT_MS);
    }

    @Test
    void shouldAddUpTheOtherPartitions() {
        report("eu", 0, CUT_MS, 1, 10);
        report("eu", 1, CUT_MS, 2, 20);
        assertThat(others()).isEqualTo(new Others(2, 20, 1, 2, false));

        report("eu", 2, CUT_MS, 4, 40);
        assertThat(others()).isEqualTo(new Others(6, 60, 2, 2, true));
        assertThat(totals.others("us", 1, CUT_MS, CUT_MS)).isEqualTo(new Others(5, 50, 2, 2, true));
        assertThat(totals.others("ap", 0, CUT_MS, CUT_MS)).isEqualTo(new Others(0, 0, 0, 2, false));
    }

    /** Whatever the order: a report cannot take back what another one has found. */
    @Test
    void shouldCountTheMostDivergencesAndTheFewestKeys() {
        report("us", 1, CUT_MS, 0, 1_000_000);
        report("eu", 1, CUT_MS, 8, 8);
        report("ap", 1, CUT_MS, 0, 1_000_000);
        report("eu", 1, CUT_MS, 0, 1_000_000);
        report("eu", 1, CUT_MS - INTERVAL_MS, 3, 9);

        assertThat(others()).isEqualTo(new Others(8, 8, 1, 2, false));
    }

    /** It has 0 where others see what it lacks, and their reports may be later. */
    @Test
    void shouldNotTakeTheWordOfAReplicaThatItLacksNothing() {
        report("us", 1, CUT_MS, 0, 20);
        report("us", 2, CUT_MS, 4, 40);

        assertThat(others()).isEqualTo(new Others(4, 40, 1, 2, false));
    }

    @Test
    void shouldCountAReportForThreeIntervals() {
        report("eu", 1, CUT_MS - 3 * INTERVAL_MS, 2, 20);
        report("eu", 2, CUT_MS - 4 * INTERVAL_MS, 4, 40);

        assertThat(others()).isEqualTo(new Others(2, 20, 1, 2, false));
        assertThat(totals.others("us", 0, CUT_MS - INTERVAL_MS, CUT_MS - 4 * INTERVAL_MS))
                .isEqualTo(new Others(6, 60, 2, 2, true));
    }

    @Test
    void shouldBeCompleteOnlyIfAllHaveReportedSinceTheCut() {
        report("eu", 1, CUT_MS, 2, 20);
        report("eu", 2, CUT_MS - INTERVAL_MS, 4, 40);

        assertThat(others().complete()).isFalse();
        assertThat(totals.others("us", 0, CUT_MS, CUT_MS - INTERVAL_MS).complete())
                .isTrue();
    }

    @Test
    void shouldIgnoreWhatCannotBeTrue() {
        report("eu", 3, CUT_MS, 9, 9);
        report("eu", -1, CUT_MS, 9, 9);
        report("nobody", 1, CUT_MS, 9, 9);
        report("eu", 1, CUT_MS + 1, 9, 9);
        report("eu", 1, CUT_MS + 2 * INTERVAL_MS, 9, 9);
        report("eu", 1, Long.MAX_VALUE - 7, 9, 9);
        report("eu", 1, CUT_MS - 100 * INTERVAL_MS, 9, 9);
        totals.reported("eu", 1, CUT_MS, Map.of("nobody", 9L), 9, NOW_MS);
        assertThat(others()).isEqualTo(new Others(0, 0, 0, 2, false));
        assertThat(totals.others("us", 0, CUT_MS + 2 * INTERVAL_MS, CUT_MS).reported())
                .as("a cut that was in the future")
                .isZero();

        report("eu", 1, CUT_MS, -9, -9);
        report("eu", 2, CUT_MS, Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(others()).isEqualTo(new Others(1L << 40, 1L << 40, 2, 2, true));
    }

    @Test
    void shouldCountOnlyPartitionsThatTheTargetOwns() {
        report("eu", 1, CUT_MS, 2, 20);
        report("eu", 2, CUT_MS, 4, 40);

        totals.place(Placement.explicit(
                settings.replicas(), Map.of(0, settings.replicas(), 1, List.of("ap", "eu"), 2, settings.replicas())));

        assertThat(others()).isEqualTo(new Others(4, 40, 1, 1, true));
    }
}

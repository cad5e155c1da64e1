package io.trueup.reconcile.flood;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.flood.FloodTotals.Others;
import io.trueup.reconcile.flood.Weighing.Result;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import org.junit.jupiter.api.Test;

/** Partition 0 of 20: a flood is more than a tenth of the keys, and 10 keys at least. */
class WeighingTest {

    private static final long INTERVAL_MS = 10_000;

    private final Settings settings = TestSettings.settings("eu", "us")
            .changed()
            .floodFraction(0.1)
            .floodMinKeys(10)
            .build();
    /** What the other 19 partitions have reported, and up to which cut. */
    private Others reported = new Others(0, 0, 0, 19, false);

    private long reportedMs = Long.MIN_VALUE;
    private long askedSinceMs;
    private final Weighing weighing = weighing(settings);

    private Weighing weighing(Settings with) {
        return new Weighing(with, 0, (target, partition, cutMs, sinceMs) -> {
            askedSinceMs = sinceMs;
            return new Others(
                    reported.divergences(),
                    reported.keys(),
                    reported.reported(),
                    reported.partitions(),
                    reportedMs >= sinceMs);
        });
    }

    private Result weigh(long found, long entries, int round) {
        return weighing.weigh("us", found, entries, round * INTERVAL_MS, false);
    }

    /** All other partitions report a round. */
    private void othersReport(int round, long divergences, long keys) {
        reported = new Others(divergences, keys, 19, 19, false);
        reportedMs = round * INTERVAL_MS;
    }

    @Test
    void shouldCloseAtOnceForAFloodInOnePartition() {
        assertThat(weigh(10, 50, 1)).isEqualTo(Result.FLOOD);
        assertThat(weigh(101, 1_000, 1)).isEqualTo(Result.FLOOD);
    }

    @Test
    void shouldRepairAtOnceWhatIsNoFloodEvenIfAllPartitionsHaveLostAsMuch() {
        assertThat(weigh(9, 1_000, 1)).isEqualTo(Result.FEW);
        assertThat(weigh(100, 1_000, 1)).isEqualTo(Result.FEW);
    }

    @Test
    void shouldWaitForTheOtherPartitionsWhereALargeShareOfFewKeysIsLost() {
        assertThat(weigh(8, 8, 1)).isEqualTo(Result.UNKNOWN);
        othersReport(0, 0, 152);
        assertThat(weigh(8, 8, 1)).as("what they found before").isEqualTo(Result.UNKNOWN);

        othersReport(1, 0, 152);
        assertThat(weigh(8, 8, 2)).isEqualTo(Result.FEW);
        assertThat(askedSinceMs).isEqualTo(INTERVAL_MS);
    }

    @Test
    void shouldCloseForAFloodOfAllPartitionsTogether() {
        weigh(8, 8, 1);
        othersReport(1, 8, 152);
        assertThat(weigh(8, 8, 2)).as("16 of 160 keys are no more than a tenth").isEqualTo(Result.FEW);
        othersReport(2, 9, 152);
        assertThat(weigh(8, 8, 3)).isEqualTo(Result.FLOOD);
    }

    @Test
    void shouldCloseForAFloodElsewhereThoughItsOwnShareIsSmall() {
        othersReport(0, 500, 1_000);

        assertThat(weigh(1, 50, 1)).as("an old report may be of other losses").isEqualTo(Result.UNKNOWN);
        othersReport(1, 500, 1_000);
        assertThat(weigh(1, 50, 2)).isEqualTo(Result.FLOOD);
        assertThat(weigh(0, 50, 3)).as("nothing to hold back").isEqualTo(Result.FEW);
    }

    /** A loss that grows after the other partitions were asked. */
    @Test
    void shouldWaitAgainIfARoundFindsMore() {
        weigh(2, 8, 1);
        othersReport(1, 0, 152);
        assertThat(weigh(2, 8, 2)).isEqualTo(Result.FEW);

        assertThat(weigh(8, 8, 3)).isEqualTo(Result.UNKNOWN);
        othersReport(3, 152, 152);
        assertThat(weigh(8, 8, 4)).isEqualTo(Result.FLOOD);
    }

    @Test
    void shouldNotWaitAgainForWhatIsWeighed() {
        weigh(8, 8, 1);
        othersReport(1, 0, 152);

        assertThat(weigh(8, 8, 2)).isEqualTo(Result.FEW);
        assertThat(weigh(8, 8, 3)).isEqualTo(Result.FEW);
        assertThat(weigh(5, 8, 9)).isEqualTo(Result.FEW);
    }

    @Test
    void shouldConcludeAfterThreeRoundsFromThePartitionsThatHaveReported() {
        reported = new Others(1, 80, 9, 19, false);
        assertThat(weigh(2, 8, 1)).isEqualTo(Result.UNKNOWN);
        assertThat(weigh(2, 8, 2)).isEqualTo(Result.UNKNOWN);
        assertThat(weigh(2, 8, 3)).isEqualTo(Result.UNKNOWN);
        assertThat(weighing.takeNote()).isEmpty();

        assertThat(weigh(2, 8, 4)).isEqualTo(Result.FEW);
        assertThat(weighing.takeNote())
                .singleElement()
                .asString()
                .contains("repairs of us by the reports of 10 of 20 partitions", "3 rounds");
        assertThat(weighing.takeNote()).isEmpty();
        assertThat(weigh(2, 8, 5)).as("without another wait").isEqualTo(Result.FEW);
    }

    /** Nothing that is not reported counts as well: the other partitions are taken to be like this one. */
    @Test
    void shouldCloseAfterThreeRoundsIfNoOtherPartitionHasReported() {
        for (int round = 1; round < 4; round++) {
            assertThat(weigh(8, 8, round)).isEqualTo(Result.UNKNOWN);
        }

        assertThat(weigh(8, 8, 4)).isEqualTo(Result.FLOOD);
        assertThat(weighing.takeNote()).singleElement().asString().contains("1 of 20");
    }

    @Test
    void shouldOpenOnlyByReportsOfAllOtherPartitions() {
        for (int round = 1; round < 9; round++) {
            assertThat(weighing.weigh("us", 1, 100, round * INTERVAL_MS, true)).isEqualTo(Result.UNKNOWN);
        }

        othersReport(8, 0, 1_900);
        assertThat(weighing.weigh("us", 1, 100, 9 * INTERVAL_MS, true)).isEqualTo(Result.FEW);
    }

    @Test
    void shouldNeverCloseIfTheFractionIsOne() {
        Weighing off = weighing(settings.changed().floodFraction(1).build());
        othersReport(1, 5_000, 1_000);

        assertThat(off.weigh("us", 2_000, 1_000, 2 * INTERVAL_MS, false)).isEqualTo(Result.FEW);
    }
}

package io.trueup.reconcile.flood;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.flood.FloodGuard.Estimate;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.MapTable;
import org.junit.jupiter.api.Test;

/** The guard trips for more than a tenth of the keys, and for 1 000 keys at least. */
class FloodGuardTest {

    private final FloodGuard guard =
            new FloodGuard(TestSettings.settings("eu", "us"), new MapTable(), 0, FloodTotals.NONE);

    @Test
    void shouldTripForMoreThanTheFractionAndAtLeastTheMinimumOfKeys() {
        guard.decide("us", new Estimate(999, 999), 1_000, true, false, 0, 0);
        assertThat(guard.holdsBack("us")).isFalse();
        guard.decide("us", new Estimate(1_000, 1_000), 10_000, true, false, 0, 0);
        assertThat(guard.holdsBack("us")).isFalse();
        guard.decide("us", new Estimate(1_001, 1_001), 10_000, true, false, 0, 0);
        assertThat(guard.holdsBack("us")).isTrue();
        assertThat(guard.holdsBack("eu")).isFalse();
    }

    @Test
    void shouldStayClosedAfterARoundThatDidNotCompareEverything() {
        guard.decide("us", new Estimate(5_000, 5_000), 10_000, false, false, 0, 0);

        guard.decide("us", new Estimate(3, 3), 10_000, false, false, 1, 1);
        assertThat(guard.held()).containsEntry("us", 5_000L);

        guard.decide("us", new Estimate(3, 3), 10_000, true, false, 2, 2);
        assertThat(guard.held()).isEmpty();
    }

    @Test
    void shouldBeOpenFromAnApprovalUntilItExpires() {
        guard.decide("us", new Estimate(5_000, 5_000), 10_000, true, false, 0, 0);
        guard.approve("us", 100, 50);
        assertThat(guard.holdsBack("us")).isFalse();

        guard.decide("us", new Estimate(5_000, 5_000), 10_000, true, false, 100, 100);
        assertThat(guard.holdsBack("us")).isFalse();
        guard.decide("us", new Estimate(5_000, 5_000), 10_000, true, false, 101, 101);
        assertThat(guard.holdsBack("us")).isTrue();
    }

    @Test
    void shouldWaitForTheNextRoundIfThisOneComparedTooLittleToDecide() {
        guard.decide("us", new Estimate(40, 4_000), 10_000, false, false, 0, 0);
        assertThat(guard.holdsBack("us")).isTrue();
        assertThat(guard.held()).isEmpty();

        guard.decide("us", new Estimate(40, 900), 10_000, false, false, 1, 1);
        assertThat(guard.holdsBack("us")).isFalse();
    }
}

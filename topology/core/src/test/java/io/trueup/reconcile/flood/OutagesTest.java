package io.trueup.reconcile.flood;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.MapTable;
import org.junit.jupiter.api.Test;

/** Grace 1 s, patience 10 s. */
class OutagesTest {

    private static final long CUT = 1_000_000;

    private final Outages outages = new Outages(TestSettings.settings("eu", "us"), new MapTable());

    @Test
    void shouldCountWritesOfAnOutageThatStillLasts() {
        outages.seen("us", CUT, CUT, CUT);

        assertThat(outages.missed("us", CUT - 999, CUT, CUT + 1_001)).isTrue();
        assertThat(outages.missed("us", CUT - 1_000, CUT, CUT + 1_001)).isFalse();
    }

    @Test
    void shouldNotTreatAReplicaAsAwayWhoseWatermarkIsAtThatOfTheOthers() {
        outages.seen("us", CUT, CUT, CUT);

        assertThat(outages.missed("us", CUT - 999, CUT, CUT + 1_000)).isFalse();
        assertThat(outages.missed("us", CUT, CUT, CUT)).isFalse();
    }

    @Test
    void shouldNotTreatADayWithoutWritesAsAnOutage() {
        long nextDay = CUT + 86_400_000;
        Outages withLongPatience = new Outages(
                TestSettings.settings("eu", "us").changed().patienceMs(60_000).build(), new MapTable());
        withLongPatience.seen("us", CUT, CUT, CUT);
        withLongPatience.seen("us", CUT, CUT, nextDay - 10_000);
        withLongPatience.seen("us", CUT, nextDay, nextDay);
        withLongPatience.seen("us", nextDay + 10_000, nextDay + 10_000, nextDay + 10_000);

        assertThat(withLongPatience.missed("us", nextDay - 5_000, nextDay + 20_000, nextDay + 20_000))
                .isFalse();
    }

    @Test
    void shouldRememberAnOutageDuringWhichTheReplicaWasNotHeard() {
        Outages withLongPatience = new Outages(
                TestSettings.settings("eu", "us").changed().patienceMs(60_000).build(), new MapTable());
        withLongPatience.seen("us", CUT, CUT, CUT);
        for (long later = 10_000; later < 200_000; later += 10_000) {
            withLongPatience.silent("us", CUT + later, CUT + later);
        }
        withLongPatience.seen("us", CUT + 200_000, CUT + 200_000, CUT + 200_000);

        assertThat(withLongPatience.missed("us", CUT + 100_000, CUT + 210_000, CUT + 210_000))
                .isTrue();
    }

    @Test
    void shouldRememberAnOutageAfterTheReturn() {
        outages.seen("us", CUT, CUT, CUT);
        outages.seen("us", CUT, CUT + 30_000, CUT + 30_000);
        outages.seen("us", CUT + 40_000, CUT + 40_000, CUT + 40_000);

        assertThat(outages.missed("us", CUT - 1_000, CUT + 50_000, CUT + 50_000))
                .isFalse();
        assertThat(outages.missed("us", CUT - 999, CUT + 50_000, CUT + 50_000)).isTrue();
        assertThat(outages.missed("us", CUT + 40_000, CUT + 50_000, CUT + 50_000))
                .isTrue();
        assertThat(outages.missed("us", CUT + 40_001, CUT + 50_000, CUT + 50_000))
                .isFalse();
        assertThat(outages.missed("eu", CUT + 20_000, CUT + 50_000, CUT + 50_000))
                .isFalse();
    }

    @Test
    void shouldRememberAnOutageFromWhichTheReplicaReturnsStepByStep() {
        outages.seen("us", CUT, CUT, CUT);
        outages.seen("us", CUT + 8_000, CUT + 40_000, CUT + 40_000);
        outages.seen("us", CUT + 30_000, CUT + 50_000, CUT + 50_000);
        outages.seen("us", CUT + 60_000, CUT + 60_000, CUT + 60_000);

        assertThat(outages.missed("us", CUT + 4_000, CUT + 60_000, CUT + 60_000))
                .isTrue();
        assertThat(outages.missed("us", CUT + 59_000, CUT + 61_000, CUT + 61_000))
                .isTrue();
    }

    @Test
    void shouldNotTreatTheLoadingOfOldDataAsAnOutage() {
        outages.seen("us", CUT - 900_000, CUT, CUT);
        outages.seen("us", CUT - 500_000, CUT, CUT);
        outages.seen("us", CUT, CUT, CUT);

        assertThat(outages.missed("us", CUT - 700_000, CUT, CUT)).isFalse();
    }

    @Test
    void shouldNotTreatAPauseWithinPatienceAsAnOutage() {
        outages.seen("us", CUT, CUT, CUT);
        outages.seen("us", CUT + 10_000, CUT + 10_000, CUT + 10_000);

        assertThat(outages.missed("us", CUT + 5_000, CUT + 11_000, CUT + 11_000))
                .isFalse();
    }
}

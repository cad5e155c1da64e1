package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Grace 1 s, patience 10 s. */
class OutagesTest {

    private static final long CUT = 1_000_000;

    private final Outages absences = new Outages(Cluster.settings("eu", "us"));

    @Test
    void shouldCountWhatWasWrittenWhileAReplicaIsStillAway() {
        absences.seen("us", CUT, CUT, CUT);

        assertThat(absences.missed("us", CUT - 999, CUT, CUT + 1_001)).isTrue();
        assertThat(absences.missed("us", CUT - 1_000, CUT, CUT + 1_001)).isFalse();
    }

    @Test
    void shouldNotTakeForAwayWhoHasComeAsFarAsTheOthers() {
        absences.seen("us", CUT, CUT, CUT);

        assertThat(absences.missed("us", CUT - 999, CUT, CUT + 1_000)).isFalse();
        assertThat(absences.missed("us", CUT, CUT, CUT)).isFalse();
    }

    @Test
    void shouldNotTakeADayWithoutWritesForAnAbsence() {
        long nextDay = CUT + 86_400_000;
        Outages patient = new Outages(
                Cluster.settings("eu", "us").changed().patienceMs(60_000).build());
        patient.seen("us", CUT, CUT, CUT);
        patient.seen("us", CUT, CUT, nextDay - 10_000);
        patient.seen("us", CUT, nextDay, nextDay);
        patient.seen("us", nextDay + 10_000, nextDay + 10_000, nextDay + 10_000);

        assertThat(patient.missed("us", nextDay - 5_000, nextDay + 20_000, nextDay + 20_000))
                .isFalse();
    }

    @Test
    void shouldRememberAnAbsenceInWhichAReplicaWasNotHeard() {
        Outages patient = new Outages(
                Cluster.settings("eu", "us").changed().patienceMs(60_000).build());
        patient.seen("us", CUT, CUT, CUT);
        for (long later = 10_000; later < 200_000; later += 10_000) {
            patient.silent("us", CUT + later, CUT + later);
        }
        patient.seen("us", CUT + 200_000, CUT + 200_000, CUT + 200_000);

        assertThat(patient.missed("us", CUT + 100_000, CUT + 210_000, CUT + 210_000))
                .isTrue();
    }

    @Test
    void shouldRememberAnAbsenceAfterTheReturn() {
        absences.seen("us", CUT, CUT, CUT);
        absences.seen("us", CUT, CUT + 30_000, CUT + 30_000);
        absences.seen("us", CUT + 40_000, CUT + 40_000, CUT + 40_000);

        assertThat(absences.missed("us", CUT - 1_000, CUT + 50_000, CUT + 50_000))
                .isFalse();
        assertThat(absences.missed("us", CUT - 999, CUT + 50_000, CUT + 50_000)).isTrue();
        assertThat(absences.missed("us", CUT + 40_000, CUT + 50_000, CUT + 50_000))
                .isTrue();
        assertThat(absences.missed("us", CUT + 40_001, CUT + 50_000, CUT + 50_000))
                .isFalse();
        assertThat(absences.missed("eu", CUT + 20_000, CUT + 50_000, CUT + 50_000))
                .isFalse();
    }

    @Test
    void shouldRememberAnAbsenceFromWhichAReplicaReturnsStepByStep() {
        absences.seen("us", CUT, CUT, CUT);
        absences.seen("us", CUT + 8_000, CUT + 40_000, CUT + 40_000);
        absences.seen("us", CUT + 30_000, CUT + 50_000, CUT + 50_000);
        absences.seen("us", CUT + 60_000, CUT + 60_000, CUT + 60_000);

        assertThat(absences.missed("us", CUT + 4_000, CUT + 60_000, CUT + 60_000))
                .isTrue();
        assertThat(absences.missed("us", CUT + 59_000, CUT + 61_000, CUT + 61_000))
                .isTrue();
    }

    @Test
    void shouldNotTakeTheLoadingOfOldDataForAnAbsence() {
        absences.seen("us", CUT - 900_000, CUT, CUT);
        absences.seen("us", CUT - 500_000, CUT, CUT);
        absences.seen("us", CUT, CUT, CUT);

        assertThat(absences.missed("us", CUT - 700_000, CUT, CUT)).isFalse();
    }

    @Test
    void shouldNotTakeAPauseWithinPatienceForAnAbsence() {
        absences.seen("us", CUT, CUT, CUT);
        absences.seen("us", CUT + 10_000, CUT + 10_000, CUT + 10_000);

        assertThat(absences.missed("us", CUT + 5_000, CUT + 11_000, CUT + 11_000))
                .isFalse();
    }
}

package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RepairAttempts.SupplierTurn;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepairAttemptsTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);
    private static final List<String> HOLDERS = List.of("ap", "eu");

    @Test
    void shouldTryAgainAtOnceWithTheSameSupplierWhenARepairIsDeclinedBecauseTheTargetHoldsAnotherEntry() {
        SupplierTurn again = afterAnAttempt(Settings.Resolution.PRIMARY, entry(4));

        assertThat(again).isEqualTo(new SupplierTurn(2, "ap", true, false));
    }

    @Test
    void shouldWaitForTheAnswerWhileTheTargetStillHoldsTheObservedEntry() {
        assertThat(afterAnAttempt(Settings.Resolution.PRIMARY, entry(3)).due()).isFalse();
    }

    @Test
    void shouldWaitForTheAnswerWhereTheNewestWinsWhateverTheTargetHolds() {
        assertThat(afterAnAttempt(Settings.Resolution.LATEST, entry(4)).due()).isFalse();
    }

    @Test
    void shouldGiveEachHolderATurnBeforeAnyHasASecondOne() {
        RepairAttempts attempts =
                new RepairAttempts(TestSettings.settings(Settings.Resolution.LATEST, "ap", false, "ap", "eu", "us"));
        List<String> suppliers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            List<String> holders = i == 0 ? List.of("eu") : HOLDERS; // ap was not heard at first
            long cutMs = CUT + i * 10_000_000L;
            SupplierTurn turn = attempts.turn(KEY, "us", entry(9), entry(3), holders, cutMs);
            attempts.start(turn, KEY, "us", entry(9), entry(3), cutMs);
            suppliers.add(turn.supplier());
        }

        assertThat(suppliers).containsExactly("eu", "ap", "eu", "ap", "eu");
    }

    /** The turn one round after ap has sent its repair of entry 3 by entry 9. */
    private static SupplierTurn afterAnAttempt(Settings.Resolution resolution, EntrySummary observedLater) {
        RepairAttempts attempts = new RepairAttempts(TestSettings.settings(resolution, "ap", false, "ap", "eu", "us"));
        SupplierTurn first = attempts.turn(KEY, "us", entry(9), entry(3), HOLDERS, CUT);
        attempts.start(first, KEY, "us", entry(9), entry(3), CUT);
        return attempts.turn(KEY, "us", entry(9), observedLater, HOLDERS, CUT + 10_000);
    }

    private static EntrySummary entry(long version) {
        return new EntrySummary(
                KEY, version, CUT - 50_000, CUT - 50_000, Entry.NEVER, false, new Hash128(version, version));
    }
}

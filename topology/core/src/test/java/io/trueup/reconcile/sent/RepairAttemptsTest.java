package io.trueup.reconcile.sent;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.sent.RepairAttempts.SupplierTurn;
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
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST);
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

    @Test
    void shouldGiveANewHolderItsTurnWithoutThePauseAfterTheFailedAttemptsOfOthers() {
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST);
        long cutMs = CUT;
        for (int i = 1; i <= 7; i++) {
            SupplierTurn turn = attempts.turn(KEY, "us", entry(9), entry(3), List.of("ap"), cutMs);
            assertThat(turn).isEqualTo(new SupplierTurn(i, "ap", true, i > 3));
            attempts.start(turn, KEY, "us", entry(9), entry(3), cutMs);
            cutMs += i == 7 ? 20_000 : 10_000_000;
        }

        assertThat(turn(attempts, KEY, cutMs))
                .as("the answer to ap is awaited")
                .isEqualTo(new SupplierTurn(7, "ap", false, true));
        assertThat(turn(attempts, KEY, cutMs + 1_000)).isEqualTo(new SupplierTurn(8, "eu", true, true));
        attempts.start(turn(attempts, KEY, cutMs + 1_000), KEY, "us", entry(9), entry(3), cutMs + 1_000);
        assertThat(turn(attempts, KEY, cutMs + 30_000))
                .as("all have had a turn: the pause grows")
                .isEqualTo(new SupplierTurn(8, "eu", false, true));
    }

    /** Where more differs than a round compares, a key may be compared once in many rounds. */
    @Test
    void shouldRememberTurnsForAsLongAsADivergenceMayStand() {
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST);
        attempts.start(turn(attempts, KEY, CUT), KEY, "us", entry(9), entry(3), CUT);

        attempts.forgetBefore(CUT + 70_000, KEY::equals);
        assertThat(turn(attempts, KEY, CUT + 70_000)).isEqualTo(new SupplierTurn(2, "eu", true, false));

        attempts.forgetBefore(CUT + 140_000, key -> false);
        assertThat(turn(attempts, KEY, CUT + 140_000))
                .as("compared, and not seen: it is repaired")
                .isEqualTo(new SupplierTurn(1, "ap", true, false));
    }

    /** A key that was repaired while an owner was silent, and is lost again, has no attempts that have failed. */
    @Test
    void shouldNotRememberTurnsForLongerThanTheLongestPause() {
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST);
        attempts.start(turn(attempts, KEY, CUT), KEY, "us", entry(9), entry(3), CUT);
        long later = CUT + 64 * 21_000L;

        attempts.forgetBefore(later, KEY::equals);
        assertThat(turn(attempts, KEY, later).attempt()).isEqualTo(2);
        attempts.forgetBefore(later + 32_000, KEY::equals);
        assertThat(turn(attempts, KEY, later + 32_000).attempt()).isEqualTo(1);
    }

    @Test
    void shouldKnowABoundedNumberOfDivergences() {
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST);
        for (int i = 0; i <= RepairAttempts.MAX_OPEN; i++) {
            Hash128 key = new Hash128(i, 1);
            attempts.start(new SupplierTurn(1, "ap", true, false), key, "us", entry(9), entry(3), CUT);
        }

        assertThat(turn(attempts, new Hash128(RepairAttempts.MAX_OPEN - 1, 1), CUT)
                        .due())
                .isFalse();
        List<String> suppliers = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
            SupplierTurn turn = turn(attempts, new Hash128(RepairAttempts.MAX_OPEN, 1), CUT + round * 10_000L);
            suppliers.add(turn.due() ? turn.supplier() : "");
        }
        assertThat(suppliers)
                .filteredOn(supplier -> !supplier.isEmpty())
                .as("once in the 21 s that a repair may take, by each holder")
                .hasSize(4)
                .contains("ap", "eu");
    }

    private static SupplierTurn turn(RepairAttempts attempts, Hash128 key, long cutMs) {
        return attempts.turn(key, "us", entry(9), entry(3), HOLDERS, cutMs);
    }

    private static RepairAttempts attempts(Settings.Resolution resolution) {
        return new RepairAttempts(TestSettings.settings(resolution, "ap", false, "ap", "eu", "us"));
    }

    /** The turn one round after ap has sent its repair of entry 3 by entry 9. */
    private static SupplierTurn afterAnAttempt(Settings.Resolution resolution, EntrySummary observedLater) {
        RepairAttempts attempts = attempts(resolution);
        SupplierTurn first = attempts.turn(KEY, "us", entry(9), entry(3), HOLDERS, CUT);
        attempts.start(first, KEY, "us", entry(9), entry(3), CUT);
        return attempts.turn(KEY, "us", entry(9), observedLater, HOLDERS, CUT + 10_000);
    }

    private static EntrySummary entry(long version) {
        return new EntrySummary(
                KEY, version, CUT - 50_000, CUT - 50_000, Entry.NEVER, false, new Hash128(version, version));
    }
}

package io.trueup.reconcile.sent;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.sent.RepairAttempts.SupplierTurn;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
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
    void shouldKnowAsManyDivergencesAsMayTakeUpMemory() {
        int most = 1_000;
        RoundMemory memory = new RoundMemory(Long.MAX_VALUE, most * RepairAttempts.BYTES);
        RepairAttempts attempts = attempts(Settings.Resolution.LATEST, memory, 0);
        for (int i = 0; i <= most; i++) {
            Hash128 key = new Hash128(i, 1);
            attempts.start(new SupplierTurn(1, "ap", true, false), key, "us", entry(9), entry(3), CUT);
        }

        assertThat(turn(attempts, new Hash128(most - 1, 1), CUT).due()).isFalse();
        List<String> suppliers = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
            SupplierTurn turn = turn(attempts, new Hash128(most, 1), CUT + round * 10_000L);
            suppliers.add(turn.due() ? turn.supplier() : "");
        }
        assertThat(suppliers)
                .filteredOn(supplier -> !supplier.isEmpty())
                .as("once in the 21 s that a repair may take, by each holder")
                .hasSize(4)
                .contains("ap", "eu");
    }

    /** A later partition has an equal part, and what is forgotten makes room. */
    @Test
    void shouldShareTheMemoryAmongPartitionsAndCountVectors() {
        VersionVector vector = VersionVector.of(Map.of("ap", 1L, "eu", 2L));
        EntrySummary ofVector =
                new EntrySummary(KEY, 3, vector, CUT, CUT, Entry.NEVER, false, new Hash128(3, 3), false);
        long bytes = RepairAttempts.BYTES + RoundMemory.vectorBytes(ofVector);
        assertThat(bytes).isGreaterThan(RepairAttempts.BYTES + 200);
        RoundMemory memory = new RoundMemory(Long.MAX_VALUE, 4 * bytes);
        RepairAttempts first = attempts(Settings.Resolution.LATEST, memory, 0);
        RepairAttempts second = attempts(Settings.Resolution.LATEST, memory, 1);

        assertThat(known(first, ofVector)).isEqualTo(4);
        assertThat(known(second, ofVector)).as("an equal part").isEqualTo(2);
        first.forget("us");
        second.forget("us");
        assertThat(known(second, ofVector)).isEqualTo(4);
        second.forgetBefore(CUT + 86_400_000, key -> false);
        assertThat(known(first, ofVector)).isEqualTo(4);
    }

    /** How many of ten divergences are known once their attempts have started. */
    private static long known(RepairAttempts attempts, EntrySummary winner) {
        List<Hash128> keys =
                LongStream.range(0, 10).mapToObj(i -> new Hash128(i, 0)).toList();
        keys.forEach(key -> attempts.start(new SupplierTurn(1, "ap", true, false), key, "us", winner, null, CUT));
        return keys.stream()
                .filter(key -> attempts.turn(key, "us", winner, null, List.of("ap"), CUT + 600_000)
                                .attempt()
                        == 2)
                .count();
    }

    private static SupplierTurn turn(RepairAttempts attempts, Hash128 key, long cutMs) {
        return attempts.turn(key, "us", entry(9), entry(3), HOLDERS, cutMs);
    }

    private static RepairAttempts attempts(Settings.Resolution resolution) {
        return attempts(resolution, RoundMemory.unlimited(), 0);
    }

    private static RepairAttempts attempts(Settings.Resolution resolution, RoundMemory memory, int partition) {
        Settings settings = TestSettings.settings(resolution, "ap", false, "ap", "eu", "us");
        return new RepairAttempts(settings, memory.open("ap", partition, 10_000));
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

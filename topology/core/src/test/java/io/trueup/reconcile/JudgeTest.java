package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.Judge.Case;
import io.trueup.reconcile.Judge.Finding;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JudgeTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);

    private final Judge judge = new Judge(Cluster.settings("ap", "eu", "us"), List.of("ap", "eu", "us"));

    @Test
    void shouldNotMissAKeyInMotionWhereOnlyItsDeleteWasSeenEarlier() {
        Case key = key(live(9, CUT + 5), live(9, CUT + 5), null, CUT + 1_000);

        assertThat(judge.judgeInMotion(key, dead(5, CUT - 10_000))).isEmpty();
        assertThat(judge.judgeInMotion(key, live(5, CUT - 10_000)))
                .extracting(Finding::target)
                .containsExactly("us");
    }

    @Test
    void shouldLetAllWhoHoldTheEarlierEntryOrANewerOneSupplyAKeyInMotion() {
        Case key = key(live(9, CUT + 5), live(8, CUT + 1), live(3, CUT - 50_000), CUT + 1_000);

        assertThat(judge.judgeInMotion(key, live(7, CUT - 10_000)))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.holders()).containsExactly("ap", "eu");
                    assertThat(finding.winner().version()).isEqualTo(8);
                    assertThat(finding.kind()).isEqualTo(Divergence.STALE);
                });
    }

    @Test
    void shouldTakeATombstoneForAbsence() {
        Case key = key(dead(5, CUT - 50_000), null, dead(4, CUT - 60_000), CUT + 1_000);

        assertThat(judge.equal(key)).isTrue();
        assertThat(judge.judge(key)).isEmpty();
    }

    @Test
    void shouldCountTheMajorityAmongAllOwnersNotAmongThoseHeard() {
        Judge ofFive = new Judge(Cluster.settings("ap"), List.of("ap", "eu", "jp", "uk", "us"));
        Case key = key(value(2, CUT - 50_000, 1), value(2, CUT - 50_000, 1), value(2, CUT - 50_000, 9), CUT + 1_000);

        assertThat(ofFive.judge(key)).extracting(Finding::kind).containsExactly(Divergence.CONFLICT);
        assertThat(judge.judge(key)).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Divergence.CORRUPT);
            assertThat(finding.target()).isEqualTo("us");
        });
    }

    @Test
    void shouldLeaveAKeyInMotionAloneWhileItsNewestVersionHasTwoValues() {
        Case key = key(live(9, CUT + 5), value(9, CUT + 5, 77), live(3, CUT - 50_000), CUT + 1_000);

        assertThat(judge.judgeInMotion(key, live(7, CUT - 10_000))).isEmpty();
    }

    @Test
    void shouldNotWaitForEverForAPositionInTheDistantPast() {
        Case key = key(live(1, Long.MIN_VALUE), live(1, Long.MIN_VALUE), null, Long.MIN_VALUE);

        assertThat(judge.judge(key))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    @Test
    void shouldWaitForALaggingTargetUntilPatienceEnds() {
        Case lagging = key(live(2, CUT - 5_000), live(2, CUT - 5_000), live(1, CUT - 50_000), CUT - 4_500);
        Case overdue = key(live(2, CUT - 10_000), live(2, CUT - 10_000), live(1, CUT - 50_000), CUT - 9_500);
        Case present = key(live(2, CUT - 5_000), live(2, CUT - 5_000), live(1, CUT - 50_000), CUT - 4_000);

        assertThat(judge.judge(lagging)).extracting(Finding::waiting).containsExactly(true);
        assertThat(judge.judge(overdue)).extracting(Finding::waiting).containsExactly(false);
        assertThat(judge.judge(present)).extracting(Finding::waiting).containsExactly(false);
    }

    @Test
    void shouldJudgeALateWriteOnlyOnceItsEventLiesBeforeTheCut() {
        EntrySummary late = new EntrySummary(KEY, 2, CUT - 5_000, CUT + 1, Entry.NEVER, false, new Hash128(2, 2));

        assertThat(judge.judge(key(late, late, live(1, CUT - 50_000), CUT + 1_000)))
                .isEmpty();
    }

    @Test
    void shouldWaitForALaggingTargetAlsoWhereItsEntryHasTheHigherPosition() {
        Judge byPrimary = new Judge(
                Cluster.settings(Settings.Resolution.PRIMARY, "ap", true, "ap", "eu", "us"), List.of("ap", "eu", "us"));
        Case key = key(dead(7, CUT - 3_020), dead(7, CUT - 3_020), live(6, CUT - 3_000), CUT - 3_000);

        assertThat(byPrimary.judge(key)).extracting(Finding::waiting).containsExactly(true);
    }

    @Test
    void shouldWaitForALaggingWinnerAlsoWhereClocksGiveTheNewerEntryTheLowerPosition() {
        Judge byPrimary = new Judge(
                Cluster.settings(Settings.Resolution.PRIMARY, "us", true, "ap", "eu", "us"), List.of("ap", "eu", "us"));
        EntrySummary newer = live(7, CUT - 3_020);
        EntrySummary older = live(7, CUT - 4_000);
        EntrySummary winner = dead(6, CUT - 3_000);

        assertThat(byPrimary.judge(key(newer, newer, winner, CUT - 3_000)))
                .extracting(Finding::waiting)
                .containsExactly(true, true);
        assertThat(byPrimary.judge(key(older, older, winner, CUT - 3_020)))
                .as("a grace apart")
                .extracting(Finding::waiting)
                .containsExactly(false, false);
    }

    @Test
    void shouldNotTakeTheAnswerThatNothingIsHeldForAVoteToDelete() {
        Judge byMajority = new Judge(
                Cluster.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary good = live(5, CUT - 50_000);
        EntrySummary nothing = dead(Long.MIN_VALUE, CUT - 50_000);

        assertThat(byMajority.judge(key(good, nothing, dead(5, CUT - 50_000), CUT + 1_000)))
                .extracting(Finding::kind)
                .containsExactly(Divergence.CONFLICT);
        assertThat(byMajority.judge(key(good, nothing, good, CUT + 1_000)))
                .extracting(Finding::target)
                .containsExactly("eu");
    }

    @Test
    void shouldNeverDeleteBecauseAPrimaryOfWhichNothingWasEverSeenHoldsNothing() {
        Judge byPrimary = new Judge(
                Cluster.settings(Settings.Resolution.PRIMARY, "us", false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary old = live(5, CUT - 900_000);

        assertThat(byPrimary.judge(key(old, old, null, Long.MIN_VALUE)))
                .extracting(Finding::waiting)
                .containsExactly(true, true);
        assertThat(byPrimary.judge(key(old, old, null, CUT - 100_000)))
                .extracting(Finding::waiting)
                .containsExactly(false, false);
    }

    private static Case key(EntrySummary ap, EntrySummary eu, EntrySummary us, long watermarkOfUs) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", ap);
        entries.put("eu", eu);
        entries.put("us", us);
        return new Case(CUT, entries, Map.of("ap", CUT + 1_000, "eu", CUT + 1_000, "us", watermarkOfUs));
    }

    private static EntrySummary live(long version, long positionMs) {
        return value(version, positionMs, version);
    }

    private static EntrySummary value(long version, long positionMs, long digest) {
        return new EntrySummary(KEY, version, positionMs, positionMs, Entry.NEVER, false, new Hash128(digest, digest));
    }

    private static EntrySummary dead(long version, long positionMs) {
        return new EntrySummary(KEY, version, positionMs, positionMs, Entry.NEVER, true, Hash128.ZERO);
    }
}

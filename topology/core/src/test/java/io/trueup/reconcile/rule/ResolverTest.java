package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ResolverTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);

    private final Resolver resolver = new Resolver(TestSettings.settings("ap", "eu", "us"), List.of("ap", "eu", "us"));

    @Test
    void shouldNotReportAHotKeyAsMissingIfOnlyItsDeleteWasSeenEarlier() {
        KeyAtCut key = key(live(9, CUT + 5), live(9, CUT + 5), null, CUT + 1_000);

        assertThat(HotKeys.against(dead(5, CUT - 10_000), key)).isEmpty();
        assertThat(HotKeys.against(live(5, CUT - 10_000), key))
                .extracting(Finding::target)
                .containsExactly("us");
    }

    @Test
    void shouldLetAllHoldersOfTheEarlierEntryOrANewerOneSupplyAHotKey() {
        KeyAtCut key = key(live(9, CUT + 5), live(8, CUT + 1), live(3, CUT - 50_000), CUT + 1_000);

        assertThat(HotKeys.against(live(7, CUT - 10_000), key)).singleElement().satisfies(finding -> {
            assertThat(finding.holders()).containsExactly("ap", "eu");
            assertThat(finding.winner().version()).isEqualTo(8);
            assertThat(finding.kind()).isEqualTo(Divergence.STALE);
        });
    }

    @Test
    void shouldTreatATombstoneAsAbsence() {
        KeyAtCut key = key(dead(5, CUT - 50_000), null, dead(4, CUT - 60_000), CUT + 1_000);

        assertThat(key.isEqualEverywhere()).isTrue();
        assertThat(resolver.findings(key)).isEmpty();
    }

    @Test
    void shouldCountTheMajorityAmongAllOwnersNotAmongThoseHeard() {
        Resolver ofFive = new Resolver(TestSettings.settings("ap"), List.of("ap", "eu", "jp", "uk", "us"));
        EntrySummary agreed = value(2, CUT - 50_000, 1);
        EntrySummary other = value(2, CUT - 50_000, 9);

        assertThat(ofFive.findings(key(ofFive, agreed, agreed, other, CUT + 1_000)))
                .extracting(Finding::kind)
                .containsExactly(Divergence.CONFLICT);
        assertThat(resolver.findings(key(agreed, agreed, other, CUT + 1_000)))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.kind()).isEqualTo(Divergence.CORRUPT);
                    assertThat(finding.target()).isEqualTo("us");
                });
    }

    @Test
    void shouldLeaveAHotKeyAloneWhileItsNewestVersionHasTwoValues() {
        KeyAtCut key = key(live(9, CUT + 5), value(9, CUT + 5, 77), live(3, CUT - 50_000), CUT + 1_000);

        assertThat(HotKeys.against(live(7, CUT - 10_000), key)).isEmpty();
    }

    @Test
    void shouldNotWaitForEverForAPositionInTheDistantPast() {
        KeyAtCut key = key(live(1, Long.MIN_VALUE), live(1, Long.MIN_VALUE), null, Long.MIN_VALUE);

        assertThat(resolver.findings(key))
                .singleElement()
                .satisfies(finding -> assertThat(finding.waiting()).isFalse());
    }

    @Test
    void shouldWaitForALaggingTargetUntilPatienceEnds() {
        KeyAtCut lagging = key(live(2, CUT - 5_000), live(2, CUT - 5_000), live(1, CUT - 50_000), CUT - 4_500);
        KeyAtCut overdue = key(live(2, CUT - 10_000), live(2, CUT - 10_000), live(1, CUT - 50_000), CUT - 9_500);
        KeyAtCut present = key(live(2, CUT - 5_000), live(2, CUT - 5_000), live(1, CUT - 50_000), CUT - 4_000);

        assertThat(resolver.findings(lagging)).extracting(Finding::waiting).containsExactly(true);
        assertThat(resolver.findings(overdue)).extracting(Finding::waiting).containsExactly(false);
        assertThat(resolver.findings(present)).extracting(Finding::waiting).containsExactly(false);
    }

    @Test
    void shouldJudgeALateWriteOnlyOnceItsEventLiesBeforeTheCut() {
        EntrySummary late = new EntrySummary(KEY, 2, CUT - 5_000, CUT + 1, Entry.NEVER, false, new Hash128(2, 2));

        assertThat(resolver.findings(key(late, late, live(1, CUT - 50_000), CUT + 1_000)))
                .isEmpty();
    }

    @Test
    void shouldWaitForALaggingTargetEvenIfItsEntryHasTheHigherPosition() {
        Resolver byPrimary = new Resolver(
                TestSettings.settings(Settings.Resolution.PRIMARY, "ap", true, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        KeyAtCut key = key(byPrimary, dead(7, CUT - 3_020), dead(7, CUT - 3_020), live(6, CUT - 3_000), CUT - 3_000);

        assertThat(byPrimary.findings(key)).extracting(Finding::waiting).containsExactly(true);
    }

    @Test
    void shouldWaitForALaggingWinnerEvenIfClocksGiveTheNewerEntryTheLowerPosition() {
        Resolver byPrimary = new Resolver(
                TestSettings.settings(Settings.Resolution.PRIMARY, "us", true, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary newer = live(7, CUT - 3_020);
        EntrySummary older = live(7, CUT - 4_000);
        EntrySummary winner = dead(6, CUT - 3_000);

        assertThat(byPrimary.findings(key(byPrimary, newer, newer, winner, CUT - 3_000)))
                .extracting(Finding::waiting)
                .containsExactly(true, true);
        assertThat(byPrimary.findings(key(byPrimary, older, older, winner, CUT - 3_020)))
                .as("a grace apart")
                .extracting(Finding::waiting)
                .containsExactly(false, false);
    }

    @Test
    void shouldNotCountAStatedAbsenceAsAVoteToDelete() {
        Resolver byMajority = new Resolver(
                TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary good = live(5, CUT - 50_000);
        EntrySummary nothing = dead(Long.MIN_VALUE, CUT - 50_000);

        assertThat(byMajority.findings(key(byMajority, good, nothing, dead(5, CUT - 50_000), CUT + 1_000)))
                .extracting(Finding::kind)
                .containsExactly(Divergence.CONFLICT);
        assertThat(byMajority.findings(key(byMajority, good, nothing, good, CUT + 1_000)))
                .extracting(Finding::target)
                .containsExactly("eu");
    }

    @Test
    void shouldNeverDeleteBecauseOfAPrimaryOfWhichNothingWasEverSeen() {
        Resolver byPrimary = new Resolver(
                TestSettings.settings(Settings.Resolution.PRIMARY, "us", false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary old = live(5, CUT - 900_000);

        assertThat(byPrimary.findings(key(byPrimary, old, old, null, Long.MIN_VALUE)))
                .extracting(Finding::waiting)
                .containsExactly(true, true);
        assertThat(byPrimary.findings(key(byPrimary, old, old, null, CUT - 100_000)))
                .extracting(Finding::waiting)
                .containsExactly(false, false);
    }

    private KeyAtCut key(EntrySummary ap, EntrySummary eu, EntrySummary us, long watermarkOfUs) {
        return key(resolver, ap, eu, us, watermarkOfUs);
    }

    private static KeyAtCut key(
            Resolver resolver, EntrySummary ap, EntrySummary eu, EntrySummary us, long watermarkOfUs) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", ap);
        entries.put("eu", eu);
        entries.put("us", us);
        return resolver.key(CUT, entries, Map.of("ap", CUT + 1_000, "eu", CUT + 1_000, "us", watermarkOfUs));
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

package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.rule.Waiting.Reason;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ResolverTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);

    private final Resolver resolver = new Resolver(TestSettings.settings("ap", "eu", "us"), List.of("ap", "eu", "us"));
    private final Resolver byPrimaryUs = new Resolver(
            TestSettings.settings(Settings.Resolution.PRIMARY, "us", false, "ap", "eu", "us"),
            List.of("ap", "eu", "us"));

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
        assertThat(byPrimary.findings(key(byPrimary, older, older, winner, CUT - 3_000)))
                .as("its progress has passed the older entry by the grace")
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
    void shouldDeleteWhatThePrimaryLacksOnlyOnceItsProgressHasPassedIt() {
        EntrySummary old = live(5, CUT - 900_000);
        EntrySummary recent = live(5, CUT - 5_000);

        assertThat(byPrimaryUs.findings(key(byPrimaryUs, recent, recent, null, CUT - 4_001)))
                .extracting(Finding::waitsFor)
                .containsOnly(new Waiting(Reason.NOT_SEEN, CUT - 5_000))
                .hasSize(2);
        assertThat(byPrimaryUs.findings(key(byPrimaryUs, recent, recent, null, CUT - 4_000)))
                .extracting(Finding::kind, Finding::waiting)
                .containsExactly(tuple(Divergence.UNDELETED, false), tuple(Divergence.UNDELETED, false));
        assertThat(byPrimaryUs.findings(key(byPrimaryUs, old, old, null, CUT - 100_000)))
                .extracting(Finding::kind, Finding::waiting)
                .containsExactly(tuple(Divergence.UNDELETED, false), tuple(Divergence.UNDELETED, false));
    }

    @Test
    void shouldLeaveToAPersonWhatThePrimaryHasNotSeenWithinPatience() {
        EntrySummary written = live(5, CUT - 10_000);

        assertThat(byPrimaryUs.findings(key(byPrimaryUs, written, written, null, Evidence.NONE)))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.conflict().reason()).isEqualTo(Conflict.Reason.NOT_SEEN);
                    assertThat(finding.conflict().sides())
                            .extracting(Conflict.Side::replicas)
                            .containsExactly(List.of("us"), List.of("ap", "eu"));
                    assertThat(finding.conflict().sides().get(0).entry().statesAbsence())
                            .isTrue();
                    assertThat(finding.holders()).containsExactly("ap", "eu");
                });
        assertThat(byPrimaryUs.findings(key(byPrimaryUs, written, written, live(4, CUT - 90_000), CUT - 60_000)))
                .as("it holds an older entry")
                .extracting(finding -> finding.conflict().reason())
                .containsExactly(Conflict.Reason.NOT_SEEN);
    }

    @Test
    void shouldFillFromAPrimaryWithoutProofAndReplaceOlderVersions() {
        EntrySummary newest = live(9, CUT - 900_000);

        assertThat(byPrimaryUs.findings(key(byPrimaryUs, null, live(5, CUT - 950_000), newest, Evidence.NONE)))
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("ap", Divergence.MISSING, false), tuple("eu", Divergence.STALE, false));
    }

    @Test
    void shouldCountOnlyVotesOfOwnersThatHaveSeenTheOtherEntry() {
        Resolver byMajority = new Resolver(
                TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        EntrySummary stale = live(4, CUT - 900_000);
        EntrySummary newer = live(5, CUT - 5_000);

        assertThat(byMajority.findings(key(byMajority, newer, stale, stale, CUT - 60_000)))
                .as("one of two votes")
                .extracting(Finding::waitsFor)
                .containsExactly(new Waiting(Reason.NOT_SEEN, CUT - 5_000));
        assertThat(byMajority.findings(key(byMajority, newer, stale, stale, CUT)))
                .as("both have seen it")
                .extracting(Finding::target, Finding::waiting)
                .containsExactly(tuple("ap", false));
        assertThat(byMajority.findings(key(byMajority, live(5, CUT - 10_000), stale, stale, CUT - 60_000)))
                .as("patience has ended")
                .extracting(finding -> finding.conflict().reason())
                .containsExactly(Conflict.Reason.NOT_SEEN);
    }

    @Test
    void shouldNotAskForProofWhereTheNewestWins() {
        assertThat(resolver.findings(key(live(5, CUT - 900_000), null, live(4, CUT - 950_000), Evidence.NONE)))
                .extracting(Finding::target, Finding::waiting)
                .containsExactly(tuple("eu", false), tuple("us", false));
    }

    @Test
    void shouldNotFillAReplicaThatMayHaveDeletedTheKeyWithoutAPerson() {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", live(5, CUT - 50_000));
        entries.put("eu", null);
        entries.put("us", live(4, CUT - 90_000));
        Evidence rebuilt = new Evidence(CUT, CUT, Progress.WRITES, Evidence.NONE, CUT - 40_000, Evidence.NONE, CUT);
        KeyAtCut key = resolver.key(
                CUT, entries, Map.of("ap", seen(CUT), "eu", rebuilt, "us", seen(CUT)), KeyAtCut.Approvals.NONE);

        List<Finding> findings = resolver.findings(key);

        assertThat(findings)
                .extracting(Finding::target, Finding::kind)
                .containsExactly(tuple("us", Divergence.STALE), tuple("ap", Divergence.CONFLICT));
        assertThat(findings.get(1).conflict().reason()).isEqualTo(Conflict.Reason.REBUILT);
        assertThat(resolver.chosen(key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, CUT))
                .as("a person chooses the absence")
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("ap", Divergence.UNDELETED, false), tuple("us", Divergence.UNDELETED, false));
    }

    /** The choice of an absence names no entry; what it replaces must be one of the sides that the person has seen. */
    @Test
    void shouldNotDeleteByAChoiceWhatIsNewerThanTheSides() {
        Resolver byVector = new Resolver(
                TestSettings.settings(Settings.Resolution.VECTOR, null, false, "eu", "us"), List.of("eu", "us"));
        VersionVector held = VersionVector.of(Map.of("feed", 5L));
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("eu", null);
        entries.put(
                "us",
                new EntrySummary(
                        KEY,
                        held.total(),
                        held,
                        CUT - 90_000,
                        CUT - 90_000,
                        Entry.NEVER,
                        false,
                        new Hash128(5, 5),
                        false));
        KeyAtCut key = byVector.key(CUT, entries, Map.of("eu", seen(CUT), "us", seen(CUT)), KeyAtCut.Approvals.NONE);

        for (VersionVector merged :
                List.of(VersionVector.of(Map.of("feed", 4L)), VersionVector.of(Map.of("other", 9L)))) {
            assertThat(byVector.chosen(key, "eu", Long.MIN_VALUE, Hash128.ZERO, merged, CUT))
                    .isEmpty();
        }
        assertThat(byVector.chosen(key, "eu", Long.MIN_VALUE, Hash128.ZERO, held, CUT))
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("us", Divergence.UNDELETED, false));
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
        return resolver.key(
                CUT,
                entries,
                Map.of("ap", seen(CUT + 1_000), "eu", seen(CUT + 1_000), "us", seen(watermarkOfUs)),
                KeyAtCut.Approvals.NONE);
    }

    @Test
    void shouldFillAReplicaThatMayHaveDeletedTheKeyIfAPersonChoosesTheEntry() {
        Resolver byMajority = new Resolver(
                TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", live(5, CUT - 50_000));
        entries.put("eu", null);
        entries.put("us", null);
        Evidence hasForgotten =
                new Evidence(CUT, CUT, Progress.WRITES, Evidence.NONE, Evidence.NONE, CUT - 40_000, CUT);
        Evidence returned =
                new Evidence(CUT, CUT, Progress.WRITES, Evidence.NONE, Evidence.NONE, Evidence.NONE, CUT - 90_000);
        KeyAtCut key = byMajority.key(
                CUT, entries, Map.of("ap", returned, "eu", hasForgotten, "us", hasForgotten), KeyAtCut.Approvals.NONE);

        assertThat(byMajority.findings(key))
                .extracting(finding -> finding.conflict().reason())
                .containsExactly(Conflict.Reason.RETURNED);
        assertThat(byMajority.chosen(key, "ap", 5, new Hash128(5, 5), null, CUT))
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("eu", Divergence.MISSING, false), tuple("us", Divergence.MISSING, false));
        assertThat(byMajority.chosen(key, "ap", 5, new Hash128(6, 6), null, CUT))
                .as("another value by now")
                .isEmpty();
        assertThat(byMajority.chosen(key, "us", Long.MIN_VALUE, Hash128.ZERO, null, CUT))
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("ap", Divergence.UNDELETED, false));
    }

    /** A choice stays valid for some time: nobody has compared with it what reaches a replica then, whenever that was written. */
    @Test
    void shouldNotReplaceByAChoiceWhatNoReplicaHeldThen() {
        long appendedMs = CUT - 45_000;
        for (Settings.Resolution resolution : List.of(Settings.Resolution.MAJORITY, Settings.Resolution.PRIMARY)) {
            Settings settings = TestSettings.settings(
                    resolution, resolution == Settings.Resolution.PRIMARY ? "eu" : null, false, "eu", "us");
            Resolver resolver = new Resolver(settings, List.of("eu", "us"));
            long listedMs = appendedMs + settings.times().graceMs();
            TreeMap<String, EntrySummary> entries = new TreeMap<>();
            entries.put("eu", live(5, CUT - 60_000));
            entries.put("us", appended(6, CUT - 60_000, appendedMs));
            Map<String, Evidence> evidence = Map.of("eu", Evidence.of(CUT, CUT - 60_000), "us", Evidence.of(CUT, CUT));
            KeyAtCut key = resolver.key(CUT, entries, evidence, KeyAtCut.Approvals.NONE);

            assertThat(resolver.chosen(key, "eu", 5, new Hash128(5, 5), null, listedMs - 1))
                    .as(resolution.name())
                    .allMatch(Finding::isConflict);
            assertThat(resolver.chosen(key, "eu", 5, new Hash128(5, 5), null, listedMs))
                    .extracting(Finding::target, Finding::kind, Finding::waiting)
                    .containsExactly(tuple("us", Divergence.CORRUPT, false));

            entries.put("eu", null);
            assertThat(resolver.chosen(key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, listedMs - 1))
                    .as("its absence")
                    .allMatch(Finding::isConflict);
            assertThat(resolver.chosen(key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, listedMs))
                    .extracting(Finding::target, Finding::kind, Finding::waiting)
                    .containsExactly(tuple("us", Divergence.UNDELETED, false));
        }
    }

    @Test
    void shouldReplaceByAChoiceASideThatReachesAFurtherReplicaLater() {
        Settings settings = TestSettings.settings(Settings.Resolution.PRIMARY, "eu", false, "ap", "eu", "us");
        Resolver resolver = new Resolver(settings, List.of("ap", "eu", "us"));
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", appended(6, CUT - 60_000, CUT - 60_000));
        entries.put("eu", live(5, CUT - 60_000));
        entries.put("us", appended(6, CUT - 60_000, CUT - 1));
        Evidence seen = Evidence.of(CUT, CUT - 60_000);
        KeyAtCut key = resolver.key(CUT, entries, Map.of("ap", seen, "eu", seen, "us", seen), KeyAtCut.Approvals.NONE);

        assertThat(resolver.chosen(key, "eu", 5, new Hash128(5, 5), null, CUT - 20_000))
                .extracting(Finding::target, Finding::waiting)
                .containsExactly(tuple("ap", false), tuple("us", false));
    }

    /** What was listed when a person approved was in the target by then. */
    @Test
    void shouldNotReplaceByAnApprovalWhatReachedTheTargetLater() {
        Settings settings = TestSettings.settings(Settings.Resolution.PRIMARY, "eu", false, "eu", "us");
        Resolver resolver = new Resolver(settings, List.of("eu", "us"));
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("eu", live(5, CUT - 90_000));
        entries.put("us", appended(6, CUT - 80_000, CUT - 45_000));
        Map<String, Evidence> evidence = Map.of("eu", Evidence.of(CUT - 90_000, CUT - 90_000), "us", seen(CUT));
        long listedMs = CUT - 45_000 + settings.times().graceMs();

        assertThat(resolver.findings(resolver.key(CUT, entries, evidence, approvedAt(listedMs - 1))))
                .hasSize(1)
                .allMatch(Finding::isConflict);
        assertThat(resolver.findings(resolver.key(CUT, entries, evidence, approvedAt(listedMs))))
                .extracting(Finding::target, Finding::kind, Finding::waiting)
                .containsExactly(tuple("us", Divergence.CORRUPT, false));
    }

    private static KeyAtCut.Approvals approvedAt(long approvedMs) {
        return (target, heldSinceMs) -> heldSinceMs <= approvedMs;
    }

    /** The report names one entry for all replicas on whose side the key is dead. */
    @Test
    void shouldTakeTheChoiceOfADeleteForThatOfEveryReplicaOnItsSide() {
        Resolver byMajority = new Resolver(
                TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"),
                List.of("ap", "eu", "us"));
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", dead(3, CUT - 60_000));
        entries.put("eu", dead(4, CUT - 50_000));
        entries.put("us", live(5, CUT - 40_000));
        KeyAtCut key = byMajority.key(
                CUT,
                entries,
                Map.of("ap", Evidence.of(CUT, CUT), "eu", Evidence.of(CUT, CUT), "us", Evidence.of(CUT, CUT)),
                KeyAtCut.Approvals.NONE);

        for (String named : List.of("ap", "eu")) {
            assertThat(byMajority.chosen(key, named, 4, Hash128.ZERO, null, CUT))
                    .as(named)
                    .extracting(Finding::target, Finding::kind, Finding::waiting)
                    .containsExactly(tuple("us", Divergence.UNDELETED, false));
        }
        assertThat(byMajority.chosen(key, "us", 4, Hash128.ZERO, null, CUT))
                .as("it holds the key")
                .isEmpty();
        assertThat(byMajority.chosen(key, "ap", 6, Hash128.ZERO, null, CUT))
                .as("no replica holds that")
                .isEmpty();
    }

    @Test
    void shouldNotDeleteByTheAbsenceOfAPrimaryThatMayHoldAnOlderEntry() {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("eu", live(5, CUT - 50_000));
        entries.put("us", null);
        Evidence knowsFromBeforeTheWrite =
                new Evidence(CUT, CUT, Progress.WRITES, CUT - 900_000, Evidence.NONE, Evidence.NONE, Evidence.NONE);

        KeyAtCut key = byPrimaryUs.key(
                CUT, entries, Map.of("eu", seen(CUT), "us", knowsFromBeforeTheWrite), KeyAtCut.Approvals.NONE);

        assertThat(byPrimaryUs.findings(key))
                .extracting(Finding::target, finding -> finding.waitsFor().reason())
                .containsExactly(tuple("eu", Waiting.Reason.ABSENCE_UNKNOWN));
    }

    /** Its topic may have lost a delete that was written after the cut: then it held the key at the cut. */
    @Test
    void shouldNotDeleteByTheAbsenceOfAPrimaryWhoseStateMayLackADeleteFromAfterTheCut() {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("eu", live(5, CUT - 50_000));
        entries.put("us", null);
        long graceMs = TestSettings.settings("ap", "eu", "us").times().graceMs();

        assertThat(byPrimaryUs.findings(
                        byPrimaryUs.key(CUT, entries, lacksDeletesUpTo(CUT - graceMs + 1), KeyAtCut.Approvals.NONE)))
                .extracting(Finding::target, finding -> finding.waitsFor().reason())
                .containsExactly(tuple("eu", Waiting.Reason.ABSENCE_UNKNOWN));
        assertThat(byPrimaryUs.findings(
                        byPrimaryUs.key(CUT, entries, lacksDeletesUpTo(CUT - graceMs), KeyAtCut.Approvals.NONE)))
                .extracting(Finding::target, Finding::waiting)
                .containsExactly(tuple("eu", false));
    }

    private static Map<String, Evidence> lacksDeletesUpTo(long horizonMs) {
        Evidence rebuilt =
                new Evidence(CUT, CUT, Progress.WRITES, Evidence.NONE, horizonMs, Evidence.NONE, Evidence.NONE);
        return Map.of("eu", seen(CUT), "us", rebuilt);
    }

    private static Evidence seen(long positionMs) {
        return Evidence.of(positionMs, positionMs);
    }

    private static EntrySummary live(long version, long positionMs) {
        return value(version, positionMs, version);
    }

    private static EntrySummary appended(long version, long positionMs, long appendTimeMs) {
        return new EntrySummary(
                KEY, version, positionMs, appendTimeMs, Entry.NEVER, false, new Hash128(version, version));
    }

    private static EntrySummary value(long version, long positionMs, long digest) {
        return new EntrySummary(KEY, version, positionMs, positionMs, Entry.NEVER, false, new Hash128(digest, digest));
    }

    private static EntrySummary dead(long version, long positionMs) {
        return new EntrySummary(KEY, version, positionMs, positionMs, Entry.NEVER, true, Hash128.ZERO);
    }
}

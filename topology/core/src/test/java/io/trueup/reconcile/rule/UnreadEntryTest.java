package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.Waiting.Reason;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Entries whose write events could not be read, under all rules. The grace is 1 s, patience 10 s. */
class UnreadEntryTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);
    private static final List<String> ALL = List.of("ap", "eu", "us");

    private static final Settings LATEST = TestSettings.settings(Resolution.LATEST, null, false, "ap", "eu", "us");
    private static final Settings VECTOR = TestSettings.settings(Resolution.VECTOR, null, false, "ap", "eu", "us");
    private static final Settings MAJORITY = TestSettings.settings(Resolution.MAJORITY, null, false, "ap", "eu", "us");
    private static final Settings PRIMARY = TestSettings.settings(Resolution.PRIMARY, "us", false, "ap", "eu", "us");

    private static Settings byValue(Settings settings) {
        return settings.changed().compareValues(true).build();
    }

    static Stream<Settings> all() {
        return Stream.of(LATEST, VECTOR, MAJORITY, byValue(MAJORITY), PRIMARY, byValue(PRIMARY));
    }

    static Stream<Settings> conditional() {
        return all().filter(Settings::repairsIfObserved);
    }

    @ParameterizedTest
    @MethodSource("all")
    void shouldBeRepairedByWhatWins(Settings settings) {
        EntrySummary unread = unread(CUT - 50_000, 1);
        EntrySummary held = live(settings, 7, CUT - 90_000);

        assertThat(findings(settings, unread, held, held))
                .extracting(Finding::target, Finding::winner, Finding::observed, Finding::holders, Finding::waiting)
                .containsExactly(tuple("ap", held, unread, List.of("eu", "us"), false));
    }

    @ParameterizedTest
    @MethodSource("all")
    void shouldNotBeRepairedBeforeItsEventLiesBeforeTheCut(Settings settings) {
        EntrySummary unread = unread(CUT + 1, 1);
        EntrySummary held = live(settings, 7, CUT - 90_000);

        assertThat(findings(settings, unread, held, held))
                .extracting(Finding::target, finding -> finding.waitsFor().reason())
                .containsExactly(tuple("ap", Reason.WRITTEN_AFTER_CUT));
    }

    /** It may be newer than what wins: a higher version proves nothing, because it has none. */
    @ParameterizedTest
    @MethodSource("conditional")
    void shouldBeRepairedOnlyOnceTheWinningSideHasSeenIt(Settings settings) {
        EntrySummary held = live(settings, 7, CUT - 90_000);
        Evidence behind = Evidence.of(CUT, CUT - 4_001);

        assertThat(key(settings, behind, unread(CUT - 5_000, 1), held, held).findings())
                .extracting(Finding::target, finding -> finding.waitsFor().reason())
                .containsExactly(tuple("ap", Reason.NOT_SEEN));
        assertThat(key(settings, Evidence.of(CUT, CUT - 4_000), unread(CUT - 5_000, 1), held, held)
                        .findings())
                .extracting(Finding::waiting)
                .containsExactly(false);
    }

    /** Nothing says when it was written: it may have been before the state of the winning side began. */
    @ParameterizedTest
    @MethodSource("conditional")
    void shouldNotCountAsSeenByAStateThatDoesNotContainAll(Settings settings) {
        EntrySummary held = live(settings, 7, CUT - 1_000);
        Evidence began =
                new Evidence(CUT, CUT, Progress.WRITES, CUT - 900_000, Evidence.NONE, Evidence.NONE, Evidence.NONE);

        assertThat(key(settings, began, unread(CUT - 5_000, 1), held, held).findings())
                .extracting(Finding::target, finding -> finding.waitsFor().reason())
                .containsExactly(tuple("ap", Reason.NOT_SEEN));
    }

    @ParameterizedTest
    @MethodSource("all")
    void shouldBeListedWhereNoEntryCanBeRead(Settings settings) {
        EntrySummary there = unread(CUT - 10_000, 1);
        EntrySummary here = unread(CUT - 10_000, 2);

        assertThat(findings(settings, null, unread(CUT - 9_999, 1), unread(CUT - 9_999, 2)))
                .as("patience has not ended")
                .isEmpty();
        assertThat(findings(settings, null, there, here)).singleElement().satisfies(finding -> {
            assertThat(finding.conflict().reason()).isEqualTo(Conflict.Reason.UNREAD);
            assertThat(finding.holders()).containsExactly("eu", "us");
            assertThat(finding.conflict().sides())
                    .containsExactly(
                            new Side(List.of("ap"), EntrySummary.absence(KEY, CUT - 10_000)),
                            new Side(List.of("eu"), there),
                            new Side(List.of("us"), here));
        });
    }

    @Test
    void shouldBeListedAtAKeyThatWasHotBefore() {
        HotKeys hotKeys = new HotKeys(LATEST, new Resolver(LATEST, ALL));
        EntrySummary there = unread(CUT - 10_000, 1);

        assertThat(hotKeys.findings(KEY, key(LATEST, seen(), null, there, unread(CUT, 2)).key))
                .extracting(Finding::isConflict)
                .containsExactly(true);
    }

    @Test
    void shouldBeWaitedForAtThePrimaryHoweverLongAnotherReplicaHasBeenUnread() {
        assertThat(findings(PRIMARY, unread(CUT - 50_000, 1), null, unread(CUT - 9_999, 2)))
                .isEmpty();
    }

    /** What would win of those that can be read may be older than what the primary holds. */
    @Test
    void shouldLetNothingWinWhereItIsWhatThePrimaryHolds() {
        for (Settings settings : List.of(PRIMARY, byValue(PRIMARY))) {
            EntrySummary newer = live(7, CUT - 60_000);
            EntrySummary older = live(5, CUT - 90_000);
            EntrySummary unread = unread(CUT - 10_000, 1);

            assertThat(findings(settings, older, newer, unread(CUT - 9_999, 1))).isEmpty();
            assertThat(findings(settings, older, newer, unread)).singleElement().satisfies(finding -> {
                assertThat(finding.conflict().reason()).isEqualTo(Conflict.Reason.UNREAD);
                assertThat(finding.conflict().sides())
                        .containsExactly(
                                new Side(List.of("ap"), older),
                                new Side(List.of("eu"), newer),
                                new Side(List.of("us"), unread));
            });
            assertThat(findings(settings, null, newer, unread))
                    .extracting(Finding::isConflict)
                    .containsExactly(true);
        }
    }

    @Test
    void shouldBeDeletedByTheAbsenceOfAPrimaryThatHasSeenIt() {
        EntrySummary unread = unread(CUT - 50_000, 1);

        assertThat(findings(PRIMARY, unread, null, null)).singleElement().satisfies(finding -> {
            assertThat(finding.target()).isEqualTo("ap");
            assertThat(finding.kind()).isEqualTo(Divergence.UNDELETED);
            assertThat(finding.observed()).isEqualTo(unread);
            assertThat(finding.waiting()).isFalse();
        });
        assertThat(key(PRIMARY, Evidence.of(CUT, CUT - 49_001), unread, null, null)
                        .findings())
                .as("overdue, and not seen")
                .extracting(finding -> finding.conflict().reason())
                .containsExactly(Conflict.Reason.NOT_SEEN);
    }

    @Test
    void shouldHaveNoVote() {
        for (Settings settings : List.of(MAJORITY, byValue(MAJORITY))) {
            EntrySummary held = live(7, CUT - 90_000);

            assertThat(findings(settings, unread(CUT - 10_000, 1), held, null))
                    .as("the others do not agree on anything; it may be another entry than the only one that is known")
                    .singleElement()
                    .satisfies(
                            finding -> assertThat(finding.conflict().reason()).isEqualTo(Conflict.Reason.UNREAD));
            assertThat(findings(settings, unread(CUT - 9_999, 1), held, null)).isEmpty();
            assertThat(findings(settings, unread(CUT - 9_999, 1), held, live(8, CUT - 80_000)))
                    .as("it may decide between the two")
                    .isEmpty();
            assertThat(findings(settings, unread(CUT - 10_000, 1), held, live(8, CUT - 80_000)))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.conflict().sides()).hasSize(3));
        }
    }

    @Test
    void shouldNotBeListedWhileAWriteThatMayWinLiesAfterTheCut() {
        EntrySummary unread = unread(CUT - 50_000, 1);
        EntrySummary fresh = live(7, CUT + 1);

        for (Settings settings : List.of(LATEST, MAJORITY, PRIMARY)) {
            assertThat(findings(settings, fresh, fresh, unread)).isEmpty();
        }
    }

    @Test
    void shouldLoseAgainstADeleteWhereTheNewestWins() {
        EntrySummary delete = new EntrySummary(KEY, 3, CUT - 9_000, CUT - 9_000, Entry.NEVER, true, Hash128.ZERO);

        assertThat(findings(LATEST, unread(CUT - 5_000, 1), delete, null))
                .extracting(Finding::target, Finding::kind, Finding::winner)
                .containsExactly(tuple("ap", Divergence.UNDELETED, delete));
    }

    @Test
    void shouldNotDecideBetweenTwoValuesOfOneVersion() {
        Settings withPrimary = LATEST.changed().primary("us").build();
        EntrySummary one = value(7, 1);
        EntrySummary two = value(7, 2);

        assertThat(findings(withPrimary, one, two, unread(CUT - 50_000, 1)))
                .extracting(finding -> finding.conflict().reason())
                .containsExactly(Conflict.Reason.NO_WINNER);
    }

    @Test
    void shouldNotTakePartInAConflictOfConcurrentVectors() {
        EntrySummary one = withVector(VersionVector.of(Map.of("a", 1L)), CUT - 90_000);
        EntrySummary two = withVector(VersionVector.of(Map.of("b", 1L)), CUT - 90_000);

        assertThat(findings(VECTOR, one, two, unread(CUT - 50_000, 1)))
                .singleElement()
                .satisfies(finding -> assertThat(finding.conflict().sides())
                        .extracting(Side::entry)
                        .containsExactly(one, two));
    }

    @Test
    void shouldBeRepairedAtAHotKey() {
        EntrySummary unread = unread(CUT - 50_000, 1);
        Resolver resolver = new Resolver(LATEST, ALL);
        HotKeys hotKeys = new HotKeys(LATEST, resolver);
        EntrySummary before = live(7, CUT + 5_000);
        assertThat(hotKeys.findings(KEY, key(LATEST, seen(), before, before, unread).key))
                .isEmpty();

        EntrySummary after = live(8, CUT + 15_000);
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", after);
        entries.put("eu", after);
        entries.put("us", unread);
        Evidence all = Evidence.of(CUT + 10_000, CUT + 10_000);
        KeyAtCut key =
                resolver.key(CUT + 10_000, entries, Map.of("ap", all, "eu", all, "us", all), KeyAtCut.Approvals.NONE);
        assertThat(hotKeys.findings(KEY, key))
                .extracting(Finding::target, Finding::waiting)
                .containsExactly(tuple("us", false));
    }

    @ParameterizedTest
    @MethodSource("all")
    void shouldNotBeChosen(Settings settings) {
        EntrySummary unread = unread(CUT - 50_000, 1);
        Judged key = key(settings, seen(), live(settings, 7, CUT - 90_000), unread, null);

        assertThat(key.resolver.chosen(key.key, "eu", unread.version(), unread.digest(), null, CUT))
                .isEmpty();
        assertThat(key.resolver.chosen(key.key, "us", unread.version(), unread.digest(), null, CUT))
                .as("that replica holds nothing: no choice of its absence")
                .isEmpty();
        assertThat(key.resolver.chosen(key.key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, CUT))
                .as("it is no absence either")
                .isEmpty();
    }

    @Test
    void shouldBeRepairedWhereAPersonHasChosenAnother() {
        EntrySummary unread = unread(CUT - 50_000, 1);
        EntrySummary held = live(7, CUT - 90_000);
        Judged key = key(PRIMARY, Evidence.of(CUT, Evidence.NONE), held, null, unread);

        assertThat(key.resolver.chosen(key.key, "ap", 7, held.digest(), null, CUT))
                .extracting(Finding::target, Finding::observed, Finding::waiting)
                .containsExactly(tuple("eu", null, false), tuple("us", unread, false));
        assertThat(key.resolver.chosen(key.key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, CUT))
                .extracting(Finding::target, Finding::kind)
                .containsExactly(tuple("ap", Divergence.UNDELETED), tuple("us", Divergence.UNDELETED));
    }

    /** A datastore that compares vectors stores no delete without one. */
    @Test
    void shouldBeDeletedUnderAVectorThatDominatesAllSidesWhereAPersonHasChosenAbsence() {
        VersionVector merged = VersionVector.of(Map.of("feed", 7L, "us", 2L));
        EntrySummary held = withVector(VersionVector.of(Map.of("feed", 7L)), CUT - 90_000);
        Judged key = key(VECTOR, seen(), held, null, unread(CUT - 50_000, 1));

        assertThat(key.resolver.chosen(key.key, "eu", Long.MIN_VALUE, Hash128.ZERO, merged, CUT))
                .hasSize(2)
                .allSatisfy(finding -> {
                    assertThat(finding.winner().deleted()).isTrue();
                    assertThat(finding.winner().vector()).isEqualTo(merged);
                    assertThat(finding.winner().version()).isEqualTo(9);
                });
        assertThat(key.resolver
                        .chosen(key.key, "eu", Long.MIN_VALUE, Hash128.ZERO, null, CUT)
                        .get(0)
                        .winner()
                        .vector())
                .as("as an earlier version sent the choice")
                .isEqualTo(held.vector());
    }

    @Test
    void shouldProveNothing() {
        EntrySummary nothing = EntrySummary.absence(KEY, CUT - 50_000);
        KeyAtCut key = key(MAJORITY, Evidence.of(CUT, Evidence.NONE), unread(CUT - 50_000, 1), nothing, null).key;

        assertThat(key.hasSeen("ap", nothing)).isFalse();
        assertThat(key.hasSeen("ap", live(1, CUT - 90_000))).isFalse();
        assertThat(key.newest()).isEqualTo(nothing);
        assertThat(key.isUnreadSomewhere()).isTrue();
        assertThat(key.isEqualEverywhere()).isFalse();
    }

    /** It may be what another owner has deleted. */
    @Test
    void shouldCountAsNotHavingAppliedADeleteOfAnotherOwner() {
        EntrySummary delete = new EntrySummary(KEY, 3, CUT - 9_000, CUT - 9_000, Entry.NEVER, true, Hash128.ZERO);

        assertThat(key(LATEST, seen(), unread(CUT - 5_000, 1), delete, null).key.openDeleteSinceMs("ap"))
                .isEqualTo(CUT - 9_000);
    }

    @Test
    void shouldBeADifferenceForAnAudit() {
        SettledComparison comparison = new SettledComparison(PRIMARY, ALL);
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", live(7, CUT - 90_000));
        entries.put("us", unread(CUT, 1));

        assertThat(comparison.equal(CUT, entries)).isFalse();
        assertThat(comparison.differences(CUT, entries))
                .extracting(SettledComparison.Difference::kind)
                .containsExactly(Divergence.CONFLICT);
    }

    /** A key and the rule that judges it. */
    private record Judged(Resolver resolver, KeyAtCut key) {
        List<Finding> findings() {
            return resolver.findings(key);
        }
    }

    private static List<Finding> findings(Settings settings, EntrySummary ap, EntrySummary eu, EntrySummary us) {
        return key(settings, seen(), ap, eu, us).findings();
    }

    private static Judged key(Settings settings, Evidence evidence, EntrySummary ap, EntrySummary eu, EntrySummary us) {
        Resolver resolver = new Resolver(settings, ALL);
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        entries.put("ap", ap);
        entries.put("eu", eu);
        entries.put("us", us);
        return new Judged(
                resolver,
                resolver.key(
                        CUT, entries, Map.of("ap", evidence, "eu", evidence, "us", evidence), KeyAtCut.Approvals.NONE));
    }

    private static Evidence seen() {
        return Evidence.of(CUT, CUT);
    }

    private static EntrySummary unread(long appendTimeMs, long digest) {
        return new EntrySummary(
                KEY, Long.MIN_VALUE, appendTimeMs, appendTimeMs, Entry.NEVER, false, new Hash128(-1, digest));
    }

    private static EntrySummary live(Settings settings, long version, long positionMs) {
        return settings.rules().resolution() == Resolution.VECTOR
                ? withVector(VersionVector.of(Map.of("feed", version)), positionMs)
                : live(version, positionMs);
    }

    private static EntrySummary withVector(VersionVector vector, long positionMs) {
        return new EntrySummary(
                KEY,
                vector.total(),
                vector,
                positionMs,
                positionMs,
                Entry.NEVER,
                false,
                new Hash128(3, vector.hashCode()),
                false);
    }

    private static EntrySummary live(long version, long positionMs) {
        return new EntrySummary(
                KEY, version, positionMs, positionMs, Entry.NEVER, false, new Hash128(version, version));
    }

    private static EntrySummary value(long version, long digest) {
        return new EntrySummary(
                KEY, version, CUT - 90_000, CUT - 90_000, Entry.NEVER, false, new Hash128(digest, digest));
    }
}

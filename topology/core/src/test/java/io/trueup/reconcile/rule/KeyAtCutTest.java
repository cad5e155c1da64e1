package io.trueup.reconcile.rule;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.rule.Waiting.Reason;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The predicates about evidence. The grace is 1 s, patience 10 s. */
class KeyAtCutTest {

    private static final long CUT = 1_000_000;
    private static final long NONE = Evidence.NONE;
    private static final List<String> OWNERS = List.of("ap", "us");

    private final Settings settings = TestSettings.settings("ap", "us");
    private final TreeMap<String, EntrySummary> entries = new TreeMap<>();

    KeyAtCutTest() {
        entries.put("ap", null);
        entries.put("us", null);
    }

    @Test
    void mayStillArriveUntilTheWatermarkOfTheTargetHasPassedTheWriteByTheGrace() {
        EntrySummary write = writtenAt(CUT - 5_000);

        assertThat(key(CUT, CUT - 4_001).mayStillArrive("us", write)).isTrue();
        assertThat(key(CUT, CUT - 4_000).mayStillArrive("us", write)).isFalse();
        assertThat(key(CUT, NONE).mayStillArrive("us", write)).isTrue();
        assertThat(key(CUT, CUT - 4_001).mayStillArrive("ap", write)).isFalse();
    }

    @Test
    void mayStillArriveOnlyWithinPatience() {
        assertThat(key(CUT, NONE).mayStillArrive("us", writtenAt(CUT - 9_999))).isTrue();
        assertThat(key(CUT, NONE).mayStillArrive("us", writtenAt(CUT - 10_000))).isFalse();
    }

    @Test
    void mayStillArriveCountsALateWriteFromItsAppendTime() {
        EntrySummary late = written(1, CUT - 900_000, CUT - 5_000);

        assertThat(key(CUT, CUT - 4_001).mayStillArrive("us", late)).isTrue();
        assertThat(key(CUT, CUT - 4_000).mayStillArrive("us", late)).isFalse();
    }

    @Test
    void countsAWriteThatOneHolderHasReportedLateFromTheEarliestReport() {
        EntrySummary inTime = written(1, CUT - 50_000, CUT - 49_500);
        EntrySummary again = written(1, CUT - 50_000, CUT - 2_000);
        entries.put("us", inTime);

        assertThat(key(CUT, CUT).sentMs(again)).isEqualTo(CUT - 50_000);
    }

    @Test
    void hasSeenOnceProgressHasPassedTheWriteByTheGrace() {
        EntrySummary write = writtenAt(CUT - 5_000);

        assertThat(key(CUT - 4_001, CUT).hasSeen("ap", write)).isFalse();
        assertThat(key(CUT - 4_000, CUT).hasSeen("ap", write)).isTrue();
    }

    @Test
    void hasSeenIsNotReplacedByTime() {
        EntrySummary write = writtenAt(CUT - 900_000);

        assertThat(key(CUT - 900_001, CUT).hasSeen("ap", write)).isFalse();
        assertThat(key(NONE, CUT).hasSeen("ap", write)).isFalse();
    }

    @Test
    void hasSeenALateWriteOnlyOnceProgressHasPassedItsAppendTime() {
        EntrySummary late = written(1, CUT - 900_000, CUT - 5_000);

        assertThat(key(CUT - 4_001, CUT).hasSeen("ap", late)).isFalse();
        assertThat(key(CUT - 4_000, CUT).hasSeen("ap", late)).isTrue();
    }

    @Test
    void hasSeenWhatItHoldsInTheSameOrAHigherVersion() {
        EntrySummary write = written(7, CUT - 5_000, CUT - 5_000);

        entries.put("ap", written(6, CUT - 9_000, CUT - 9_000));
        assertThat(key(NONE, CUT).hasSeen("ap", write)).isFalse();
        entries.put("ap", written(7, CUT - 9_000, CUT - 9_000));
        assertThat(key(NONE, CUT).hasSeen("ap", write)).isTrue();
        entries.put("ap", written(8, CUT - 9_000, CUT - 9_000));
        assertThat(key(NONE, CUT).hasSeen("ap", write)).isTrue();
    }

    @Test
    void hasSeenIsNotProvedByAHigherVersionWhereVersionsAreEachReplicasOwn() {
        Settings byValue = settings.changed()
                .compareValues(true)
                .resolution(Settings.Resolution.MAJORITY)
                .build();
        entries.put("ap", written(8, CUT - 9_000, CUT - 9_000));

        assertThat(key(byValue, Evidence.of(NONE, NONE)).hasSeen("ap", written(7, CUT - 5_000, CUT - 5_000)))
                .isFalse();
    }

    @Test
    void hasSeenNothingFromBeforeItsStateBegan() {
        EntrySummary write = writtenAt(CUT - 50_000);
        entries.put("ap", written(0, CUT - 90_000, CUT - 90_000));

        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 51_000, NONE, NONE, NONE))
                        .hasSeen("ap", write))
                .isTrue();
        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 50_999, NONE, NONE, NONE))
                        .hasSeen("ap", write))
                .as("the event of the write may be one that the topic has lost")
                .isFalse();
    }

    @Test
    void knowsItsAbsenceOnlyIfItsStateReachesBackToTheWrite() {
        EntrySummary late = written(1, CUT - 50_000, CUT - 5_000);

        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 51_000, NONE, NONE, NONE))
                        .knowsAbsence("ap", late))
                .isTrue();
        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 50_999, NONE, NONE, NONE))
                        .knowsAbsence("ap", late))
                .isFalse();
        assertThat(keyOfAp(Evidence.of(CUT, CUT)).knowsAbsence("ap", late))
                .as("it knows all")
                .isTrue();
    }

    @Test
    void countsAWriteFromItsPositionThoughTheClockOfAHolderIsBehindByLessThanTheGrace() {
        EntrySummary inTime = written(1, CUT - 5_000, CUT - 4_900);
        entries.put("us", written(1, CUT - 5_000, CUT - 5_900));

        assertThat(key(CUT, CUT).sentMs(inTime)).isEqualTo(CUT - 5_000);
        assertThat(key(CUT, CUT).sentMs(entries.get("us"))).isEqualTo(CUT - 5_000);
    }

    @Test
    void countsAWriteFromItsAppendTimeAndWhatAClockMayBeWrongUnnoticedIfItsPositionLiesAheadAtAllHolders() {
        EntrySummary ahead = written(1, CUT + 900_000, CUT - 50_000);
        long unnoticedMs = settings.times().intervalMs() + settings.times().graceMs();

        assertThat(key(CUT, CUT).sentMs(ahead)).isEqualTo(CUT - 50_000 + unnoticedMs);
        assertThat(key(CUT, CUT).sentMs(written(2, CUT - 48_000, CUT - 50_000)))
                .as("the clock of the reconciler was behind")
                .isEqualTo(CUT - 48_000);
        entries.put("us", written(1, CUT + 900_000, CUT + 900_100));
        assertThat(key(CUT, CUT).sentMs(ahead)).as("plausible at another one").isEqualTo(CUT + 900_000);
    }

    @Test
    void countsAnUndatedEntryFromItsAppendTimeUnlessAnotherHolderDatesIt() {
        EntrySummary undated = undated(1, CUT - 50_000, CUT - 5_000);

        assertThat(key(CUT, CUT).sentMs(undated)).isEqualTo(CUT - 5_000);
        Evidence partial = new Evidence(CUT, CUT, Progress.WRITES, CUT - 90_000, CUT - 90_000, NONE, NONE);
        assertThat(keyOfAp(partial).knowsAbsence("ap", undated)).isFalse();
        assertThat(keyOfAp(partial).mayHaveBeenDeleted("ap", undated)).isTrue();
        entries.put("us", written(1, CUT - 50_000, CUT - 49_900));
        assertThat(key(CUT, CUT).sentMs(undated)).isEqualTo(CUT - 50_000);
    }

    /** The clock of its writer was ahead, or that of the reconciler behind. Less than the grace is within what clocks may differ. */
    @Test
    void concludesNothingFromAPositionThatLiesAheadOfItsWriteEventByMoreThanTheGrace() {
        EntrySummary skewed = written(1, CUT - 4_000, CUT - 5_000);
        EntrySummary ahead = written(1, CUT - 3_999, CUT - 5_000);
        Evidence partial = new Evidence(CUT, CUT, Progress.WRITES, CUT - 50_000, CUT - 50_000, NONE, NONE);

        assertThat(keyOfAp(partial).knowsAbsence("ap", skewed)).isTrue();
        assertThat(keyOfAp(partial).knowsAbsence("ap", ahead)).isFalse();
        assertThat(keyOfAp(partial).mayHaveBeenDeleted("ap", skewed)).isFalse();
        assertThat(keyOfAp(partial).mayHaveBeenDeleted("ap", ahead)).isTrue();
    }

    @Test
    void knowsItsAbsenceOnlyIfItsStateReachesBackToTheFirstWriteEventOfAllHolders() {
        entries.put("us", written(1, CUT - 50_000, CUT - 50_000));
        EntrySummary repairedCopy = written(1, CUT - 5_000, CUT - 5_000);

        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 51_000, NONE, NONE, NONE))
                        .knowsAbsence("ap", repairedCopy))
                .isTrue();
        assertThat(keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 50_999, NONE, NONE, NONE))
                        .knowsAbsence("ap", repairedCopy))
                .isFalse();
    }

    @Test
    void knowsThatItHoldsNothingOnlyIfItsStateContainsAllOrItsEntrySaysSo() {
        KeyAtCut partial = keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 900_000, NONE, NONE, NONE));

        assertThat(partial.knowsThatItHoldsNothing("ap")).isFalse();
        assertThat(keyOfAp(Evidence.of(CUT, CUT)).knowsThatItHoldsNothing("ap")).isTrue();
        entries.put("ap", EntrySummary.absence(new Hash128(1, 2), CUT - 5_000));
        assertThat(partial.knowsThatItHoldsNothing("ap")).isTrue();
    }

    @Test
    void waitsForAReplicaWhoseAbsenceIsUnknownHoweverLongAgoTheWriteWas() {
        EntrySummary old = writtenAt(CUT - 900_000);

        Waiting waiting = keyOfAp(new Evidence(CUT, CUT, Progress.WRITES, CUT - 100, NONE, NONE, NONE))
                .waitBeforeRepair("ap", old);

        assertThat(waiting).isEqualTo(new Waiting(Reason.ABSENCE_UNKNOWN, CUT - 900_000));
    }

    @Test
    void mayHaveDeletedWhatWasWrittenBeforeTheHorizonOfItsRebuiltState() {
        Evidence rebuilt = new Evidence(CUT, CUT, Progress.WRITES, NONE, CUT - 20_000, NONE, NONE);
        EntrySummary old = writtenAt(CUT - 19_000); // the horizon, and the grace
        entries.put("us", old);

        assertThat(keyOfAp(rebuilt).mayHaveBeenDeleted("ap", old)).isTrue();
        assertThat(keyOfAp(rebuilt).mayHaveBeenDeleted("ap", writtenAt(CUT - 18_999)))
                .isFalse();
        assertThat(keyOfAp(Evidence.of(CUT, CUT)).mayHaveBeenDeleted("ap", old)).isFalse();
        entries.put("ap", writtenAt(CUT - 30_000));
        assertThat(keyOfAp(rebuilt).mayHaveBeenDeleted("ap", old))
                .as("it holds the key")
                .isFalse();
    }

    @Test
    void mayHaveForgottenADeleteThatNoHolderTookPartInForgetting() {
        EntrySummary old = writtenAt(CUT - 50_000);
        entries.put("us", old);
        Evidence hasForgotten = new Evidence(CUT, CUT, Progress.WRITES, NONE, NONE, CUT - 40_000, CUT);

        assertThat(key(hasForgotten, agreedUntil(CUT - 40_001)).mayHaveBeenDeleted("ap", old))
                .isTrue();
        assertThat(key(hasForgotten, agreedUntil(CUT - 40_000)).mayHaveBeenDeleted("ap", old))
                .isFalse();
        assertThat(key(hasForgotten, agreedUntil(NONE)).mayHaveBeenDeleted("ap", writtenAt(CUT - 38_999)))
                .as("written after everything that was forgotten")
                .isFalse();
        assertThat(key(Evidence.of(CUT, CUT), agreedUntil(NONE)).mayHaveBeenDeleted("ap", old))
                .as("nothing was forgotten")
                .isFalse();
    }

    @Test
    void mayHaveForgottenADeleteOfAnEntryThatANewReplicaLacks() {
        EntrySummary old = writtenAt(CUT - 50_000);
        entries.put("us", old);
        entries.put("eu", null);
        Evidence isNew = Evidence.of(CUT, CUT);
        Evidence hasForgotten = new Evidence(CUT, CUT, Progress.WRITES, NONE, NONE, CUT - 40_000, CUT);
        Evidence rebuilt = new Evidence(CUT, CUT, Progress.WRITES, NONE, CUT - 40_000, NONE, CUT);
        Evidence returned = agreedUntil(CUT - 90_000);

        for (Evidence ofEu : List.of(hasForgotten, rebuilt)) {
            assertThat(new KeyAtCut(
                                    settings,
                                    List.of("ap", "eu", "us"),
                                    CUT,
                                    entries,
                                    Map.of("ap", isNew, "eu", ofEu, "us", returned),
                                    KeyAtCut.Approvals.NONE)
                            .mayHaveBeenDeleted("ap", old))
                    .isTrue();
        }
    }

    /** Its root was heard, and its entries were not. */
    @Test
    void mayHaveForgottenADeleteThatAReplicaHasForgottenWhoseEntriesAreNotHeard() {
        EntrySummary old = writtenAt(CUT - 50_000);
        entries.put("us", old);
        Evidence hasForgotten = new Evidence(CUT, CUT, Progress.WRITES, NONE, NONE, CUT - 40_000, CUT);
        Map<String, Evidence> evidence =
                Map.of("ap", Evidence.of(CUT, CUT), "eu", hasForgotten, "us", agreedUntil(CUT - 90_000));

        assertThat(new KeyAtCut(settings, List.of("ap", "eu", "us"), CUT, entries, evidence, KeyAtCut.Approvals.NONE)
                        .mayHaveBeenDeleted("ap", old))
                .isTrue();
    }

    @Test
    void shouldKnowSinceWhenADeleteIsOpen() {
        entries.put("us", written(2, CUT - 50_000, CUT - 50_000));
        assertThat(openDelete("us")).as("nothing is deleted").isEqualTo(Entry.NEVER);

        entries.put("ap", deleted(3, CUT - 40_000, CUT - 30_000));
        assertThat(openDelete("us")).as("kept since its append").isEqualTo(CUT - 30_000);
        assertThat(openDelete("ap")).as("it has deleted the key itself").isEqualTo(Entry.NEVER);

        entries.put("ap", deleted(1, CUT - 40_000, CUT - 30_000));
        assertThat(openDelete("us")).as("it holds a newer entry").isEqualTo(Entry.NEVER);
        for (Settings other : List.of(
                TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "us"),
                TestSettings.settings(Settings.Resolution.PRIMARY, "ap", false, "ap", "us"),
                TestSettings.settings(Settings.Resolution.LATEST, null, true, "ap", "us"))) {
            assertThat(key(other, Evidence.of(CUT, CUT)).openDeleteSinceMs("us"))
                    .as("an older delete may win")
                    .isEqualTo(CUT - 30_000);
        }

        Settings wins = TestSettings.settings(Settings.Resolution.PRIMARY, "us", false, "ap", "us");
        assertThat(key(wins, Evidence.of(CUT, CUT)).openDeleteSinceMs("us"))
                .as("what a primary holds, wins")
                .isEqualTo(Entry.NEVER);

        entries.put("ap", expired(3, CUT - 45_000, CUT - 20_000));
        assertThat(openDelete("us")).as("kept since its expiry").isEqualTo(CUT - 20_000);
        entries.put("us", null);
        assertThat(openDelete("us")).as("it holds nothing").isEqualTo(Entry.NEVER);
    }

    private long openDelete(String replica) {
        return keyOfAp(Evidence.of(CUT, CUT)).openDeleteSinceMs(replica);
    }

    private KeyAtCut key(long seenByAp, long seenByUs) {
        return key(Evidence.of(seenByAp, seenByAp), Evidence.of(seenByUs, seenByUs));
    }

    private KeyAtCut keyOfAp(Evidence ofAp) {
        return key(ofAp, Evidence.of(CUT, CUT));
    }

    private KeyAtCut key(Evidence ofAp, Evidence ofUs) {
        return new KeyAtCut(settings, OWNERS, CUT, entries, Map.of("ap", ofAp, "us", ofUs), KeyAtCut.Approvals.NONE);
    }

    private KeyAtCut key(Settings other, Evidence ofBoth) {
        return new KeyAtCut(other, OWNERS, CUT, entries, Map.of("ap", ofBoth, "us", ofBoth), KeyAtCut.Approvals.NONE);
    }

    private static Evidence agreedUntil(long cutMs) {
        return new Evidence(CUT, CUT, Progress.WRITES, NONE, NONE, NONE, cutMs);
    }

    private static EntrySummary writtenAt(long positionMs) {
        return written(1, positionMs, positionMs);
    }

    private static EntrySummary undated(long version, long positionMs, long appendTimeMs) {
        return new EntrySummary(
                new Hash128(1, 1),
                version,
                null,
                positionMs,
                appendTimeMs,
                Entry.NEVER,
                false,
                new Hash128(version, version),
                true);
    }

    private static EntrySummary written(long version, long positionMs, long appendTimeMs) {
        return new EntrySummary(
                new Hash128(1, 2),
                version,
                positionMs,
                appendTimeMs,
                Entry.NEVER,
                false,
                new Hash128(version, version));
    }

    private static EntrySummary deleted(long version, long positionMs, long appendTimeMs) {
        return new EntrySummary(new Hash128(1, 2), version, positionMs, appendTimeMs, Entry.NEVER, true, Hash128.ZERO);
    }

    private static EntrySummary expired(long version, long positionMs, long expiryMs) {
        return new EntrySummary(
                new Hash128(1, 2), version, positionMs, positionMs, expiryMs, false, new Hash128(version, version));
    }
}

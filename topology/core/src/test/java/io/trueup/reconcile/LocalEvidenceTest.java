package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.decision.ApprovedWithoutProof;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What the local replica can prove, and what people have approved without a proof. */
class LocalEvidenceTest {

    private static final long NOW = 1_000_000;

    private final MapTable table = new MapTable();

    @Test
    void shouldProveNothingMoreThanWhatWasAgreedWhilePeersHaveForgottenWithoutIt() {
        evidence(Progress.WRITES).compared(100, Evidence.NONE, false);
        assertThat(agreedMs()).as("nothing was forgotten").isEqualTo(100);

        evidence(Progress.WRITES).compared(200, 150, false);
        assertThat(agreedMs())
                .as("a gap: forgotten at 150 without this replica")
                .isEqualTo(100);

        evidence(Progress.WRITES).compared(300, 150, true);
        assertThat(agreedMs()).as("nothing is left to decide").isEqualTo(300);

        evidence(Progress.WRITES).compared(400, 290, false);
        assertThat(agreedMs()).as("no gap: it took part until 300").isEqualTo(400);
    }

    @Test
    void shouldNotBelieveThatItHasAgreedToACutThatLiesAhead() {
        evidence(Progress.WRITES).compared(86_400_000, Evidence.NONE, true);

        assertThat(agreedMs()).as("the cut of the latest round").isEqualTo(99_000);
    }

    /** It may be what was deleted long ago. */
    @Test
    void shouldHaveAgreedToNothingWhereWhatReplacesADeleteCannotBeRead() {
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.compared(100, Evidence.NONE, true);
        Write unread = Write.unread(new KeyedHash(TestSettings.SECRET), "ap", new byte[1], null, 7, NOW);

        evidence.stored(EntryTree.Applied.APPEARED, unread, 90);

        assertThat(agreedMs()).isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldHaveAgreedToNothingSinceTheEarliestDeleteThatItHasNotApplied() {
        Hash128 first = new Hash128(1, 1);
        Hash128 second = new Hash128(2, 2);
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.compared(100, Evidence.NONE, true);

        evidence.deleteIsOpen(first, 101);
        evidence.openDeletes(key -> false);
        assertThat(agreedMs()).as("deleted since").isEqualTo(100);

        evidence.deleteIsOpen(second, 80);
        evidence.openDeletes(key -> false);
        evidence.compared(200, Evidence.NONE, true);
        assertThat(agreedMs()).isEqualTo(79);
        evidence.openDeletes(second::equals);
        assertThat(agreedMs()).as("the second is applied").isEqualTo(100);
        evidence.openDeletes(key -> true);
        assertThat(agreedMs()).as("all are applied").isEqualTo(200);
    }

    @Test
    void shouldHaveAgreedToNothingSinceAnOpenDeleteForWhichThereIsNoRoom() {
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.compared(100, Evidence.NONE, true);
        for (int i = 0; i < 1_001; i++) {
            evidence.deleteIsOpen(new Hash128(i, 1), i < 1_000 ? 90 : 80);
        }
        evidence.openDeletes(key -> true);

        assertThat(agreedMs()).isEqualTo(79);
    }

    @Test
    void shouldCloseNoGapOfWhichOnlyItselfKnows() {
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.compared(100, Evidence.NONE, true);
        evidence.forgot(150);

        evidence.compared(200, Evidence.NONE, false);
        assertThat(agreedMs()).isEqualTo(100);
        evidence.compared(300, Evidence.NONE, true);
        assertThat(agreedMs()).isEqualTo(300);
    }

    /** The retention of this test is seven days, the interval ten seconds. */
    @Test
    void shouldKnowWhatOwnersMayHaveForgottenWhileItWasNone() {
        long cut = 8 * 86_400_000L;
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.isAway(cut);
        assertThat(evidence.consumedUpTo(NOW).forgottenMs())
                .as("it never was an owner")
                .isEqualTo(Evidence.NONE);

        evidence.compared(100, Evidence.NONE, true);
        evidence.isAway(cut);
        assertThat(evidence.consumedUpTo(NOW).forgottenMs()).isEqualTo(86_400_000L + 20_000);
    }

    @Test
    void shouldRememberWhatItHasForgotten() {
        evidence(Progress.WRITES).forgot(70);
        evidence(Progress.WRITES).forgot(60);
        evidence(Progress.WRITES).forgot(Long.MIN_VALUE);

        assertThat(evidence(Progress.WRITES).consumedUpTo(NOW).forgottenMs()).isEqualTo(70);
    }

    @Test
    void shouldNotKnowWhatWasWrittenBeforeItsStateBeganUntilAPersonOrAScanSaysThatItIsComplete() {
        Reconciler.noteKnownFrom(table, 500, true);
        assertThat(evidence(Progress.WRITES).consumedUpTo(NOW).knownFromMs()).isEqualTo(500);

        evidence(Progress.WRITES).isComplete();

        assertThat(evidence(Progress.WRITES).consumedUpTo(NOW).knownFromMs()).isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldLetWhatOnlyTheOwnClockHasDatedFollowTheClockUntilAnotherClockConfirmsTheTime() {
        Reconciler.noteKnownFrom(table, NOW - 500, false);
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.rebuilt(OptionalLong.of(100));

        evidence.consumedAt(NOW);
        assertThat(evidence.consumedUpTo(NOW).knownFromMs()).isEqualTo(NOW);
        assertThat(evidence.consumedUpTo(NOW).horizonMs()).isEqualTo(NOW - 100);
        LocalEvidence again = evidence(Progress.WRITES);
        again.consumedAt(NOW + 70);
        assertThat(again.consumedUpTo(NOW + 70).knownFromMs()).isEqualTo(NOW + 70);
        assertThat(again.consumedUpTo(NOW + 70).horizonMs()).isEqualTo(NOW - 30);

        again.timeIsConfirmed(NOW + 80);
        again.consumedAt(NOW + 200);
        assertThat(again.consumedUpTo(NOW + 200).knownFromMs()).isEqualTo(NOW + 70);
        assertThat(again.consumedUpTo(NOW + 200).horizonMs()).isEqualTo(NOW - 30);
    }

    @Test
    void shouldNotLieInTheFutureOnceAnotherClockHasConfirmedTheTime() {
        Reconciler.noteKnownFrom(table, NOW + 86_400_000, false);
        LocalEvidence ahead = evidence(Progress.WRITES);
        ahead.rebuilt(OptionalLong.of(100));
        ahead.consumedAt(NOW + 86_400_000);
        LocalEvidence evidence = evidence(Progress.WRITES);

        evidence.consumedAt(NOW);
        evidence.timeIsConfirmed(NOW + 10);

        assertThat(evidence.consumedUpTo(NOW).knownFromMs()).isEqualTo(NOW + 10);
        assertThat(evidence.consumedUpTo(NOW).horizonMs()).isEqualTo(NOW - 90);
    }

    /** The grace is 1 s. Entries up to the horizon and the grace may have been deleted; an earlier cut does not contain them. */
    @Test
    void shouldKeepTheHorizonUntilACutIsComparedThatContainsWhatMayBeDeleted() {
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.rebuilt(OptionalLong.of(100));
        evidence.consumedAt(NOW);
        long containsAllMs = NOW - 100 + 1_000;

        evidence.compared(containsAllMs - 1, Evidence.NONE, true);
        assertThat(evidence.consumedUpTo(NOW).horizonMs()).isEqualTo(NOW - 100);
        evidence.compared(containsAllMs, Evidence.NONE, true);

        assertThat(evidence.consumedUpTo(NOW).horizonMs()).isEqualTo(Evidence.NONE);
    }

    /** The writes topic has lost its last records, and with them a delete on which all have agreed. */
    @Test
    void shouldHaveAgreedOnNothingOnceItsStateIsBuiltAgainFromATopicThatHasLostRecords() {
        evidence(Progress.WRITES).compared(9_000, Evidence.NONE, true);
        assertThat(agreedMs()).isEqualTo(9_000);

        Reconciler.noteKnownFrom(table, 9_500, false);

        assertThat(agreedMs()).isEqualTo(Evidence.NONE);
    }

    /** The row is in the state after the cut that is sealed. */
    @Test
    void shouldHaveAgreedOnNothingSinceARowWasWrittenThatAScanFindsWhereNothingWasHeld() {
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.compared(9_000, Evidence.NONE, true);

        evidence.appeared(write(5_000, 1), 9_000);
        assertThat(agreedMs()).isEqualTo(4_999);
        evidence.compared(9_000, 4_000, true);
        assertThat(agreedMs()).as("this cut lacks the row").isEqualTo(4_999);
        evidence.compared(9_001, 6_000, false);
        assertThat(agreedMs()).as("peers have forgotten tombstones since").isEqualTo(4_999);
        evidence.appeared(write(7_000, 2), 9_001);
        assertThat(agreedMs()).as("a later row").isEqualTo(4_999);
        assertThat(evidence.consumedUpTo(NOW).agreedMs()).isEqualTo(4_999);
        evidence.compared(9_002, 6_000, true);
        assertThat(evidence.consumedUpTo(NOW).agreedMs()).isEqualTo(9_002);
    }

    /** A time shown by others confirms nothing that an earlier process has dated. */
    @Test
    void shouldBeConfirmedOnlyOnceEverythingIsConsumed() {
        Reconciler.noteKnownFrom(table, NOW - 86_400_000, false);
        LocalEvidence evidence = evidence(Progress.WRITES);

        evidence.timeIsConfirmed(NOW);
        evidence.consumedAt(NOW + 10);
        assertThat(evidence.consumedUpTo(NOW + 10).knownFromMs()).isEqualTo(NOW + 10);

        evidence.timeIsConfirmed(NOW + 20);
        evidence.consumedAt(NOW + 30);
        assertThat(evidence.consumedUpTo(NOW + 30).knownFromMs()).isEqualTo(NOW + 10);
    }

    @Test
    void shouldDateAgainWhatOnlyTheOwnClockHasDatedIfItWasWrong() {
        Reconciler.noteKnownFrom(table, 500, false);
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.rebuilt(OptionalLong.of(100));
        evidence.consumedAt(700);
        evidence.timeIsConfirmed(710);

        Reconciler.noteWrongClock(table);
        LocalEvidence again = evidence(Progress.WRITES);
        again.consumedAt(NOW);

        assertThat(again.consumedUpTo(NOW).knownFromMs()).isEqualTo(NOW);
        assertThat(again.consumedUpTo(NOW).horizonMs()).isEqualTo(NOW - 100);
    }

    @Test
    void shouldKeepWhatTheBrokerHasDatedThoughTheOwnClockWasWrong() {
        Reconciler.noteKnownFrom(table, 500, true);

        Reconciler.noteWrongClock(table);
        LocalEvidence evidence = evidence(Progress.WRITES);
        evidence.consumedAt(NOW);

        assertThat(evidence.consumedUpTo(NOW).knownFromMs()).isEqualTo(500);
        assertThat(evidence.consumedUpTo(NOW).horizonMs()).isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldTakeItsProgressFromWhatIsConfiguredAsProof() {
        tree(false).apply(write(900, 1));

        assertThat(evidence(Progress.WRITES).consumedUpTo(NOW).progressMs()).isEqualTo(900);
        assertThat(evidence(Progress.TOPIC).consumedUpTo(NOW).progressMs()).isEqualTo(NOW);
        LocalEvidence ofGroup = evidence(Progress.GROUP);
        assertThat(ofGroup.consumedUpTo(NOW).progressMs()).isEqualTo(Evidence.NONE);
        ofGroup.fed(NOW - 1_000, 800);
        assertThat(ofGroup.consumedUpTo(NOW).progressMs()).isEqualTo(800);
        assertThat(new LocalEvidence(settings(Progress.EVENTS), table, tree(true))
                        .consumedUpTo(NOW)
                        .progressMs())
                .as("no progress event")
                .isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldCountWhatAGroupHadConsumedTheGraceBeforeForItsWriteEventsMayArriveAsMuchLater() {
        LocalEvidence ofGroup = evidence(Progress.GROUP);
        long graceMs = settings(Progress.GROUP).times().graceMs();
        ofGroup.fed(NOW - graceMs, 700);
        ofGroup.fed(NOW - graceMs + 1, 800);

        assertThat(ofGroup.consumedUpTo(NOW).progressMs()).isEqualTo(700);
        assertThat(ofGroup.consumedUpTo(NOW + 1).progressMs()).isEqualTo(800);

        ofGroup.fed(NOW + 10, Evidence.NONE);
        assertThat(ofGroup.consumedUpTo(NOW + 10 + graceMs).progressMs())
                .as("the group has set its offsets back")
                .isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldNotTakeWhatWriteEventsShowedForProgressEvents() {
        EntryTree byWrites = tree(false);
        byWrites.apply(write(900, 1));
        byWrites.noteWatermark();

        assertThat(tree(false).watermarkMs()).isEqualTo(900);
        assertThat(tree(true).watermarkMs()).isEqualTo(Evidence.NONE);
    }

    /** Its own writes do not come through the feed. */
    @Test
    void shouldNotTakeWritesForProgressWhereTheReplicaHasWritersOfItsOwn() {
        EntryTree tree = tree(true);

        tree.apply(write(900, 1));
        assertThat(tree.watermarkMs()).isEqualTo(Evidence.NONE);

        tree.progress(800);
        tree.apply(write(950, 2));
        assertThat(tree.watermarkMs()).isEqualTo(800);
    }

    @Test
    void shouldNotTakeRowsOfAScanForProgressAfterARestart() {
        EntryTree tree = tree(false);
        tree.apply(write(900, 1));
        tree.scanStarted("s", 2);
        tree.scanned(write(950, 3), "s", 2);
        assertThat(tree.watermarkMs()).isEqualTo(900);

        assertThat(tree(false).watermarkMs()).isEqualTo(900);
    }

    @Test
    void shouldCoverWhatWasWrittenBeforeTheApprovalAsLongAsItIsValid() {
        new ApprovedWithoutProof(table).approve("us", 100, 500);

        ApprovedWithoutProof afterARestart = new ApprovedWithoutProof(table);
        assertThat(afterARestart.at(500).cover("us", 100)).isTrue();
        assertThat(afterARestart.at(500).cover("us", 101)).as("written later").isFalse();
        assertThat(afterARestart.at(501).cover("us", 100)).as("ended").isFalse();
        assertThat(afterARestart.at(500).cover("eu", 100)).isFalse();
        afterARestart.expire(501);
        assertThat(table.notes("approved")).isEmpty();
    }

    private long agreedMs() {
        return evidence(Progress.WRITES).consumedUpTo(NOW).agreedMs();
    }

    /** As after a restart. */
    private LocalEvidence evidence(Progress progress) {
        return new LocalEvidence(settings(progress), table, tree(progress == Progress.EVENTS));
    }

    private static Settings settings(Progress progress) {
        return TestSettings.settings("eu", "us").changed().progress(progress).build();
    }

    private EntryTree tree(boolean progressOnly) {
        EntryTree tree = new EntryTree(
                new KeyedHash(TestSettings.SECRET),
                new Windows(1_000, 1_000),
                1,
                0,
                false,
                table,
                progressOnly,
                10_000,
                100);
        tree.open(EntryTree.SLICES, 10_000);
        return tree;
    }

    private static Write write(long positionMs, long offset) {
        return new Write(
                new byte[] {(byte) offset},
                1,
                positionMs,
                false,
                new byte[] {1},
                null,
                Entry.NEVER,
                null,
                offset,
                positionMs + 1);
    }
}

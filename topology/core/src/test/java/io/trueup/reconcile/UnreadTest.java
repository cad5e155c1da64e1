package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict.Reason;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a key when a write event of it cannot be read. */
class UnreadTest {

    private static final List<String> ALL = List.of("ap", "eu", "us");

    /** Its former entry would replace what is newer elsewhere. */
    @ParameterizedTest
    @CsvSource({"PRIMARY, false", "PRIMARY, true", "MAJORITY, false", "MAJORITY, true"})
    void shouldNotLetTheFormerEntryWin(Resolution resolution, boolean compareValues) {
        Cluster cluster = cluster(resolution, compareValues);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);

        cluster.unreadable("us", "k", 2, cluster.nowMs, "new");
        if (resolution == Resolution.MAJORITY) {
            cluster.unreadable("eu", "k", 2, cluster.nowMs, "new");
        }
        cluster.write("ap", "k", 2, cluster.nowMs, "new");
        cluster.rounds(4);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.held("ap", "k").value()).isEqualTo("new");
        assertThat(last(cluster.conflicts).reason()).isEqualTo(Reason.UNREAD);
        assertThat(last(cluster.reports).comparison().needsPerson()).containsOnlyKeys(Reason.UNREAD);
    }

    @ParameterizedTest
    @CsvSource({"LATEST, false", "PRIMARY, false", "PRIMARY, true", "MAJORITY, false", "MAJORITY, true"})
    void shouldShowInAnswerToARepairWhatATargetHolds(Resolution resolution, boolean compareValues) {
        Cluster cluster = cluster(resolution, compareValues);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);

        cluster.unreadable("ap", "k", 2, cluster.nowMs, "new");
        cluster.writeTo(List.of("eu", "us"), "k", 2, cluster.nowMs, "new");
        cluster.rounds(4);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactly("ap");
        assertThat(cluster.conflicts).isEmpty();
        assertThat(last(cluster.reports).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    /** The replicas that are to be repaired hold the only copy of the newest write. */
    @Test
    void shouldSpreadWhatCouldNotBeReadOnceItsReplicaHasAnswered() {
        Cluster cluster = cluster(Resolution.LATEST, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);

        cluster.unreadable("ap", "k", 2, cluster.nowMs, "new");
        cluster.rounds(4);

        assertThat(cluster.held("eu", "k").value()).isEqualTo("new");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(last(cluster.reports).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldSpreadItWhereVersionsAreVectors() {
        Cluster cluster = cluster(Resolution.VECTOR, false);
        ALL.forEach(replica -> cluster.write(replica, "k", "a=1", cluster.nowMs, "old"));
        cluster.rounds(1);

        cluster.unreadable("ap", "k", "a=2", cluster.nowMs, "new");
        cluster.rounds(4);

        assertThat(cluster.held("eu", "k").value()).isEqualTo("new");
        assertThat(last(cluster.reports).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldNotBringBackWhatTheUnreadEventHasDeleted() {
        Cluster cluster = cluster(Resolution.LATEST, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);

        cluster.unreadable("ap", "k", 2, cluster.nowMs, null);
        cluster.rounds(4);

        assertThat(ALL).allMatch(replica -> cluster.held(replica, "k").deleted());
        assertThat(last(cluster.reports).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldLetAPersonChooseAnotherSideByWhichThePrimaryShowsWhatItHolds() {
        Cluster cluster = primaryConflict();

        cluster.command("k", cluster.choice("k", "eu", 1, null));
        cluster.rounds(6);

        assertThat(ALL).allMatch(replica -> cluster.held(replica, "k").value().equals("new"));
        assertThat(last(cluster.conflicts).sides()).as("settled").isEmpty();
        assertThat(last(cluster.reports).outcome()).isEqualTo(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldIgnoreTheChoiceOfTheUnreadSide() {
        Cluster cluster = primaryConflict();

        cluster.command(
                "k",
                new Message.Choice(
                        "k".getBytes(UTF_8),
                        "us",
                        Long.MIN_VALUE,
                        cluster.unreadDigest("us", "k"),
                        null,
                        cluster.nowMs + 3_600_000));
        cluster.rounds(2);

        assertThat(cluster.notes("choice/")).isZero();
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldRememberItOverARestart() {
        Cluster cluster = cluster(Resolution.PRIMARY, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);
        cluster.unreadable("us", "k", 2, cluster.nowMs, "new");
        cluster.write("ap", "k", 2, cluster.nowMs, "new");

        ALL.forEach(cluster::restart);
        cluster.rounds(4);

        assertThat(cluster.repairs).isEmpty();
        assertThat(last(cluster.conflicts).reason()).isEqualTo(Reason.UNREAD);
    }

    @Test
    void shouldSettleWhatWasListedByANewWrite() {
        Cluster cluster = primaryConflict();

        cluster.writeTo(ALL, "k", 3, cluster.nowMs, "newest");
        cluster.rounds(2);

        assertThat(last(cluster.conflicts).sides()).isEmpty();
        assertThat(cluster.repairs).isEmpty();
    }

    /** A row that cannot be read is found: the primary's absence deletes nothing. */
    @Test
    void shouldNotTakeARowThatCannotBeReadForOneThatIsNotThere() {
        Cluster cluster = cluster(Resolution.PRIMARY, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.writeTo(ALL, "other", 1, cluster.nowMs, "old");
        cluster.rounds(1);
        cluster.unreadableRows.add("k");

        assertThat(cluster.scan("us")).isZero();
        cluster.rounds(4);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.held("ap", "k").value()).isEqualTo("old");
        assertThat(last(cluster.conflicts).reason()).isEqualTo(Reason.UNREAD);
        cluster.unreadableRows.clear();
        cluster.scan("us");
        cluster.rounds(2);
        assertThat(last(cluster.conflicts).sides()).isEmpty();
    }

    @Test
    void shouldCountAnUnreadAnswerToARepairNeitherAsVerifiedNorAsDeclined() {
        Cluster cluster = cluster(Resolution.LATEST, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.writeTo(List.of("eu", "us"), "k", 2, cluster.nowMs, "new");
        cluster.ignoreRepair = repair -> true;
        cluster.rounds(2);
        assertThat(cluster.repairs).isNotEmpty();
        cluster.reports.clear();

        cluster.unreadable("ap", "k", 2, cluster.nowMs, "new");
        cluster.rounds(1);

        assertThat(cluster.reports).allMatch(report -> report.repairs().verified() == 0);
        assertThat(cluster.reports).allMatch(report -> report.repairs().declined() == 0);
    }

    /** What could not be read may be what the rebuilt state lacks the delete of. */
    @Test
    void shouldNotProveThatARebuiltStateLacksNothing() {
        Cluster cluster = cluster(Resolution.PRIMARY, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs - 100_000, "old");
        cluster.loseState("eu", 1_000, 86_400_000);
        cluster.replay("eu");
        cluster.advance(7_000);
        cluster.progress();
        cluster.unreadable("us", "k", 2, cluster.nowMs, "new");

        cluster.rounds(1);
        assertThat(cluster.conflicts).as("patience has not ended").isEmpty();
        cluster.messages.clear();
        cluster.rounds(1);

        assertThat(cluster.messages)
                .filteredOn(message -> message.replica().equals("eu") && message.body() instanceof Message.Root)
                .isNotEmpty()
                .allMatch(message -> ((Message.Root) message.body()).evidence().horizonMs() != Evidence.NONE);
    }

    @Test
    void shouldListItsSidesInTheSameOrderWhetherOrNotAllAreHeard() {
        Cluster cluster = cluster(Resolution.PRIMARY, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.write("eu", "k", 2, cluster.nowMs, "new");
        cluster.unreadable("us", "k", 3, cluster.nowMs, "newest");
        cluster.down.add("ap");
        cluster.rounds(3);
        cluster.down.clear();
        cluster.rounds(2);
        assertThat(cluster.conflicts)
                .filteredOn(conflict -> conflict.reporter().equals("eu"))
                .last()
                .satisfies(conflict -> assertThat(conflict.sides()).hasSize(3));
        cluster.conflicts.clear();

        cluster.down.add("ap");
        cluster.rounds(1);

        assertThat(cluster.conflicts).as("nothing is new").isEmpty();
    }

    /** The primary holds what cannot be read, the others an older entry. */
    private static Cluster primaryConflict() {
        Cluster cluster = cluster(Resolution.PRIMARY, false);
        cluster.writeTo(ALL, "k", 1, cluster.nowMs, "old");
        cluster.rounds(1);
        cluster.unreadable("us", "k", 2, cluster.nowMs, "new");
        cluster.rounds(3);
        assertThat(last(cluster.conflicts).sides()).hasSize(2);
        return cluster;
    }

    private static Cluster cluster(Resolution resolution, boolean compareValues) {
        String primary = resolution == Resolution.PRIMARY ? "us" : null;
        Settings settings = TestSettings.settings(resolution, primary, compareValues, "ap", "eu", "us");
        return new Cluster(1, settings);
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }
}

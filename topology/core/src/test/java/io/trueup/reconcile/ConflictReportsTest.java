package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding.Disagreement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.MapTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What one replica reports of a conflict where others are not heard, and whose reports it withdraws. The owners are ap to us. */
class ConflictReportsTest {

    private static final Hash128 HASH = new Hash128(1, 2);
    private static final byte[] KEY = "k".getBytes(UTF_8);
    private static final List<String> OWNERS = List.of("ap", "eu", "jp", "us");

    private final MapTable table = new MapTable();
    private final List<Conflict> sent = new ArrayList<>();

    @Test
    void shouldKeepWhatAReplicaHeldThatIsNotHeardAnyMore() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp"), side(3, "us")), List.of("eu", "jp", "us"), 1_000);

        eu.stands(HASH, KEY, seen(side(4, "eu"), side(3, "us")), List.of("eu", "us"), 2_000);

        assertThat(last().sides()).containsExactly(side(4, "eu"), side(2, "jp"), side(3, "us"));
        assertThat(last().heardMs()).isEqualTo(Map.of("eu", 2_000L, "jp", 1_000L, "us", 2_000L));
    }

    @Test
    void shouldNotReportAgainMerelyBecauseAReplicaIsNotHeard() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(2, "eu"), side(3, "jp")), List.of("eu", "jp"), 1_000);
        eu.stands(
                HASH,
                KEY,
                seen(side(1, "ap", "us"), side(2, "eu"), side(3, "jp")),
                List.of("ap", "eu", "jp", "us"),
                1_001);
        assertThat(sent).hasSize(2);

        eu.stands(HASH, KEY, seen(side(2, "eu"), side(3, "jp"), side(1, "us")), List.of("eu", "jp", "us"), 1_002);

        assertThat(sent).hasSize(2);
    }

    @Test
    void shouldLetAReplicaThatIsHeardChangeSidesAndPutEqualEntriesTogether() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp"), side(3, "us")), List.of("eu", "jp", "us"), 1_000);

        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "us")), List.of("eu", "us"), 2_000);

        assertThat(last().sides()).containsExactly(side(1, "eu"), side(2, "jp", "us"));
    }

    @Test
    void shouldForgetTheSideOfAReplicaThatIsHeardAndHoldsNoneAnyMore() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp"), side(3, "us")), List.of("eu", "jp", "us"), 1_000);
        Disagreement withoutSide = new Disagreement(
                Conflict.Reason.NO_WINNER,
                List.of(side(1, "eu"), side(3, "us")),
                Set.of("eu", "jp", "us"),
                Set.of("ap"));

        eu.stands(HASH, KEY, withoutSide, List.of("eu", "us"), 2_000);

        assertThat(last().sides()).containsExactly(side(1, "eu"), side(3, "us"));
        assertThat(last().heardMs()).containsEntry("jp", 2_000L);
    }

    @Test
    void shouldForgetTheSideOfAReplicaThatIsNoOwnerAnyMore() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp"), side(3, "us")), List.of("eu", "jp", "us"), 1_000);

        eu.stands(
                HASH,
                KEY,
                new Disagreement(
                        Conflict.Reason.NO_WINNER,
                        List.of(side(1, "eu"), side(3, "us")),
                        Set.of("eu", "us"),
                        Set.of("ap")),
                List.of("eu", "us"),
                2_000);

        assertThat(last().sides()).containsExactly(side(1, "eu"), side(3, "us"));
        assertThat(last().heardMs()).containsOnlyKeys("eu", "us");
    }

    @Test
    void shouldKeepTheFirstSideFirstWhereItWouldWin() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp"), side(3, "us")), List.of("eu", "jp", "us"), 1_000);
        Disagreement unproven = new Disagreement(
                Conflict.Reason.NOT_SEEN,
                List.of(side(3, "us"), side(1, "eu")),
                Set.of("eu", "us"),
                Set.of("ap", "jp"));

        eu.stands(HASH, KEY, unproven, List.of("eu", "us"), 2_000);

        assertThat(last().sides()).containsExactly(side(3, "us"), side(1, "eu"), side(2, "jp"));
    }

    /** It was the first as far as it had heard. Now it is not, but its report stands beside that of the first. */
    @Test
    void shouldKeepItsReportUpToDateWhereAnotherReplicaIsTheFirst() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "us")), List.of("eu", "us"), 1_000);

        eu.stands(HASH, KEY, seen(side(0, "ap"), side(1, "eu"), side(2, "us")), List.of("ap", "eu", "us"), 2_000);

        assertThat(last().reporter()).isEqualTo("eu");
        assertThat(last().sides()).hasSize(3);
    }

    @Test
    void shouldWithdrawItsOwnReportAndNoneOfAnotherOwner() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "us")), List.of("eu", "us"), 1_000);
        eu.stands(HASH, KEY, seen(side(0, "ap"), side(1, "eu"), side(2, "us")), List.of("ap", "eu", "us"), 2_000);
        sent.clear();

        eu.settle(keyHash -> true, OWNERS, 3_000);

        assertThat(sent).extracting(Conflict::reporter).containsExactly("eu");
        assertThat(last().sides()).isEmpty();
    }

    /** A probe saw it at a later cut than that of the round which is under way. */
    @Test
    void shouldNotTakeAnEarlierCutForAProofThatItIsSettled() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "us")), List.of("eu", "us"), 1_000);
        Conflicts follower = conflicts("us", new MapTable());
        follower.stands(HASH, KEY, seen(side(0, "ap"), side(2, "us")), List.of("ap", "us"), 1_000);
        sent.clear();

        eu.settle(keyHash -> true, OWNERS, 999);
        follower.settle(keyHash -> true, List.of("eu", "us"), 999);
        assertThat(sent).isEmpty();

        eu.settle(keyHash -> true, OWNERS, 1_000);
        follower.settle(keyHash -> true, List.of("eu", "us"), 1_000);
        assertThat(sent).extracting(Conflict::reporter).containsExactly("eu", "ap");
    }

    @Test
    void shouldWithdrawNothingAsAFollowerOfAnOwner() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(0, "ap"), side(1, "eu")), List.of("ap", "eu"), 1_000);

        eu.settle(keyHash -> true, OWNERS, 2_000);

        assertThat(sent).isEmpty();
        assertThat(table.notesOf("conflict/")).isZero();
    }

    /** First ap reported it, then jp, which held no side before; both have left. */
    @Test
    void shouldWithdrawTheReportsOfAllHoldersThatHaveLeft() {
        Conflicts us = conflicts("us");
        us.stands(HASH, KEY, seen(side(0, "ap"), side(1, "us")), List.of("ap", "us"), 1_000);
        us.stands(HASH, KEY, seen(side(2, "jp"), side(1, "us")), List.of("jp", "us"), 2_000);

        conflicts("us").settle(keyHash -> true, List.of("eu", "us"), 3_000);

        assertThat(sent).extracting(Conflict::reporter).containsExactly("ap", "jp");
    }

    /** A replica that reports a conflict itself follows those that do so beside it. */
    @Test
    void shouldWithdrawTheReportOfAHolderThatHasLeftTogetherWithItsOwn() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "us")), List.of("eu", "us"), 1_000);
        sent.clear();

        conflicts("eu").settle(keyHash -> true, List.of("ap", "eu"), 2_000);

        assertThat(sent).extracting(Conflict::reporter).containsExactly("eu", "us");
    }

    @Test
    void shouldLeaveTheReportsOfThoseThatHaveLeftToTheFirstHolder() {
        Conflicts us = conflicts("us");
        us.stands(HASH, KEY, seen(side(0, "ap"), side(1, "eu"), side(2, "us")), List.of("ap", "eu", "us"), 1_000);

        us.settle(keyHash -> true, List.of("eu", "us"), 2_000);

        assertThat(sent).isEmpty();
    }

    /** The owners may never have seen the conflict: then none of them withdraws the report. */
    @Test
    void shouldWithdrawItsReportsOnceTheOwnersHadTheTimeToDoSoWhenItHasLeft() {
        Conflicts eu = conflicts("eu");
        eu.stands(HASH, KEY, seen(side(1, "eu"), side(2, "jp")), List.of("eu", "jp"), 1_000);
        eu.stands(new Hash128(3, 4), KEY, seen(side(0, "ap"), side(1, "eu")), List.of("ap", "eu"), 1_000);
        sent.clear();

        Settings.Times times = TestSettings.settings("eu").times();
        long overMs = 1_000 + times.patienceMs() + times.repairTimeoutMs();
        eu.left(overMs - 1);
        assertThat(sent).isEmpty();
        conflicts("eu").left(overMs);

        assertThat(sent).extracting(Conflict::reporter).containsExactly("eu");
        assertThat(last().sides()).isEmpty();
        assertThat(table.notesOf("conflict/")).as("nor does it follow any").isZero();
    }

    private Conflict last() {
        return sent.get(sent.size() - 1);
    }

    /** All replicas that hold a side were heard, and no others. */
    private static Disagreement seen(Side... sides) {
        Set<String> heard = new TreeSet<>();
        Arrays.stream(sides).forEach(side -> heard.addAll(side.replicas()));
        Set<String> unheard = new TreeSet<>(OWNERS);
        unheard.removeAll(heard);
        return new Disagreement(Conflict.Reason.NO_WINNER, List.of(sides), heard, unheard);
    }

    private static Side side(long digest, String... replicas) {
        return new Side(
                List.of(replicas), new EntrySummary(HASH, 7, 100, 110, Entry.NEVER, false, new Hash128(digest, 1)));
    }

    private Conflicts conflicts(String replica) {
        return conflicts(replica, table);
    }

    private Conflicts conflicts(String replica, MapTable table) {
        return new Conflicts(TestSettings.settings("ap", "eu", "jp", "us").of(replica), table, new Outbox() {
            @Override
            public void filling(String target, long keys, long held, boolean waits) {}

            @Override
            public void refused(Message message, String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public int publish(Message message) {
                return 0;
            }

            @Override
            public void repair(Repair repair) {}

            @Override
            public void conflict(Conflict conflict) {
                sent.add(conflict);
            }

            @Override
            public void scanCompleted(String scan, long dropped) {}

            @Override
            public void report(RoundSummary summary) {}
        });
    }
}

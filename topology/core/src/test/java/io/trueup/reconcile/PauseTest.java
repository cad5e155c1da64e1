package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Hash128;
import io.trueup.tree.MapTable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A person pauses repairs: rounds go on, and nothing is sent until they are resumed. */
class PauseTest {

    private static final String KEY = "key";
    private static final int MORE_THAN_ALL_ATTEMPTS = 40;

    private static final Settings SETTINGS = TestSettings.settings("ap", "eu", "us");

    private Cluster cluster = new Cluster(1, SETTINGS);
    private int commands;

    private long pause(String target) {
        return command(target, true);
    }

    private long resume(String target) {
        return command(target, false);
    }

    private long command(String target, boolean paused) {
        cluster.advance(1);
        cluster.command(KEY, new Pause(target, paused, cluster.nowMs, "id-" + commands++));
        return cluster.nowMs;
    }

    private void writeAt(String... replicas) {
        for (String replica : replicas) {
            cluster.write(replica, KEY, 1, cluster.nowMs - 60_000, "value");
        }
    }

    private List<String> targets() {
        return cluster.repairs.stream().map(Repair::target).distinct().toList();
    }

    private RoundSummary last(String replica) {
        List<RoundSummary> reports = cluster.reportsOf.get(replica);
        return reports.get(reports.size() - 1);
    }

    @Test
    void shouldCompareAndReportAndSendNothingToAPausedReplica() {
        long since = pause("us");
        writeAt("ap");

        cluster.rounds(MORE_THAN_ALL_ATTEMPTS);

        assertThat(targets()).containsExactly("eu");
        assertThat(cluster.reports).allSatisfy(report -> {
            assertThat(report.repairs().failed()).isZero();
            assertThat(report.repairs().pausedSinceMs()).isEqualTo(Map.of("us", since));
        });
        assertThat(last("ap").outcome()).isEqualTo(Outcome.DIVERGENT);
        assertThat(last("ap").comparison().sample())
                .extracting(RoundSummary.DivergentKey::target, RoundSummary.DivergentKey::action)
                .containsExactly(tuple("us", Action.PAUSED));

        resume("us");
        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs.get(cluster.repairs.size() - 1).attempt()).isEqualTo(1);
        assertThat(last("ap").repairs().pausedSinceMs()).isEmpty();
    }

    @Test
    void shouldSendNothingToAnyReplicaIfAllArePausedAndOneOfThemAfterItIsResumed() {
        pause(Pause.ALL);
        writeAt("ap");
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();
        assertThat(last("eu").repairs().pausedSinceMs()).containsOnlyKeys("ap", "eu", "us");

        resume("us");
        cluster.rounds(2);
        assertThat(targets()).containsExactly("us");

        resume(Pause.ALL);
        cluster.rounds(2);
        assertThat(targets()).containsExactly("us", "eu");
    }

    @Test
    void shouldResumeAPausedReplicaWithAllOthers() {
        pause("us");
        resume(Pause.ALL);
        writeAt("ap");

        cluster.rounds(1);

        assertThat(targets()).containsExactly("eu", "us");
    }

    @Test
    void shouldHoldAfterARestartOfAllReconcilers() {
        pause("us");
        writeAt("ap", "eu");
        cluster.rounds(1);
        cluster.replicas.forEach(cluster::restart);

        cluster.rounds(5);
        assertThat(cluster.repairs).isEmpty();

        resume("us");
        cluster.replicas.forEach(cluster::restart);
        cluster.rounds(5);
        assertThat(targets()).containsExactly("us");
    }

    /** The reconcilers receive the two commands in different orders: {@code ap} misses the first, and receives it last. */
    @ParameterizedTest
    @CsvSource({
        "true, 10, a, false, 20, a, false",
        "false, 10, a, true, 20, a, true",
        "true, 20, a, false, 10, a, true",
        "true, 10, b, false, 10, a, true",
        "true, 10, a, false, 10, b, false"
    })
    void shouldLetTheLaterOfTwoCommandsCountEverywhere(
            boolean one, long oneMs, String oneId, boolean two, long twoMs, String twoId, boolean paused) {
        Pause first = new Pause("us", one, cluster.nowMs + oneMs, oneId);
        Pause second = new Pause("us", two, cluster.nowMs + twoMs, twoId);
        cluster.down.add("ap");
        cluster.command(KEY, first);
        cluster.command(KEY, second);
        cluster.down.remove("ap");
        cluster.down.addAll(List.of("eu", "us"));
        cluster.command(KEY, second);
        cluster.command(KEY, first);
        cluster.down.clear();

        writeAt("ap", "eu");
        cluster.lose = message -> true; // nobody learns anything from a root
        cluster.rounds(1);
        assertThat(cluster.reports)
                .allSatisfy(
                        report -> assertThat(report.repairs().pausedSinceMs().containsKey("us"))
                                .isEqualTo(paused));
        cluster.lose = message -> false;
        cluster.rounds(2);
        assertThat(targets()).isEqualTo(paused ? List.of() : List.of("us"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldLearnFromPeersWhatAReconcilerHasMissed(boolean losesItsState) {
        cluster.rounds(1);
        if (losesItsState) {
            pause("us");
            cluster.forgetState("ap");
        } else {
            cluster.down.add("ap");
            pause("us");
            cluster.down.clear();
        }
        writeAt("ap", "eu");

        cluster.rounds(4);
        assertThat(cluster.repairs).isEmpty();
        assertThat(last("ap").repairs().pausedSinceMs()).containsOnlyKeys("us");

        cluster.down.add("ap");
        resume("us");
        cluster.down.clear();
        cluster.rounds(2);
        assertThat(targets()).containsExactly("us");
        assertThat(last("ap").repairs().pausedSinceMs()).isEmpty();
    }

    @Test
    void shouldSayThatRepairsArePausedThoughARoundIsSkipped() {
        long since = pause("us");
        cluster.unread.add("us");

        cluster.rounds(2);

        assertThat(last("us").outcome()).isEqualTo(Outcome.SKIPPED);
        assertThat(last("us").repairs().pausedSinceMs()).isEqualTo(Map.of("us", since));
    }

    @Test
    void shouldRefuseACommandOfAClockThatIsFarAhead() {
        assertThatThrownBy(() -> cluster.command(KEY, new Pause("us", true, cluster.nowMs + 1_001, "id")))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessageContaining("ahead by 1001 ms");
        cluster.command(KEY, new Pause("us", true, cluster.nowMs + 1_000, "id"));
        cluster.rounds(1);
        assertThat(last("eu").repairs().pausedSinceMs()).containsOnlyKeys("us");
    }

    @Test
    void shouldNotCountTheAttemptsBeforeThePause() {
        cluster.ignoreRepair = repair -> true;
        writeAt("ap", "eu");
        cluster.rounds(MORE_THAN_ALL_ATTEMPTS);
        assertThat(last("ap").repairs().failed() + last("eu").repairs().failed())
                .isPositive();
        pause("us");
        cluster.rounds(1);
        cluster.repairs.clear();
        cluster.ignoreRepair = repair -> false;

        resume("us");
        cluster.rounds(1);

        assertThat(cluster.repairs).extracting(Repair::attempt).containsExactly(1);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldSendNoDeleteToAPausedReplica() {
        writeAt("ap", "eu", "us");
        cluster.rounds(1);
        cluster.delete("ap", KEY, 2, cluster.nowMs - 5_000);
        cluster.delete("eu", KEY, 2, cluster.nowMs - 5_000);
        pause("us");

        cluster.rounds(4);
        assertThat(cluster.repairs).isEmpty();

        resume("us");
        cluster.rounds(1);
        assertThat(cluster.held("us", KEY).deleted()).isTrue();
    }

    private void probe() {
        cluster.probe("ap", KEY);
        for (int seconds = 0; seconds < 4; seconds++) {
            cluster.advance(1_000);
            cluster.replicas.forEach(cluster::progress);
        }
    }

    @Test
    void shouldSendNothingForAProbe() {
        writeAt("ap", "eu", "us");
        cluster.rounds(1);
        pause("us");
        cluster.write("ap", KEY, 2, cluster.nowMs - 30_000, "newer");
        cluster.write("eu", KEY, 2, cluster.nowMs - 30_000, "newer");
        cluster.rounds(1);

        probe();
        assertThat(cluster.repairs).isEmpty();

        resume("us");
        probe();
        assertThat(targets()).containsExactly("us");
    }

    @Test
    void shouldNeitherAnnounceNorFillAPausedReplicaThatWasEmpty() {
        for (int i = 0; i < 2_000; i++) {
            cluster.write("ap", "k" + i, 1, cluster.nowMs - 60_000, "value");
            cluster.write("eu", "k" + i, 1, cluster.nowMs - 60_000, "value");
        }
        cluster.delete("ap", "deleted", 1, cluster.nowMs - 60_000);
        cluster.delete("eu", "deleted", 1, cluster.nowMs - 60_000);
        pause("us");

        cluster.rounds(3);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.fills).isEmpty();
        assertThat(last("ap").comparison().divergences().values()).containsExactly(2_000L);

        resume("us");
        cluster.rounds(4);
        assertThat(cluster.fills).containsExactly("ap/0 fills us: 2000 of 2000");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "deleted")).as("tombstones are sent, too").isNotNull();
    }

    /** What waits for the rate is dropped, and no comparison shows that a replica lacks tombstones. */
    @Test
    void shouldSendTheTombstonesOfAReplicaThatIsBeingFilledAgain() {
        Backfill backfill = new Backfill(SETTINGS, new MapTable());
        backfill.heard("us", new Root(new Hash128(1, 1), 5, Evidence.of(0, 0), true, false), 16, true);
        backfill.tombstonesSent("us", 9);

        backfill.paused("eu");
        assertThat(backfill.nextTombstones("us")).isEqualTo(9);
        backfill.paused("us");
        assertThat(backfill.nextTombstones("us")).isZero();
        backfill.tombstonesSent("us", 9);
        backfill.paused(Pause.ALL);
        assertThat(backfill.nextTombstones("us")).isZero();
    }

    @Test
    void shouldJudgeNoMoreKeysOfAPausedReplicaThatWasEmptyThanItWouldBeSent() {
        cluster = new Cluster(1, SETTINGS.changed().repairsPerRound(100).build());
        for (int i = 0; i < 2_000; i++) {
            cluster.write("ap", "k" + i, 1, cluster.nowMs - 60_000, "value");
            cluster.write("eu", "k" + i, 1, cluster.nowMs - 60_000, "value");
        }
        pause("us");

        cluster.rounds(1);

        assertThat(last("ap").comparison().divergences().values()).containsExactly(100L);
    }

    /** The choice is given while all are paused: it is carried out as soon as they are resumed. */
    @Test
    void shouldCarryOutAChoiceOnceItsTargetsAreResumed() {
        Settings settings = TestSettings.settings(Resolution.VECTOR, null, false, "ap", "eu", "us");
        Cluster vectors = new Cluster(1, settings);
        for (String replica : vectors.replicas) {
            vectors.write(replica, KEY, replica + "=1", vectors.nowMs - 60_000, "of " + replica);
        }
        vectors.rounds(1);
        vectors.command(KEY, new Pause(Pause.ALL, true, vectors.nowMs, "1"));
        vectors.command(KEY, vectors.choice(KEY, "ap", 1, Cluster.vector("ap=1,eu=1,us=1")));
        vectors.rounds(MORE_THAN_ALL_ATTEMPTS);
        assertThat(vectors.repairs).isEmpty();

        vectors.advance(1);
        vectors.command(KEY, new Pause(Pause.ALL, false, vectors.nowMs, "2"));
        vectors.rounds(2);
        assertThat(vectors.replicas)
                .allSatisfy(replica ->
                        assertThat(vectors.held(replica, KEY).value()).isEqualTo("of ap"));
    }

    @Test
    void shouldCarryOutAChoiceAtAllButAPausedReplica() {
        Settings settings = TestSettings.settings(Resolution.VECTOR, null, false, "ap", "eu", "us");
        Cluster vectors = new Cluster(1, settings);
        for (String replica : vectors.replicas) {
            vectors.write(replica, KEY, replica + "=1", vectors.nowMs - 60_000, "of " + replica);
        }
        vectors.rounds(1);
        vectors.command(KEY, new Pause("us", true, vectors.nowMs, "1"));
        vectors.command(KEY, vectors.choice(KEY, "ap", 1, Cluster.vector("ap=1,eu=1,us=1")));
        vectors.rounds(2);

        assertThat(vectors.repairs).extracting(Repair::target).doesNotContain("us");
        assertThat(vectors.held("eu", KEY).value()).isEqualTo("of ap");
        assertThat(vectors.held("us", KEY).value()).isEqualTo("of us");
    }
}

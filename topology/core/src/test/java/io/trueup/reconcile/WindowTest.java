package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.settings.RepairWindows;
import io.trueup.reconcile.settings.RepairWindows.Window;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A maintenance window is open: rounds go on, and no repairs or fewer are sent until it ends. */
class WindowTest {

    private static final int KEYS = 30;
    private static final int MANY = 2_000;

    private Window window;
    private boolean everywhere;
    private final RepairWindows windows =
            (target, atMs) -> (everywhere || target.equals("us")) && window != null && atMs < window.untilMs()
                    ? Optional.of(window)
                    : Optional.empty();
    private final Cluster cluster = new Cluster(
            1,
            TestSettings.settings("ap", "eu", "us").changed().windows(windows).build());

    private RoundSummary last(String replica) {
        List<RoundSummary> reports = cluster.reportsOf.get(replica);
        return reports.get(reports.size() - 1);
    }

    private long sentTo(String target) {
        return cluster.repairs.stream()
                .filter(repair -> repair.target().equals(target))
                .count();
    }

    @Test
    void shouldSendNothingToItsReplicaUntilItEnds() {
        window = new Window(Long.MAX_VALUE, 0, 0);
        cluster.write("ap", "key", 1, cluster.nowMs - 60_000, "value");

        cluster.rounds(20);

        assertThat(sentTo("us")).isZero();
        assertThat(sentTo("eu")).isOne();
        assertThat(last("ap").repairs().resting().windows()).isEqualTo(Map.of("us", window));
        assertThat(last("ap").repairs().pausedSinceMs()).isEmpty();
        assertThat(last("ap").repairs().failed()).isZero();
        assertThat(last("ap").comparison().sample())
                .extracting(RoundSummary.DivergentKey::target, RoundSummary.DivergentKey::action)
                .containsExactly(tuple("us", Action.PAUSED));

        window = new Window(cluster.nowMs, 0, 0);
        cluster.rounds(1);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(last("ap").repairs().resting().windows()).isEmpty();
    }

    @Test
    void shouldSendAsManyRepairsInARoundAsItsRateAllows() {
        for (int i = 0; i < KEYS; i++) {
            cluster.write("us", "both-" + i, 1, cluster.nowMs - 60_000, "value");
            cluster.write("eu", "both-" + i, 1, cluster.nowMs - 60_000, "value");
            cluster.write("ap", "both-" + i, 1, cluster.nowMs - 60_000, "value");
        }
        for (int i = 0; i < KEYS; i++) {
            cluster.write("ap", "key-" + i, 1, cluster.nowMs - 60_000, "value");
        }
        window = new Window(Long.MAX_VALUE, 1, 4);

        cluster.rounds(1);
        assertThat(sentTo("eu")).isEqualTo(KEYS);
        assertThat(sentTo("us")).isEqualTo(4);
        cluster.rounds(1);
        assertThat(sentTo("us")).isEqualTo(8);

        window = null;
        cluster.rounds(1);
        assertThat(sentTo("us")).isEqualTo(KEYS);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldNeitherAnnounceNorFillAReplicaThatWasEmpty() {
        for (String replica : List.of("ap", "eu")) {
            for (int i = 0; i < MANY; i++) {
                cluster.write(replica, "k" + i, 1, cluster.nowMs - 60_000, "value");
            }
            cluster.delete(replica, "deleted", 1, cluster.nowMs - 60_000);
        }
        window = new Window(Long.MAX_VALUE, 0, 0);

        cluster.rounds(3);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.fills).isEmpty();

        window = null;
        cluster.rounds(4);
        assertThat(cluster.fills).hasSize(1);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "deleted")).as("tombstones are sent, too").isNotNull();
    }

    /** What waits for the rate is dropped when a window opens. */
    @Test
    void shouldSendTombstonesAgainThatWereSentBeforeTheWindow() {
        for (String replica : List.of("ap", "eu")) {
            for (int i = 0; i < MANY; i++) {
                cluster.write(replica, "k" + i, 1, cluster.nowMs - 60_000, "value");
            }
            cluster.delete(replica, "deleted", 1, cluster.nowMs - 60_000);
        }
        cluster.loseRepair = repair -> Arrays.equals(repair.key(), "deleted".getBytes(UTF_8));
        cluster.rounds(1);
        assertThat(cluster.repairs).extracting(Repair::key).contains("deleted".getBytes(UTF_8));
        window = new Window(Long.MAX_VALUE, 0, 0);
        cluster.rounds(2);

        cluster.loseRepair = repair -> false;
        window = null;
        cluster.rounds(4);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "deleted")).isNotNull();
    }

    @Test
    void shouldCarryOutAChoiceOnceTheWindowEnds() {
        Cluster vectors = new Cluster(
                1,
                TestSettings.settings(Settings.Resolution.VECTOR, null, false, "ap", "eu", "us")
                        .changed()
                        .windows(windows)
                        .build());
        for (String replica : vectors.replicas) {
            vectors.write(replica, "key", replica + "=1", vectors.nowMs - 60_000, "of " + replica);
        }
        vectors.rounds(1);
        everywhere = true;
        window = new Window(Long.MAX_VALUE, 0, 0);
        vectors.command("key", vectors.choice("key", "ap", 1, Cluster.vector("ap=1,eu=1,us=1")));
        vectors.rounds(3);
        assertThat(vectors.repairs).isEmpty();

        window = null;
        vectors.rounds(2);
        assertThat(vectors.replicas)
                .allSatisfy(replica ->
                        assertThat(vectors.held(replica, "key").value()).isEqualTo("of ap"));
    }
}

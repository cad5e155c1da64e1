package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.KeyedHash;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Probes are judged between two rounds. The grace is 1 s, settling takes 2 s, the next round is 9 s away. */
class ProbeTest {

    private static final List<String> OTHERS = List.of("ap", "eu");

    private final Cluster cluster = new Cluster(1, TestSettings.settings("ap", "eu", "us"));

    @BeforeEach
    void shortlyAfterARoundWithoutDifferences() {
        for (int i = 0; i < 2_000; i++) {
            cluster.writeTo(cluster.replicas, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
        cluster.rounds(1);
        pass(1_100);
        cluster.messages.clear();
    }

    @Test
    void shouldRepairTheKeyWithoutARound() {
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(2_000);

        cluster.probe("eu", "lost");
        pass(300);

        assertThat(cluster.repairs).singleElement().satisfies(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.supplier()).isEqualTo("ap");
            assertThat(repair.cutMs()).isLessThan(cluster.nowMs - 1_000);
        });
        assertThat(cluster.held("us", "lost").value()).isEqualTo("v");
        assertThat(cluster.messages)
                .extracting(message -> (Object) message.body().getClass())
                .containsOnly(Message.Probe.class, Message.ProbeAnswer.class);
    }

    @Test
    void shouldNotRepairAReplicaThatAnsweredAndThenCeasedToBeAnOwner() {
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(2_000);
        cluster.delay = message -> message.replica().equals("eu") && message.body() instanceof Message.ProbeAnswer;
        cluster.probe("ap", "lost");
        pass(300);
        assertThat(cluster.messages)
                .anyMatch(message -> message.replica().equals("us") && message.body() instanceof Message.ProbeAnswer);

        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, OTHERS)));
        pass(3_000);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldRepairForAProbeThatNamesNoReplica() {
        cluster.writeTo(OTHERS, "k5", 2, cluster.nowMs - 5_000, "v");
        pass(2_000);

        cluster.command("k5", new Message.Probe(new KeyedHash(TestSettings.SECRET).key("k5".getBytes(UTF_8))));
        pass(800);
        assertThat(cluster.messages)
                .as("no answer before the grace is over")
                .noneMatch(message -> message.body() instanceof Message.ProbeAnswer);
        pass(700);

        assertThat(cluster.repairs)
                .singleElement()
                .satisfies(repair -> assertThat(repair.reason()).isEqualTo(Divergence.STALE));
    }

    @Test
    void shouldRepairNothingIfTheKeyIsEqualEverywhere() {
        cluster.probe("eu", "k1");
        cluster.probe("ap", "absent");
        pass(3_000);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldNotRepairAWriteInFlight() {
        cluster.writeTo(OTHERS, "k1", 2, cluster.nowMs, "new");
        pass(500);

        cluster.probe("eu", "k1");
        pass(500);
        cluster.write("us", "k1", 2, cluster.nowMs - 1_000, "new");
        pass(3_000);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldNotRepairALaggingReplicaWithinPatience() {
        cluster.stalled.add("us");
        cluster.writeTo(OTHERS, "k1", 2, cluster.nowMs, "new");
        pass(2_500);

        cluster.probe("eu", "k1");
        pass(3_000);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldNeitherActNorAskAgainWhenAnswersArriveLateAndTwice() {
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);
        cluster.delay = message -> message.body() instanceof Message.ProbeAnswer;
        cluster.probe("eu", "lost");
        pass(2_500);
        assertThat(cluster.repairs).isEmpty();
        cluster.messages.clear();

        cluster.release(2);
        pass(300);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.messages).isEmpty();
    }

    @Test
    void shouldRepairOnceEvenIfEveryMessageArrivesTwice() {
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);
        cluster.delay = message -> true;
        cluster.probe("eu", "lost");
        cluster.release(2);
        cluster.delay = message -> true;
        pass(200);
        cluster.release(2);
        pass(300);

        assertThat(cluster.repairs).hasSize(1);
    }

    @Test
    void shouldCompareTheReplicasThatAnswerIfAnOwnerIsSilent() {
        cluster.down.add("ap");
        cluster.write("eu", "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);

        cluster.probe("eu", "lost");
        pass(1_000);
        assertThat(cluster.repairs).as("before ap's time is up").isEmpty();
        pass(1_500);

        assertThat(cluster.repairs).singleElement().satisfies(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.supplier()).isEqualTo("eu");
        });
    }

    @Test
    void shouldRepairEachOfManyKeysOnce() {
        for (int i = 0; i < 500; i++) {
            cluster.writeTo(OTHERS, "lost" + i, 2, cluster.nowMs - 5_000, "v");
        }
        pass(1_500);

        for (int i = 0; i < 500; i++) {
            cluster.probe("eu", "lost" + i);
            cluster.probe("us", "lost" + i);
        }
        pass(500);

        assertThat(cluster.repairs)
                .extracting(Repair::keyHash)
                .doesNotHaveDuplicates()
                .hasSize(500);
        assertThat(cluster.unequal()).isEmpty();
        cluster.rounds(1);
        assertThat(cluster.reports.stream()
                        .mapToLong(round -> round.upkeep().probes())
                        .sum())
                .isEqualTo(3 * 500);
    }

    @Test
    void shouldAnswerButNotRepairBeforeARoundHasComparedAllOwnersSinceTheStart() {
        cluster.replicas.forEach(cluster::restart);
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(2_000);

        cluster.probe("eu", "lost");
        pass(300);

        assertThat(cluster.messages)
                .filteredOn(message -> message.body() instanceof Message.ProbeAnswer)
                .hasSize(3);
        assertThat(cluster.repairs).isEmpty();
        cluster.applyRepairs = false;
        cluster.reports.clear();
        cluster.rounds(1);
        assertThat(cluster.reports)
                .anySatisfy(report -> assertThat(report.comparison().sample())
                        .extracting(RoundSummary.DivergentKey::action)
                        .contains(RoundSummary.Action.WAITING));
    }

    @Test
    void shouldNotRepairAfterARoundThatHasNotHeardAnOwner() {
        cluster.replicas.forEach(cluster::restart);
        cluster.down.add("eu");
        cluster.rounds(1);
        cluster.down.clear();
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);

        cluster.probe("ap", "lost");
        pass(300);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldRepairAgainAfterARoundThatHasComparedAllOwners() {
        cluster.replicas.forEach(cluster::restart);
        cluster.rounds(2);
        cluster.writeTo(OTHERS, "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);

        cluster.probe("eu", "lost");
        pass(300);

        assertThat(cluster.repairs).hasSize(1);
    }

    @Test
    void shouldNotRepairBeforeNewOwnersAreCompared() {
        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, List.of("eu", "us"))));
        cluster.write("eu", "lost", 2, cluster.nowMs - 5_000, "v");
        pass(1_500);

        cluster.probe("eu", "lost");
        pass(300);

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldDeleteWhereADeleteWasLost() {
        cluster.delete("ap", "k7", 2, cluster.nowMs - 5_000);
        cluster.delete("eu", "k7", 2, cluster.nowMs - 5_000);
        pass(1_500);

        cluster.probe("ap", "k7");
        pass(300);

        assertThat(cluster.repairs).singleElement().satisfies(repair -> {
            assertThat(repair.winner().deleted()).isTrue();
            assertThat(repair.supplier()).isEqualTo("us");
        });
        assertThat(cluster.held("us", "k7").deleted()).isTrue();
    }

    private void pass(long ms) {
        for (long passed = 0; passed < ms; passed += 100) {
            cluster.advance(100);
            cluster.progress();
        }
    }
}

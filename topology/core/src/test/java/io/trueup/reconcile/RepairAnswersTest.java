package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.sent.RepairAnswers;
import io.trueup.reconcile.sent.RepairIds;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A repair is verified only by the entry that it carries, or by a newer one where versions can be ordered. The reconciler of us
 * reads the repairs; its datastore ignores them, and answers as each test says.
 */
class RepairAnswersTest {

    @Test
    void shouldNotTakeALaterWriteOfAnotherValueForAnAnswerIfValuesAreCompared() {
        Cluster cluster = comparedByValue();
        for (int i = 0; i < 50; i++) {
            diverge(cluster, "k" + i, 2);
        }
        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(50);

        for (int i = 0; i < 50; i++) {
            cluster.write("us", "k" + i, 100 + i, cluster.nowMs, "another");
        }
        cluster.rounds(1);

        assertThat(verified(cluster)).isZero();
        assertThat(declined(cluster)).isZero();
    }

    @Test
    void shouldVerifyTheValueUnderWhicheverVersionTheReplicaReportsIt() {
        Cluster cluster = comparedByValue();
        diverge(cluster, "lower", 5);
        diverge(cluster, "higher", 5);
        cluster.rounds(1);

        cluster.write("us", "lower", 1, cluster.nowMs, "right");
        cluster.write("us", "higher", 99, cluster.nowMs, "right");
        cluster.rounds(1);

        assertThat(verified(cluster)).isEqualTo(2);
        assertThat(declined(cluster)).isZero();
    }

    @Test
    void shouldCountAnAnswerWithAnotherValueAsDeclinedHoweverHighItsVersion() {
        Cluster cluster = comparedByValue();
        diverge(cluster, "k", 5);
        cluster.rounds(1);

        cluster.answer("us", "k", 99, "another", cluster.repairs.get(0).id());
        cluster.rounds(1);

        assertThat(verified(cluster)).isZero();
        assertThat(declined(cluster)).isEqualTo(1);
    }

    @Test
    void shouldVerifyADeleteIfTheReplicaHoldsNothing() {
        Cluster cluster = comparedByValue();
        cluster.delete("eu", "k", 5, cluster.nowMs - 60_000);
        cluster.write("us", "k", 9, cluster.nowMs - 60_000, "alive");
        cluster.progress();
        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(1);

        cluster.answer("us", "k", 10, null, cluster.repairs.get(0).id());
        cluster.rounds(1);

        assertThat(verified(cluster)).isEqualTo(1);
    }

    @Test
    void shouldNotTakeAConcurrentVectorWithAHigherSumForANewerOne() {
        Cluster cluster = new Cluster(1, TestSettings.settings(Resolution.VECTOR, null, false, "eu", "us"));
        cluster.ignoreRepair = repair -> true;
        for (String key : List.of("concurrent", "dominating")) {
            cluster.write("eu", key, "eu=2,us=1", cluster.nowMs - 60_000, "new");
            cluster.write("us", key, "us=1", cluster.nowMs - 60_000, "old");
        }
        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(2);

        cluster.write("us", "concurrent", "us=9", cluster.nowMs, "concurrent");
        cluster.write("us", "dominating", "eu=2,us=2", cluster.nowMs, "newer");
        cluster.rounds(1);

        assertThat(verified(cluster)).isEqualTo(1);
    }

    @Test
    void shouldVerifyANewerVersionIfVersionsAreCompared() {
        Cluster cluster = new Cluster(1, TestSettings.settings("eu", "us"));
        cluster.ignoreRepair = repair -> true;
        diverge(cluster, "newer", 1);
        diverge(cluster, "same", 1);
        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(2);

        cluster.write("us", "newer", 9, cluster.nowMs, "newer");
        cluster.write("us", "same", 5, cluster.nowMs, "right");
        cluster.rounds(1);

        assertThat(verified(cluster)).isEqualTo(2);
    }

    @Test
    void shouldNotVerifyTheSameVersionWithAnotherValue() {
        Settings settings = TestSettings.settings(Resolution.LATEST, "eu", false, "eu", "us");
        Cluster cluster = new Cluster(1, settings);
        cluster.ignoreRepair = repair -> true;
        diverge(cluster, "k", 5);
        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(1);

        cluster.write("us", "k", 5, cluster.nowMs - 60_000, "wrong");
        cluster.rounds(1);

        assertThat(verified(cluster)).isZero();
    }

    /** Writes and repairs lie in different topics, so the answer may be read first. */
    @Test
    void shouldVerifyARepairWhoseAnswerWasReadBeforeIt() {
        Settings settings = TestSettings.settings(Resolution.PRIMARY, "eu", true, "us", "eu");
        RepairIds ids = new RepairIds(settings, new KeyedHash(TestSettings.SECRET));
        List<Long> verifiedAfterMs = new ArrayList<>();
        RepairAnswers answers = new RepairAnswers(settings, ids, verifiedAfterMs::add);
        Hash128 key = new Hash128(1, 2);
        Hash128 right = new Hash128(3, 4);
        RepairAnswers.Sent sent =
                new RepairAnswers.Sent(ids.id(key, "us", 5, null, false, right), 5, null, false, 1_000, 300);

        answers.sent(key, sent, entry(99, right, true));
        assertThat(answers.takeVerified()).isEqualTo(1);
        assertThat(verifiedAfterMs).containsExactly(0L);

        answers.sent(key, sent, entry(99, new Hash128(5, 6), true));
        answers.sent(key, sent, entry(99, right, false));
        assertThat(answers.takeVerified()).isZero();
        assertThat(answers.awaits(key)).isTrue();
    }

    @Test
    void shouldMeasureTheTimeFromTheRepairToItsAnswer() {
        Cluster cluster = comparedByValue();
        diverge(cluster, "answered", 5);
        diverge(cluster, "declined", 5);
        cluster.rounds(1);
        long repairedMs = cluster.repairs.get(0).validUntilMs()
                - TestSettings.settings("eu", "us").times().repairValidityMs();
        cluster.nowMs += 70;
        cluster.write("us", "answered", 1, cluster.nowMs, "right");
        cluster.write("us", "declined", 99, cluster.nowMs, "wrong");

        assertThat(cluster.verifiedAfterMs).containsExactly(cluster.nowMs - repairedMs);
    }

    private static Entry entry(long version, Hash128 digest, boolean repaired) {
        return new Entry(new byte[] {1}, version, 0, 0, 0, Entry.NEVER, false, repaired, digest, 0);
    }

    private static Cluster comparedByValue() {
        Cluster cluster = new Cluster(1, TestSettings.settings(Resolution.PRIMARY, "eu", true, "eu", "us"));
        cluster.ignoreRepair = repair -> true;
        return cluster;
    }

    /** The replica eu holds the right value under version 5. */
    private static void diverge(Cluster cluster, String key, long versionOfUs) {
        cluster.write("eu", key, 5, cluster.nowMs - 60_000, "right");
        cluster.write("us", key, versionOfUs, cluster.nowMs - 60_000, "wrong");
        cluster.progress();
    }

    private static long verified(Cluster cluster) {
        return cluster.reportsOf.get("us").stream()
                .mapToLong(report -> report.repairs().verified())
                .sum();
    }

    private static long declined(Cluster cluster) {
        return cluster.reportsOf.get("us").stream()
                .mapToLong(report -> report.repairs().declined())
                .sum();
    }
}

package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases that Riak's and Cassandra's own suites check, with exact counts of repairs. */
class ScenarioTest {

    private static final List<String> ALL = List.of("ap", "eu", "us");

    private final Cluster cluster = new Cluster(4, TestSettings.settings("ap", "eu", "us"));

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 32, 100, 1000})
    void shouldRepairExactlyTheKeysLostOnOneReplica(int lost) {
        load(80_000, lost);

        cluster.rounds(3);

        assertThat(cluster.repairs).hasSize(lost).allSatisfy(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.supplier()).isEqualTo("ap");
            assertThat(repair.reason()).isEqualTo(Divergence.MISSING);
        });
        assertThat(cluster.unequal()).isEmpty();
        assertThat(verified()).isEqualTo(lost);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8, 32})
    void shouldSendNoRepairBetweenDifferentDatasetsEvenIfMostSegmentMessagesAreLost(int heardOneOf) {
        Cluster mistaken = new Cluster(
                1,
                TestSettings.settings("ap", "eu", "us")
                        .changed()
                        .floodMinKeys(50)
                        .build());
        for (int i = 0; i < 2_000; i++) {
            mistaken.writeTo(List.of("ap", "eu"), "key" + i, 1, mistaken.nowMs, "v");
            mistaken.write("us", "foreign" + i, 1, mistaken.nowMs, "v");
        }
        mistaken.progress();
        mistaken.lose = message -> message.replica().equals("eu")
                && message.body() instanceof Message.Segment segment
                && segment.index() % heardOneOf != 0;

        mistaken.rounds(3);

        assertThat(mistaken.repairs).isEmpty();
        assertThat(mistaken.reports)
                .anyMatch(report -> report.repairs().guarded().containsKey("eu"));
    }

    @Test
    void shouldNotFillTheEmptySegmentsOfAReplicaWithAnotherDataset() {
        Cluster mistaken = new Cluster(
                1,
                TestSettings.settings("ap", "eu", "us")
                        .changed()
                        .floodMinKeys(50)
                        .build());
        for (int i = 0; i < 800; i++) {
            mistaken.writeTo(List.of("ap", "eu"), "key" + i, 1, mistaken.nowMs, "v");
            mistaken.write("us", "foreign" + i, 1, mistaken.nowMs, "v");
        }
        mistaken.progress();
        mistaken.lose = message -> message.body() instanceof Message.Segment;

        mistaken.rounds(3);

        assertThat(mistaken.messages).anyMatch(message -> message.body() instanceof Message.Segment);
        assertThat(mistaken.repairs).isEmpty();
    }

    @Test
    void shouldSendOneRootPerReplicaAndPartitionWhenEqual() {
        load(1_000, 0);

        cluster.rounds(2);

        assertThat(cluster.messages)
                .hasSize(2 * 3 * 4)
                .allSatisfy(m -> assertThat(m.body()).isInstanceOf(Message.Root.class));
        assertThat(cluster.reports).extracting(RoundSummary::outcome).containsOnly(RoundSummary.Outcome.EQUAL);
    }

    @Test
    void shouldRepairBothDirectionsAtOnce() {
        load(1_000, 0);
        for (int i = 0; i < 50; i++) {
            cluster.writeTo(List.of("ap", "eu"), "left" + i, 1, cluster.nowMs, "v");
            cluster.writeTo(List.of("us"), "right" + i, 1, cluster.nowMs, "v");
        }

        cluster.rounds(3);

        assertThat(cluster.repairs).hasSize(50 + 2 * 50);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldDeleteWhereADeleteWasLost() {
        load(1_000, 0);
        for (int i = 0; i < 20; i++) {
            cluster.delete("ap", "k" + i, 2, cluster.nowMs);
            cluster.delete("eu", "k" + i, 2, cluster.nowMs);
        }

        cluster.rounds(3);

        assertThat(cluster.repairs).hasSize(20).allSatisfy(repair -> {
            assertThat(repair.reason()).isEqualTo(Divergence.UNDELETED);
            assertThat(repair.winner().deleted()).isTrue();
            assertThat(repair.supplier()).isEqualTo("us");
        });
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "k0").deleted()).isTrue();
    }

    @Test
    void shouldReplaceAValueOverwrittenOnOneSideOnly() {
        load(1_000, 0);
        for (int i = 0; i < 20; i++) {
            cluster.writeTo(List.of("ap", "us"), "k" + i, 2, cluster.nowMs, "new");
        }

        cluster.rounds(3);

        assertThat(cluster.repairs).hasSize(20).allSatisfy(repair -> {
            assertThat(repair.target()).isEqualTo("eu");
            assertThat(repair.reason()).isEqualTo(Divergence.STALE);
            assertThat(repair.condition().observed().version()).isEqualTo(1);
        });
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldReplaceACorruptValueByThatOfTheMajority() {
        load(1_000, 0);
        for (int i = 0; i < 20; i++) {
            cluster.write("us", "k" + i, 1, cluster.nowMs - 60_000, "rotten");
        }

        cluster.rounds(3);

        assertThat(cluster.repairs)
                .hasSize(20)
                .allSatisfy(repair -> assertThat(repair.reason()).isEqualTo(Divergence.CORRUPT));
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "k3").value()).isEqualTo("v3");
    }

    @Test
    void shouldLeaveTwoValuesOfOneVersionWithoutMajorityToAPerson() {
        Cluster pair = new Cluster(1, TestSettings.settings("eu", "us"));
        pair.write("eu", "k", 1, pair.nowMs, "one");
        pair.write("us", "k", 1, pair.nowMs, "other");

        pair.rounds(3);

        assertThat(pair.repairs).isEmpty();
        assertThat(pair.reports.get(pair.reports.size() - 1).comparison().divergences())
                .containsEntry(Divergence.CONFLICT, 1L);
    }

    @Test
    void shouldRepairAfterARestartBetweenDifferenceAndRound() {
        load(1_000, 10);
        cluster.restart("ap");
        cluster.restart("us");

        cluster.rounds(4);

        assertThat(cluster.repairs).hasSize(10);
        assertThat(cluster.unequal()).isEmpty();
    }

    @Test
    void shouldSeeNoDifferenceAfterInsertionInOppositeOrder() {
        int keys = 1_000;
        for (int i = 0; i < keys; i++) {
            cluster.write("ap", "k" + i, 1, cluster.nowMs - 60_000 + i, "v");
            int j = keys - 1 - i;
            cluster.write("eu", "k" + j, 1, cluster.nowMs - 60_000 + j, "v");
            cluster.write("us", "k" + j, 1, cluster.nowMs - 60_000 + j, "v");
        }

        cluster.rounds(2);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.messages).allSatisfy(m -> assertThat(m.body()).isInstanceOf(Message.Root.class));
    }

    @Test
    void shouldNotRepairAWriteThatIsStillInFlight() {
        load(1_000, 0);
        long due = (cluster.nowMs / 10_000 + 1) * 10_000;
        for (long now = cluster.nowMs; now < due + 30_000; now += 100) {
            cluster.advance(100);
            String key = "k" + now / 100 % 50;
            cluster.writeTo(List.of("ap", "eu"), key, now, cluster.nowMs, "moving");
            cluster.write("us", "k" + (now - 900) / 100 % 50, now - 900, cluster.nowMs - 900, "moving");
        }

        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldSealACutOnlyOnceTheWritesBeforeItAreRead() {
        long positionMs = cluster.nowMs;
        cluster.writeTo(ALL, "k", 1, positionMs - 500, "old");
        cluster.writeTo(List.of("ap", "eu"), "k", 2, positionMs, "new");
        cluster.unread.add("us");
        cluster.advance(10_000);

        cluster.write("us", "k", 2, positionMs, "new");
        cluster.unread.clear();
        cluster.deliverAll();

        assertThat(cluster.messages)
                .hasSize(3 * 4)
                .allSatisfy(message -> assertThat(message.body()).isInstanceOf(Message.Root.class));
    }

    @Test
    void shouldRepairAHotKeyThatOneReplicaHasLost() {
        load(1_000, 0);
        for (long now = cluster.nowMs, end = now + 60_000; now < end; now += 100) {
            cluster.advance(100);
            if (now % 1_000 == 0) {
                cluster.progress();
            }
            cluster.writeTo(List.of("ap", "eu"), "hot", now, cluster.nowMs, "v" + now);
        }

        assertThat(cluster.repairs).isNotEmpty().allSatisfy(repair -> {
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.key()).isEqualTo("hot".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        });
    }

    @Test
    void shouldWaitForALaggingReplicaUntilPatienceEnds() {
        load(1_000, 0);
        cluster.rounds(1);
        cluster.writeTo(List.of("ap", "eu"), "late", 2, cluster.nowMs, "v");
        long missedAt = cluster.nowMs;
        while (cluster.repairs.isEmpty() && cluster.nowMs < missedAt + 100_000) {
            cluster.advance(1_000);
            cluster.progress("ap");
            cluster.progress("eu");
        }

        assertThat(cluster.repairs).hasSize(1);
        assertThat(cluster.nowMs - missedAt).isGreaterThanOrEqualTo(10_000).isLessThan(40_000);
        assertThat(cluster.reports)
                .filteredOn(report -> !report.peers().lagging().isEmpty())
                .isNotEmpty()
                .allSatisfy(report -> assertThat(report.outcome()).isEqualTo(RoundSummary.Outcome.LAGGING));
    }

    @Test
    void shouldAlternateSuppliersAndReportFailureWhenRepairsAreNotApplied() {
        load(100, 1);
        cluster.applyRepairs = false;

        cluster.rounds(20);

        assertThat(cluster.repairs).extracting(Repair::supplier).startsWith("ap", "eu", "ap", "eu");
        assertThat(cluster.repairs)
                .extracting(Repair::id)
                .containsOnly(cluster.repairs.get(0).id());
        assertThat(cluster.repairs).hasSizeLessThanOrEqualTo(6);
        assertThat(cluster.reports)
                .anySatisfy(report -> assertThat(report.repairs().failed()).isEqualTo(1));
    }

    @Test
    void shouldFindDifferencesInALaterRoundWhenMessagesAreLost() {
        load(1_000, 5);
        int[] count = {0};
        cluster.lose = message -> cluster.nowMs < 1_000_030_000L && count[0]++ % 2 == 0;

        cluster.rounds(8);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs)
                .extracting(repair -> new String(repair.key(), StandardCharsets.UTF_8))
                .containsOnly("k0", "k1", "k2", "k3", "k4");
    }

    @Test
    void shouldLetTheMajorityWinOverANewerVersionIfSoConfigured() {
        Cluster voting =
                new Cluster(1, TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"));
        voting.writeTo(ALL, "k", 1, voting.nowMs - 50_000, "v");
        voting.write("eu", "k", 2, voting.nowMs - 40_000, "alone");

        voting.rounds(3);

        assertThat(voting.repairs).hasSize(1);
        assertThat(voting.repairs.get(0).target()).isEqualTo("eu");
        assertThat(voting.repairs.get(0).condition().ifObserved()).isTrue();
        assertThat(voting.unequal()).isEmpty();
    }

    /** The clock of eu is ahead of those of its peers, by less than roots can contradict. */
    @Test
    void shouldCompareWithPeersThatAreHeardOneAfterTheOtherLongAfterSealing() {
        Cluster voting =
                new Cluster(1, TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"));
        for (int i = 0; i < 1_000; i++) {
            voting.writeTo(ALL, "k" + i, 1, voting.nowMs - 60_000, "v");
        }
        voting.write("eu", "only there", 1, voting.nowMs - 60_000, "v");
        voting.delay = message -> !message.replica().equals("eu");
        voting.nowMs = (voting.nowMs / 10_000 + 6) * 10_000;
        for (int second = 0; second < 4; second++) {
            voting.progress();
            voting.advance(1_000);
        }

        voting.release("ap");
        voting.advance(1_000);
        voting.release("us");
        voting.advance(1_000);

        assertThat(voting.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
    }

    @Test
    void shouldLetThePrimaryWinEvenWhereItHoldsNothing() {
        Cluster led = new Cluster(1, TestSettings.settings(Settings.Resolution.PRIMARY, "eu", true, "ap", "eu", "us"));
        led.write("ap", "extra", 7, led.nowMs, "should not be here");
        led.write("us", "extra", 9, led.nowMs, "should not be here");
        led.write("eu", "k", 1, led.nowMs, "right");
        led.write("us", "k", 5, led.nowMs, "wrong");

        led.rounds(3);

        assertThat(led.repairs).hasSize(4);
        assertThat(led.held("ap", "extra").deleted()).isTrue();
        assertThat(led.held("us", "k").value()).isEqualTo("right");
        assertThat(led.held("ap", "k").value()).isEqualTo("right");
    }

    @Test
    void shouldForgetExpiredEntriesEverywhereAtTheSameCut() {
        long expiry = cluster.nowMs + 25_000;
        for (int i = 0; i < 100; i++) {
            for (String replica : ALL) {
                cluster.expiring(replica, "e" + i, 1, cluster.nowMs, "v", expiry);
            }
        }

        cluster.rounds(5);

        assertThat(cluster.repairs).isEmpty();
        RoundSummary last = cluster.reports.get(cluster.reports.size() - 1);
        assertThat(last.holdings().entries()).isZero();
        assertThat(cluster.messages).allSatisfy(m -> assertThat(m.body()).isInstanceOf(Message.Root.class));
    }

    /** Each key is compared once in twelve rounds, and what is sent is confirmed within three. */
    @Test
    void shouldAlternateSuppliersWhereMoreDiffersThanARoundCompares() {
        Cluster bounded = new Cluster(1, TestSettings.bounded(TestSettings.settings("ap", "eu", "us"), 1, 1_000));
        for (int i = 0; i < 200; i++) {
            bounded.writeTo(bounded.replicas, "same" + i, 1, bounded.nowMs - 60_000, "v");
        }
        for (int i = 0; i < 12; i++) {
            bounded.writeTo(List.of("ap", "eu"), "lost" + i, 1, bounded.nowMs - 50_000, "v");
        }
        bounded.loseRepair = repair -> repair.supplier().equals("ap");

        bounded.rounds(40);

        assertThat(bounded.unequal()).isEmpty();
    }

    @Test
    void shouldAlternateSuppliersOfAHotKeyWhenALinkIsBroken() {
        load(1_000, 0);
        cluster.loseRepair = repair -> repair.supplier().equals("ap");
        for (long now = cluster.nowMs, end = now + 120_000; now < end; now += 100) {
            cluster.advance(100);
            if (now % 1_000 == 0) {
                cluster.progress();
            }
            cluster.writeTo(List.of("ap", "eu"), "hot", now, cluster.nowMs, "v" + now);
        }

        assertThat(cluster.repairs).extracting(Repair::supplier).contains("ap", "eu");
        assertThat(cluster.held("us", "hot")).isNotNull();
    }

    @Test
    void shouldPaceTheRepairsOfAHotKey() {
        load(1_000, 0);
        cluster.applyRepairs = false;
        for (long now = cluster.nowMs, end = now + 120_000; now < end; now += 100) {
            cluster.advance(100);
            if (now % 1_000 == 0) {
                cluster.progress();
            }
            cluster.writeTo(List.of("ap", "eu"), "hot", now, cluster.nowMs, "v" + now);
        }

        assertThat(cluster.repairs).hasSizeBetween(2, 4);
    }

    @Test
    void shouldRepairAHotKeyOnAReplicaThatSeemsToLagOncePatienceEnds() {
        for (long now = cluster.nowMs, end = now + 120_000; now < end; now += 500) {
            cluster.advance(500);
            cluster.writeTo(List.of("ap", "eu"), "hot", now, cluster.nowMs, "v" + now);
        }

        assertThat(cluster.repairs)
                .isNotEmpty()
                .allSatisfy(repair -> assertThat(repair.target()).isEqualTo("us"));
    }

    @Test
    void shouldNotDeleteAnEntryReplacedSinceTheComparison() {
        cluster.writeTo(ALL, "k", 1, cluster.nowMs - 50_000, "v");
        cluster.delete("ap", "k", 2, cluster.nowMs - 40_000);
        cluster.delete("eu", "k", 2, cluster.nowMs - 40_000);
        cluster.lose = message -> {
            if (ofEntries(message) && message.replica().equals("us")) {
                cluster.write("us", "k", 3, cluster.nowMs, "again");
            }
            return false;
        };

        cluster.rounds(1);

        assertThat(cluster.messages).anyMatch(ScenarioTest::ofEntries);
        assertThat(cluster.repairs).isEmpty();
    }

    private static boolean ofEntries(Message message) {
        return message.body() instanceof Message.Segment || message.body() instanceof Message.Entries;
    }

    @Test
    void shouldReachEverySegmentEvenIfMoreThanTheBoundStayDifferent() {
        Cluster pair = new Cluster(1, TestSettings.bounded(TestSettings.settings("eu", "us"), 8, 16));
        for (int i = 0; i < 100; i++) {
            pair.write("eu", "conflict" + i, 1, pair.nowMs - 50_000, "one");
            pair.write("us", "conflict" + i, 1, pair.nowMs - 50_000, "other");
        }
        for (int i = 0; i < 50; i++) {
            pair.write("eu", "lost" + i, 1, pair.nowMs - 50_000, "v");
        }

        pair.rounds(60);

        assertThat(pair.repairs)
                .extracting(Repair::keyHash)
                .doesNotHaveDuplicates()
                .hasSize(50);
    }

    private void load(int keys, int lostOnUs) {
        for (int i = 0; i < keys; i++) {
            List<String> to = i < lostOnUs ? List.of("ap", "eu") : ALL;
            cluster.writeTo(to, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
    }

    private long verified() {
        return cluster.reports.stream()
                .mapToLong(round -> round.repairs().verified())
                .sum();
    }
}

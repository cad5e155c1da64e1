package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A replica that holds nothing is sent the entries on which the others agree, without a descent of the trees. */
class BackfillTest {

    private static final int KEYS = 2_000;
    private static final List<String> OTHERS = List.of("ap", "eu");

    private final Settings ofThree = TestSettings.settings("ap", "eu", "us");
    private Cluster cluster = new Cluster(1, ofThree);

    @Test
    void shouldFillAnEmptyReplicaOfTwoWithOneRepairForEachEntry() {
        cluster = new Cluster(1, TestSettings.settings("eu", "us"));
        load(List.of("eu"));

        cluster.rounds(2);

        assertFilledOnce(KEYS);
        assertThat(cluster.repairs)
                .allSatisfy(repair -> assertThat(repair.supplier()).isEqualTo("eu"));
    }

    @Test
    void shouldFillAnEmptyReplicaOfThreeWithFewControlBytes() {
        load(OTHERS);

        cluster.rounds(2);

        assertFilledOnce(KEYS);
        assertThat(cluster.messages).noneMatch(message -> message.body() instanceof Message.Segment);
        assertThat(controlBytes()).isLessThan(KEYS);
    }

    @Test
    void shouldAnnounceOnceWhatAReplicaLacksBeforeItIsFilled() {
        cluster = new Cluster(1, ofThree.changed().repairsPerRound(150).build());
        load(OTHERS);

        cluster.rounds(4);
        assertThat(cluster.fills).containsExactly("ap/0 fills us: 2000 of 2000");

        cluster.rounds(KEYS / 150);
        assertFilledOnce(KEYS);
        assertThat(cluster.fills).hasSize(1);
    }

    @Test
    void shouldFillOnlyOnceAPersonApprovesIfSoConfigured() {
        cluster = new Cluster(1, ofThree.changed().approveFills(true).build());
        load(OTHERS);
        for (int i = 0; i < 50; i++) {
            cluster.delete("ap", "gone" + i, 2, cluster.nowMs - 60_000);
            cluster.delete("eu", "gone" + i, 2, cluster.nowMs - 60_000);
        }

        cluster.rounds(3);
        cluster.probe("eu", "k0");
        cluster.restart("ap");
        cluster.restart("eu");
        cluster.rounds(3);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.fills.get(0)).isEqualTo("ap/0 fills us: 2000 of 2000 held");
        assertThat(last("ap").repairs().guarded()).containsEntry("us", (long) KEYS);
        assertThat(last("ap").holdings().filling()).containsKey("us");

        cluster.command("k", new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs + 60_000));
        cluster.rounds(2);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(KEYS + 50);
        assertThat(last("ap").repairs().guarded()).isEmpty();
    }

    /** Nothing is held back from a replica that nothing would be sent to. */
    @Test
    void shouldAwaitNoApprovalForAPrimaryThatHoldsNothing() {
        cluster = new Cluster(
                1,
                TestSettings.settings(Settings.Resolution.PRIMARY, "us", false, "ap", "eu", "us")
                        .changed()
                        .approveFills(true)
                        .build());
        load(OTHERS);

        cluster.rounds(3);

        assertThat(cluster.fills).isEmpty();
        assertThat(last("ap").repairs().guarded()).doesNotContainKey("us");
    }

    @Test
    void shouldFillTwoEmptyReplicas() {
        load(List.of("us"));

        cluster.rounds(2);

        assertThat(cluster.repairs).hasSize(2 * KEYS);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.messages).noneMatch(message -> message.body() instanceof Message.Segment);
    }

    @Test
    void shouldFillItWhileAnotherOwnerLags() {
        load(OTHERS);
        cluster.stalled.add("ap");

        cluster.rounds(2);

        assertFilledOnce(KEYS);
    }

    @Test
    void shouldFillItWhileAnotherOwnerIsSilent() {
        load(OTHERS);
        cluster.down.add("ap");

        cluster.rounds(2);

        assertFilledOnce(KEYS);
    }

    @Test
    void shouldFillItFromOwnersThatDiffer() {
        load(OTHERS);
        for (int i = 0; i < 5; i++) {
            cluster.write("ap", "onlyAp" + i, 1, cluster.nowMs - 50_000, "v");
            cluster.write("eu", "k" + i, 2, cluster.nowMs - 50_000, "newer");
        }

        cluster.rounds(3);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.held("us", "k0").value()).isEqualTo("newer");
        assertThat(targets("us")).hasSize(KEYS + 5).doesNotHaveDuplicates();
        assertThat(cluster.repairs).hasSize(KEYS + 5 + 5 + 5);
    }

    @Test
    void shouldSendItTombstonesToo() {
        load(OTHERS);
        for (int i = 0; i < 100; i++) {
            cluster.delete("ap", "gone" + i, 2, cluster.nowMs - 50_000);
            cluster.delete("eu", "gone" + i, 2, cluster.nowMs - 50_000);
        }

        cluster.rounds(2);

        assertFilledOnce(KEYS + 100);
        assertThat(cluster.held("us", "gone7")).isNotNull().satisfies(held -> {
            assertThat(held.deleted()).isTrue();
            assertThat(held.version()).isEqualTo(2);
        });
        cluster.write("us", "gone8", 1, cluster.nowMs, "comes late");
        assertThat(cluster.remembered("us")).isEqualTo(KEYS + 100);
    }

    @Test
    void shouldFillAtTheConfiguredPaceAndReportWhichReplicaIsFilled() {
        int pace = 150;
        cluster = new Cluster(1, ofThree.changed().repairsPerRound(pace).build());
        load(OTHERS);

        int rounds = KEYS / pace + 1;
        cluster.rounds(rounds / 2);
        assertThat(last("us").holdings().filling()).containsOnlyKeys("us");
        assertThat(last("ap").holdings().filling()).containsOnlyKeys("us");
        cluster.rounds(rounds - rounds / 2 + 1);

        assertFilledOnce(KEYS);
        assertPaced(pace);
        assertThat(last("us").holdings().filling()).isEmpty();
        assertThat(controlBytes()).isLessThan(30L * KEYS);
    }

    @Test
    void shouldContinueAfterRestartsOfSupplierAndTarget() {
        int pace = 150;
        cluster = new Cluster(
                1, ofThree.changed().repairsPerRound(pace).floodMinKeys(100).build());
        load(OTHERS);
        cluster.rounds(3);
        cluster.restart("ap");
        cluster.rounds(3);
        cluster.restart("us");

        cluster.rounds(KEYS / pace + 3);

        assertFilledOnce(KEYS);
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldContinueUnderLiveTraffic() {
        int pace = 150;
        cluster = new Cluster(
                1, ofThree.changed().repairsPerRound(pace).floodMinKeys(100).build());
        load(OTHERS);
        cluster.rounds(1);

        for (int second = 0; second < 10 * (KEYS / pace + 3); second++) {
            cluster.advance(1_000);
            cluster.progress();
            cluster.writeTo(cluster.replicas, "live" + second, 1, cluster.nowMs, "v");
            cluster.writeTo(cluster.replicas, "k" + second, 2 + second, cluster.nowMs, "again");
        }
        cluster.rounds(2);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(targets("us")).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(KEYS);
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldFillAReplicaThatJoinsAndReceivesLiveWritesBeforeItsFirstCut() {
        cluster = new Cluster(1, ofThree.changed().floodMinKeys(100).build());
        load(OTHERS);
        for (int i = 0; i < 60; i++) {
            cluster.writeTo(cluster.replicas, "live" + i, 1, cluster.nowMs, "v");
        }

        cluster.rounds(2);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(targets("us")).hasSize(KEYS).doesNotHaveDuplicates();
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    /** In the first round it is compared with all others, and joins no longer: that it is being filled must be noted by then. */
    @Test
    void shouldGoOnFillingAReplicaThatJoinedWithLiveWritesOverSeveralRounds() {
        int pace = 150;
        cluster = new Cluster(
                1, ofThree.changed().repairsPerRound(pace).floodMinKeys(100).build());
        load(OTHERS);
        for (int i = 0; i < 60; i++) {
            cluster.writeTo(cluster.replicas, "live" + i, 1, cluster.nowMs, "v");
        }

        cluster.rounds(KEYS / pace + 3);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(targets("us")).hasSize(KEYS).doesNotHaveDuplicates();
        assertThat(cluster.reports)
                .allSatisfy(report -> assertThat(report.repairs().guarded()).isEmpty());
    }

    @Test
    void shouldSendTheTombstonesEvenIfTheSupplierRestartsAfterTheLastLiveEntry() {
        int pace = 150;
        cluster = new Cluster(1, ofThree.changed().repairsPerRound(pace).build());
        load(OTHERS);
        for (int i = 0; i < 200; i++) {
            cluster.writeTo(OTHERS, "gone" + i, 1, cluster.nowMs - 60_000, "v");
            cluster.delete("ap", "gone" + i, 2, cluster.nowMs - 50_000);
            cluster.delete("eu", "gone" + i, 2, cluster.nowMs - 50_000);
        }
        while (targets("us").size() < KEYS) {
            cluster.rounds(1);
        }
        assertThat(cluster.remembered("us")).isLessThan(KEYS + 200);

        cluster.restart("ap");
        cluster.restart("eu");
        cluster.rounds(4);

        assertThat(cluster.remembered("us")).isEqualTo(KEYS + 200);
    }

    @Test
    void shouldFillAReplicaThatLostItsDisk() {
        load(cluster.replicas);
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();

        cluster.wipe("us");
        cluster.rounds(3);

        assertFilledOnce(KEYS);
        assertThat(cluster.messages).noneMatch(message -> message.body() instanceof Message.Segment);
    }

    private void assertFilledOnce(int entries) {
        assertThat(targets("us")).hasSize(entries).doesNotHaveDuplicates();
        assertThat(cluster.repairs).hasSize(entries);
        assertThat(cluster.unequal()).isEmpty();
    }

    private List<String> targets(String target) {
        return cluster.repairs.stream()
                .filter(repair -> repair.target().equals(target))
                .map(repair -> new String(repair.key(), StandardCharsets.UTF_8))
                .toList();
    }

    private void assertPaced(int pace) {
        Map<String, Long> bySupplierAndRound = cluster.repairs.stream()
                .collect(Collectors.groupingBy(repair -> repair.supplier() + repair.cutMs(), Collectors.counting()));
        assertThat(bySupplierAndRound.values())
                .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(pace));
    }

    private long controlBytes() {
        return cluster.reports.stream()
                .mapToLong(round -> round.control().bytes())
                .sum();
    }

    private RoundSummary last(String replica) {
        List<RoundSummary> reports = cluster.reportsOf.get(replica);
        return reports.get(reports.size() - 1);
    }

    private void load(List<String> replicas) {
        for (int i = 0; i < KEYS; i++) {
            cluster.writeTo(replicas, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
    }

    /** Under majority, all owners must be heard. One of them seals later than others wait for it, because clocks differ. */
    @Test
    void shouldFillWhenAnOwnerIsHeardAfterTheOthersHaveSettled() {
        Cluster cluster = new Cluster(
                1,
                TestSettings.settings("ap", "eu", "us")
                        .changed()
                        .resolution(Settings.Resolution.MAJORITY)
                        .build());
        long before = cluster.nowMs - 60_000;
        cluster.writeTo(List.of("ap", "eu", "us"), "same", 1, before, "v");
        cluster.write("eu", "only there", 1, before, "v");
        cluster.delay = message -> message.replica().equals("us");
        cluster.nowMs = (cluster.nowMs / 10_000 + 6) * 10_000;
        cluster.progress();
        for (int second = 0; second < 4; second++) {
            cluster.advance(1_000);
            cluster.progress();
        }
        assertThat(cluster.repairs).isEmpty();

        cluster.release(1);
        cluster.advance(1_000);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
    }
}

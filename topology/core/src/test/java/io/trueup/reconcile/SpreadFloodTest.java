package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses that are spread over many partitions. The guard has the limits of the configuration: a tenth, and 10 keys. */
class SpreadFloodTest {

    private static final List<String> ALL = List.of("eu", "us");

    private static Cluster cluster(int partitions, Resolution resolution) {
        Settings settings =
                TestSettings.settings(resolution, resolution == Resolution.PRIMARY ? "eu" : null, false, "eu", "us");
        return new Cluster(
                partitions, settings.changed().segmentBits(1).floodMinKeys(10).build());
    }

    private static void load(Cluster cluster, int keys) {
        for (int i = 0; i < keys; i++) {
            cluster.writeTo(ALL, "k" + i, 1, cluster.nowMs - 60_000, "v");
        }
        cluster.rounds(2);
    }

    /** Whatever the primary does not hold is deleted elsewhere: all keys, or all but one in each partition. */
    @ParameterizedTest
    @ValueSource(ints = {16, 64, 200})
    void shouldHoldBackTheDeletionOfAllKeysHoweverManyPartitionsThereAre(int partitions) {
        Cluster cluster = cluster(partitions, Resolution.PRIMARY);
        load(cluster, 1_600);
        for (int i = 0; i < 1_600; i++) {
            cluster.vanish("eu", "k" + i);
        }
        cluster.scan("eu");

        cluster.rounds(5);

        assertThat(cluster.repairs).isEmpty();
        assertThat(guarded(cluster)).isGreaterThan(partitions * 9L / 10);

        cluster.restart("us");
        cluster.restart("eu");
        cluster.rounds(4);
        assertThat(cluster.repairs).as("after a restart").isEmpty();

        Set<Integer> approved = new HashSet<>();
        for (int i = 0; i < 1_600; i++) {
            if (!approved.add(Math.floorMod(Objects.hashCode("k" + i), partitions))) {
                continue;
            }
            cluster.command("k" + i, new Message.Approval("us", Message.Scope.FLOOD, cluster.nowMs + 100_000));
        }
        cluster.rounds(2);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(1_600);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 16, 200})
    void shouldRepairAFewLossesWithoutAPerson(int partitions) {
        Cluster cluster = cluster(partitions, Resolution.LATEST);
        load(cluster, 2_000);
        for (int i = 0; i < 2_000; i += 100) {
            cluster.vanish("us", "k" + i);
        }
        cluster.scan("us");

        cluster.rounds(3);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).hasSize(20);
        assertThat(guarded(cluster)).isZero();
    }

    @Test
    void shouldReportThatRepairsWaitForTheOtherPartitions() {
        Cluster cluster = cluster(200, Resolution.LATEST);
        load(cluster, 2_000);
        for (int partition : List.of(50, 51)) {
            List<String> ofOne = IntStream.range(0, 2_000)
                    .mapToObj(i -> "k" + i)
                    .filter(key -> Math.floorMod(Objects.hashCode(key), 200) == partition)
                    .toList();
            assertThat(ofOne)
                    .as("two lost keys are more than a tenth, and not all")
                    .hasSizeBetween(3, 19);
            ofOne.subList(0, 2).forEach(key -> cluster.vanish("us", key));
        }
        cluster.scan("us");
        cluster.reports.clear();

        cluster.rounds(1);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.reports)
                .filteredOn(report -> report.repairs().suspicious().get("us") > 0)
                .hasSize(4)
                .allSatisfy(report -> {
                    assertThat(report.note()).contains("repairs of us wait", "other partitions");
                    assertThat(report.comparison().sample())
                            .extracting(RoundSummary.DivergentKey::action)
                            .hasSize(2)
                            .containsOnly(Action.WAITING);
                    assertThat(report.repairs().waiting()).isEqualTo(2);
                    assertThat(report.repairs().suspicious()).containsEntry("us", 2L);
                });

        cluster.rounds(1);
        assertThat(cluster.repairs).hasSize(4);
    }

    /** Half of the partitions are hosted nowhere. */
    @Test
    void shouldConcludeAfterThreeRoundsAndSaySoIfSomePartitionsDoNotReport() {
        Cluster cluster = cluster(20, Resolution.LATEST);
        cluster.loseReport = partition -> partition >= 10;
        load(cluster, 200);
        cluster.vanish("us", "k0");
        cluster.vanish("us", "k20");
        cluster.vanish("us", "k40");
        cluster.scan("us");

        cluster.rounds(3);
        int before = cluster.repairs.size();
        cluster.rounds(2);

        assertThat(before).isLessThan(3);
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.reports)
                .extracting(RoundSummary::note)
                .filteredOn(Objects::nonNull)
                .anySatisfy(note -> assertThat(note).contains("flood guard", "of 20"));
    }

    private static long guarded(Cluster cluster) {
        return cluster.reports.stream()
                .filter(report -> report.repairs().guarded().containsKey("us"))
                .filter(report -> report.cutMs() > cluster.nowMs - 12_000)
                .count();
    }
}

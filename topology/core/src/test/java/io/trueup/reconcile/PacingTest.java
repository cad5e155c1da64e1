package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A replica emits a bounded number of repairs in a round; the others follow in the next rounds. */
class PacingTest {

    private static final int PACE = 60;

    private final Cluster cluster = new Cluster(
            1,
            TestSettings.settings("ap", "eu", "us")
                    .changed()
                    .repairsPerRound(PACE)
                    .build());

    @Test
    void shouldSpreadRepairsOverAsManyRoundsAsThePaceNeeds() {
        load();
        for (int i = 0; i < 500; i++) {
            cluster.writeTo(List.of("ap", "eu"), "lost" + i, 1, cluster.nowMs - 50_000, "v");
        }

        cluster.rounds(500 / PACE + 1);

        assertDoneAtPace(500);
    }

    @Test
    void shouldPaceDeletesToo() {
        load();
        for (int i = 0; i < 200; i++) {
            cluster.delete("ap", "k" + i, 2, cluster.nowMs - 50_000);
            cluster.delete("eu", "k" + i, 2, cluster.nowMs - 50_000);
        }

        cluster.rounds(200 / PACE + 1);

        assertDoneAtPace(200);
        assertThat(cluster.repairs).extracting(Repair::supplier).containsOnly("us");
    }

    @Test
    void shouldReportRepairsThatWaitForThePace() {
        load();
        for (int i = 0; i < 100; i++) {
            cluster.writeTo(List.of("ap", "eu"), "lost" + i, 1, cluster.nowMs - 50_000, "v");
        }

        cluster.rounds(1);

        RoundSummary report = cluster.reportsOf.get("ap").get(0);
        assertThat(report.repairs().sent()).containsEntry("us", (long) PACE);
        assertThat(report.repairs().waiting()).isEqualTo(100 - PACE);
    }

    private void assertDoneAtPace(int repairs) {
        Map<String, Long> bySupplierAndRound = cluster.repairs.stream()
                .collect(Collectors.groupingBy(repair -> repair.supplier() + repair.cutMs(), Collectors.counting()));
        assertThat(bySupplierAndRound.values())
                .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(PACE));
        assertThat(cluster.repairs).hasSize(repairs).extracting(Repair::keyHash).doesNotHaveDuplicates();
        assertThat(cluster.unequal()).isEmpty();
    }

    private void load() {
        for (int i = 0; i < 2_000; i++) {
            cluster.writeTo(cluster.replicas, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
    }
}

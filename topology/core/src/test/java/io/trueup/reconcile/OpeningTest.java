package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.EntryTree;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A reconciler whose tree is built in slices takes part in no round before it is built, and loses nothing. */
class OpeningTest {

    private static final long DAY = 86_400_000;
    private static final List<String> ALL = List.of("ap", "eu", "us");

    private final Cluster cluster = new Cluster(2, TestSettings.settings("ap", "eu", "us"));

    @Test
    void shouldCompareNothingBeforeTheTreeIsBuilt() {
        store(50);
        cluster.rounds(3);
        cluster.begin("us");
        assertThat(cluster.open("us", 100)).isFalse();
        int before = cluster.reportsOf.get("us").size();
        cluster.messages.clear();

        cluster.rounds(2);

        List<RoundSummary> reports = cluster.reportsOf.get("us");
        assertThat(reports.subList(before, reports.size())).isNotEmpty().allSatisfy(report -> {
            assertThat(report.outcome()).isEqualTo(Outcome.SKIPPED);
            assertThat(report.note()).isEqualTo("the tree is being built from the stored entries");
        });
        assertThat(cluster.messages).extracting(Message::replica).containsOnly("ap", "eu");
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldTakeInWhatIsWrittenAndSaidMeanwhile() {
        store(50);
        cluster.rounds(3);
        cluster.begin("us");
        cluster.open("us", EntryTree.SLICES / 2);
        cluster.writeTo(ALL, "key 7", 2, cluster.nowMs, "changed");
        cluster.writeTo(List.of("ap", "eu"), "lost", 2, cluster.nowMs, "found");
        cluster.writeTo(ALL, "new", 2, cluster.nowMs, "found");
        cluster.rounds(1);

        assertThat(cluster.open("us", EntryTree.SLICES)).isTrue();
        cluster.rounds(5);

        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).extracting(Repair::target).containsExactly("us");
        assertThat(cluster.reports.get(cluster.reports.size() - 1).outcome()).isEqualTo(Outcome.EQUAL);
    }

    /** A position ahead is clamped to the time when the write is read again: the cuts before lack an entry that was held there. */
    @Test
    void shouldNotCompareACutThatLacksWhatWasDatedLaterWhenItWasReadAgain() {
        store(5);
        cluster.rounds(3);
        cluster.loseState("us", 1, DAY);
        cluster.replay("us");
        cluster.writeTo(ALL, "ahead", 1, cluster.nowMs + 30_000, "v");
        int before = cluster.reportsOf.get("us").size();

        cluster.rounds(3);

        List<RoundSummary> reports = cluster.reportsOf.get("us");
        assertThat(reports.subList(before, reports.size()))
                .filteredOn(report -> report.outcome() == Outcome.SKIPPED)
                .isNotEmpty()
                .allSatisfy(report -> assertThat(report.note()).contains("is exact from round"));
        assertThat(reports.get(reports.size() - 1).outcome()).isEqualTo(Outcome.EQUAL);
    }

    private void store(int keys) {
        for (int i = 0; i < keys; i++) {
            cluster.writeTo(ALL, "key " + i, 1, cluster.nowMs - 60_000, "same");
        }
    }
}

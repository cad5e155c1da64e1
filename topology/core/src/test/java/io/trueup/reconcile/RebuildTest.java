package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Rebuilding;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A replica whose state was lost, and is built again from its writes topic. */
class RebuildTest {

    private static final long DAY = 86_400_000;

    private Cluster cluster(Resolution resolution) {
        return new Cluster(
                1,
                TestSettings.settings(
                        resolution, resolution == Resolution.PRIMARY ? "ap" : null, false, "ap", "eu", "us"));
    }

    @Test
    void shouldTakePartInNoRoundBeforeItsTopicIsReadToItsEndAndSayHowFarItIs() {
        Cluster cluster = cluster(Resolution.LATEST);
        cluster.writeTo(List.of("ap", "eu", "us"), "k", 1, cluster.nowMs, "v");
        cluster.rounds(2);
        cluster.loseState("us", 1_000, Long.MAX_VALUE);
        cluster.unread.add("us");
        cluster.messages.clear();
        cluster.reports.clear();

        cluster.rounds(3);

        assertThat(cluster.messages)
                .filteredOn(message -> message.replica().equals("us"))
                .hasSize(3)
                .allSatisfy(message -> {
                    assertThat(message.body()).isInstanceOf(Rebuilding.class);
                    assertThat(((Rebuilding) message.body()).total()).isEqualTo(1_000);
                });
        assertThat(cluster.reportsOf
                        .get("eu")
                        .get(cluster.reportsOf.get("eu").size() - 1)
                        .peers())
                .satisfies(peers -> {
                    assertThat(peers.rebuilding()).containsExactly("us");
                    assertThat(peers.silent()).containsExactly("us");
                });

        cluster.replay("us");
        cluster.unread.clear();
        cluster.messages.clear();
        cluster.rounds(2);

        assertThat(cluster.messages)
                .filteredOn(message -> message.replica().equals("us"))
                .last()
                .satisfies(message -> assertThat(message.body()).isInstanceOf(Root.class));
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.repairs).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"LATEST", "PRIMARY", "MAJORITY"})
    void shouldNotFillAnEntryWhoseDeleteTheTopicMayHaveForgotten(Resolution resolution) {
        Cluster cluster = cluster(resolution);
        long old = cluster.nowMs - 2 * DAY;
        cluster.writeTo(List.of("ap", "eu"), "old", 1, old, "v");
        cluster.writeTo(List.of("ap", "eu"), "young", 1, cluster.nowMs - 60_000, "v");
        cluster.writeTo(List.of("ap", "eu", "us"), "same", 1, old, "v");
        cluster.loseState("us", 1_000, DAY);
        cluster.replay("us");

        cluster.rounds(4);

        assertThat(cluster.repairs)
                .extracting(repair -> new String(repair.key(), UTF_8))
                .containsOnly("young");
        assertThat(cluster.conflicts).extracting(Conflict::reason).isNotEmpty().containsOnly(Conflict.Reason.REBUILT);
        assertThat(cluster.conflicts)
                .extracting(conflict -> new String(conflict.key(), UTF_8))
                .containsOnly("old");
    }

    @Test
    void shouldEndTheRebuildBeforeItAnswersAProbe() {
        Cluster cluster = cluster(Resolution.LATEST);
        cluster.writeTo(List.of("ap", "eu", "us"), "old", 1, cluster.nowMs - 2 * DAY, "v");
        cluster.rounds(2);
        cluster.vanish("us", "old");
        cluster.loseState("us", 1_000, DAY);
        cluster.progress();

        cluster.probe("eu", "old");
        cluster.advance(100);
        cluster.advance(100);

        assertThat(cluster.conflicts).extracting(Conflict::reason).containsExactly(Conflict.Reason.REBUILT);
        assertThat(cluster.repairs).isEmpty();
    }

    /** One owner still has the tombstone, another one has missed the delete: the next round may hear only the latter. */
    @Test
    void shouldNotForgetThatDeletesAreMissingWhileAnOwnerHoldsWhatItLacks() {
        Cluster cluster = cluster(Resolution.LATEST);
        long old = cluster.nowMs - 2 * DAY;
        for (int i = 0; i < 2_000; i++) {
            cluster.writeTo(List.of("ap", "eu", "us"), "same" + i, 1, old, "v"); // so that no segment is empty
        }
        cluster.writeTo(List.of("ap", "eu"), "old", 1, old, "v");
        cluster.delete("eu", "old", 2, old + 1_000);
        cluster.loseState("us", 1_000, DAY);
        cluster.replay("us");
        cluster.loseRepair = repair -> true;
        cluster.rounds(2);
        assertThat(cluster.repairs).extracting(Repair::target).isNotEmpty().containsOnly("ap");

        cluster.lose = message -> message.replica().equals("eu");
        cluster.rounds(3);

        assertThat(cluster.repairs).extracting(Repair::target).containsOnly("ap");
    }

    @Test
    void shouldFillOldEntriesAgainOnceOwnersHaveAgreed() {
        Cluster cluster = cluster(Resolution.LATEST);
        long old = cluster.nowMs - 2 * DAY;
        cluster.writeTo(List.of("ap", "eu", "us"), "same", 1, old, "v");
        cluster.loseState("us", 1_000, DAY);
        cluster.replay("us");
        cluster.rounds(3);

        cluster.writeTo(List.of("ap", "eu"), "old", 1, old, "v");
        cluster.rounds(5);

        assertThat(cluster.repairs)
                .extracting(repair -> new String(repair.key(), UTF_8))
                .containsOnly("old");
    }
}

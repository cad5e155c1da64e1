package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The newest version with several values: majority, else the primary, else a person. */
class TieTest {

    @Test
    void shouldLetTheMajorityDecideEvenAgainstThePrimary() {
        Cluster cluster = tie("us", "one", "one", "other");

        cluster.rounds(3);

        assertThat(cluster.held("us", "k").value()).isEqualTo("one");
        assertThat(cluster.conflicts).isEmpty();
    }

    @Test
    void shouldLetThePrimaryDecideWhereThereIsNoMajority() {
        Cluster cluster = tie("us", "one", "two", "three");

        cluster.rounds(3);

        assertThat(cluster.held("ap", "k").value()).isEqualTo("three");
        assertThat(cluster.held("eu", "k").value()).isEqualTo("three");
        assertThat(cluster.repairs)
                .hasSize(2)
                .allSatisfy(repair -> assertThat(repair.reason()).isEqualTo(Divergence.CORRUPT));
    }

    @Test
    void shouldNotLetThePrimaryDecideWithAnOlderEntry() {
        Cluster cluster = tie("us", "one", "two", "three");
        cluster.write("us", "k", 0, cluster.nowMs - 60_000, "older");

        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).isNotEmpty();
    }

    @Test
    void shouldReportAConflictWithAllSidesAndApplyAPersonsChoice() {
        Cluster cluster = tie(null, "one", "two", "three");

        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts)
                .singleElement()
                .satisfies(conflict -> assertThat(conflict.sides())
                        .extracting(Conflict.Side::replicas)
                        .containsExactly(List.of("ap"), List.of("eu"), List.of("us")));

        cluster.command("k", cluster.choice("k", "eu", 1, null));
        cluster.rounds(2);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
        assertThat(cluster.held("ap", "k").value()).isEqualTo("two");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts).hasSize(2);
        assertThat(cluster.conflicts.get(1).sides()).isEmpty();
    }

    /** The report names one tombstone for both replicas on whose side the key is dead; that of the replica named in the choice is older. */
    @Test
    void shouldDeleteAsOfTheVersionThatAPersonHasChosen() {
        Cluster cluster = new Cluster(1, TestSettings.settings("ap", "eu", "uk", "us"));
        cluster.write("ap", "k", 1, cluster.nowMs - 90_000, null);
        cluster.write("eu", "k", 2, cluster.nowMs - 60_000, null);
        cluster.write("uk", "k", 2, cluster.nowMs - 60_000, "one");
        cluster.write("us", "k", 2, cluster.nowMs - 60_000, "two");
        cluster.progress();
        cluster.rounds(2);
        assertThat(cluster.conflicts).isNotEmpty();

        cluster.command("k", cluster.choice("k", "ap", 2, null));
        cluster.rounds(2);

        assertThat(cluster.held("uk", "k").deleted()).isTrue();
        assertThat(cluster.held("us", "k").deleted()).isTrue();
        assertThat(cluster.held("us", "k").version()).isEqualTo(2);
        assertThat(cluster.unequal()).isEmpty();
    }

    /** Where repairs depend on the observed entry, a chosen entry also wins over one with a higher version. */
    @Test
    void shouldRepairAllToAChosenEntryWithALowerVersionUnderMajority() {
        Cluster cluster =
                new Cluster(1, TestSettings.settings(Settings.Resolution.MAJORITY, null, false, "ap", "eu", "us"));
        cluster.write("ap", "k", 3, cluster.nowMs - 60_000, "three");
        cluster.write("eu", "k", 1, cluster.nowMs - 60_000, "one");
        cluster.write("us", "k", 2, cluster.nowMs - 60_000, "two");
        cluster.progress();
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).hasSize(1);

        cluster.command("k", cluster.choice("k", "eu", 9, null));
        cluster.rounds(2);
        assertThat(cluster.repairs).isEmpty();

        cluster.command("k", cluster.choice("k", "eu", 1, null));
        cluster.rounds(2);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "us");
        assertThat(cluster.held("ap", "k").value()).isEqualTo("one");
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.conflicts.get(cluster.conflicts.size() - 1).sides()).isEmpty();
    }

    @Test
    void shouldEmitNothingForAChoiceInObserveMode() {
        Cluster cluster = new Cluster(
                1, TestSettings.settings("eu", "us").changed().observeOnly(true).build());
        cluster.write("eu", "k", 1, cluster.nowMs - 50_000, "one");
        cluster.write("us", "k", 1, cluster.nowMs - 50_000, "other");
        cluster.rounds(1);

        cluster.command("k", cluster.choice("k", "eu", 1, null));

        assertThat(cluster.conflicts).hasSize(1);
        assertThat(cluster.repairs).isEmpty();
    }

    private static Cluster tie(String primary, String ap, String eu, String us) {
        Cluster cluster =
                new Cluster(1, TestSettings.settings(Settings.Resolution.LATEST, primary, false, "ap", "eu", "us"));
        cluster.write("ap", "k", 1, cluster.nowMs - 50_000, ap);
        cluster.write("eu", "k", 1, cluster.nowMs - 50_000, eu);
        cluster.write("us", "k", 1, cluster.nowMs - 50_000, us);
        return cluster;
    }
}

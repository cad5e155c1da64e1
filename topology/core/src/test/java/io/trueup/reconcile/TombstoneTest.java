package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tombstones are kept for at least a minute, and until the watermarks of all owners have passed them. */
class TombstoneTest {

    private static final List<String> OTHERS = List.of("ap", "eu");
    private static final int KEYS = 500;
    private static final int DELETED = 50;

    private final Cluster cluster = new Cluster(
            1,
            TestSettings.settings("ap", "eu", "us")
                    .changed()
                    .tombstoneRetentionMs(60_000)
                    .build());

    @Test
    void shouldForgetThemAfterTheRetentionAndNotBefore() {
        load();
        delete(cluster.replicas);

        cluster.rounds(5);
        assertThat(cluster.remembered("us")).isEqualTo(KEYS);
        cluster.rounds(3);

        assertThat(cluster.replicas)
                .allSatisfy(replica -> assertThat(cluster.remembered(replica)).isEqualTo(KEYS - DELETED));
        assertThat(cluster.reportsOf.get("eu").stream()
                        .mapToLong(round -> round.upkeep().forgotten())
                        .sum())
                .isEqualTo(DELETED);
        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.messages)
                .allSatisfy(message -> assertThat(message.body()).isInstanceOf(Message.Root.class));
    }

    @Test
    void shouldForgetWhatHasExpiredToo() {
        for (String replica : cluster.replicas) {
            for (int i = 0; i < KEYS; i++) {
                cluster.expiring(replica, "e" + i, 1, cluster.nowMs - 1_000, "v", cluster.nowMs + 15_000);
            }
        }

        cluster.rounds(6);
        assertThat(cluster.remembered("us")).isEqualTo(KEYS);
        cluster.rounds(4);

        assertThat(cluster.remembered("us")).isZero();
        assertThat(cluster.repairs).isEmpty();
    }

    @Test
    void shouldKeepThemWhileAnOwnerIsSilent() {
        load();
        delete(cluster.replicas);
        cluster.down.add("us");

        cluster.rounds(12);

        assertThat(cluster.remembered("ap")).isEqualTo(KEYS);
        assertThat(cluster.remembered("eu")).isEqualTo(KEYS);
        cluster.down.clear();
        cluster.rounds(3);
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS - DELETED);
    }

    @Test
    void shouldKeepThemWhileTheWatermarkOfAnOwnerIsBehind() {
        load();
        cluster.progress();
        cluster.advance(1_000);
        cluster.advance(1_000);
        delete(cluster.replicas);
        cluster.stalled.add("us");

        cluster.rounds(12);

        assertThat(cluster.reportsOf.get("ap"))
                .anySatisfy(report -> assertThat(report.outcome()).isEqualTo(RoundSummary.Outcome.EQUAL));
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS);
        cluster.stalled.clear();
        cluster.rounds(3);
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS - DELETED);
    }

    @Test
    void shouldKeepThemWhereOwnersDiffer() {
        load();
        delete(OTHERS);
        cluster.applyRepairs = false;

        cluster.rounds(12);

        assertThat(cluster.remembered("ap")).isEqualTo(KEYS);
        assertThat(cluster.remembered("eu")).isEqualTo(KEYS);
    }

    @Test
    void shouldNotLetAReplicaBringDeletedKeysBackAfterALongOutage() {
        load();
        cluster.rounds(1);
        cluster.down.add("us");
        delete(OTHERS);
        cluster.rounds(30);
        cluster.down.clear();

        cluster.rounds(4);

        assertThat(cluster.unequal()).isEmpty();
        for (int i = 0; i < DELETED; i++) {
            assertThat(cluster.held("ap", "k" + i).deleted()).isTrue();
            assertThat(cluster.held("us", "k" + i).deleted()).isTrue();
        }
        assertThat(cluster.repairs)
                .allSatisfy(repair -> assertThat(repair.winner().deleted()).isTrue());
    }

    @Test
    void shouldReadNothingInARoundWithoutDifferencesEvenIfOldTombstonesAreHeld() {
        load();
        delete(OTHERS);
        cluster.delete("ap", "long gone", 2, cluster.nowMs - 10_000_000);
        cluster.delete("eu", "long gone", 2, cluster.nowMs - 10_000_000);
        cluster.rounds(4);
        long scans = cluster.scans();

        cluster.rounds(1);

        assertThat(cluster.scans()).isEqualTo(scans);
    }

    @Test
    void shouldDropEntriesThatAScanDoesNotFindAndRepairThem() {
        load();
        cluster.rounds(1);
        cluster.vanish("us", "k7");
        cluster.vanish("us", "k8");

        assertThat(cluster.scan("us")).isEqualTo(2);
        cluster.rounds(2);

        assertThat(cluster.repairs)
                .hasSize(2)
                .allSatisfy(repair -> assertThat(repair.target()).isEqualTo("us"));
        assertThat(cluster.unequal()).isEmpty();
        assertThat(cluster.reportsOf.get("us").stream()
                        .mapToLong(round -> round.upkeep().dropped())
                        .sum())
                .isEqualTo(2);
    }

    /** The delete was lost in the datastore; a scan finds the row after the cut at which the owners agree that it is dead. */
    @Test
    void shouldLeaveARowToAPersonThatAScanFindsWhileItsTombstoneIsForgotten() {
        load();
        delete(cluster.replicas);
        cluster.rounds(5);
        cluster.delay = message -> true;
        cluster.advance(1_000);
        cluster.rot("us", "k7", 1, cluster.nowMs - 120_000, "v7");

        cluster.scan("us");
        cluster.release(1);
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS - DELETED);
        cluster.rounds(3);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).extracting(Conflict::reason).contains(Conflict.Reason.RETURNED);
    }

    /** While it was an owner it saw that others had deleted the keys; it left before it had applied that. */
    @Test
    void shouldLeaveKeysToAPersonThatAReplicaStillHoldsWhichLeftBeforeItAppliedTheirDeletes() {
        load();
        cluster.rounds(1);
        cluster.ignoreRepair = repair -> repair.target().equals("us");
        delete(OTHERS);
        cluster.rounds(2);
        assertThat(cluster.repairs).hasSize(DELETED);
        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, OTHERS)));
        cluster.down.add("us");
        cluster.rounds(9);
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS - DELETED);
        cluster.repairs.clear();
        cluster.down.clear();

        cluster.place(Placement.all(cluster.replicas));
        cluster.rounds(5);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts)
                .hasSizeGreaterThanOrEqualTo(DELETED)
                .extracting(Conflict::reason)
                .containsOnly(Conflict.Reason.RETURNED);
    }

    /** The new replica has forgotten nothing itself. */
    @Test
    void shouldNotFillANewReplicaWithKeysThatOnlyAReturnedOneHolds() {
        Cluster four = fourOfWhichOneHasMissedDeletes(false);

        four.place(Placement.all(four.replicas));
        four.rounds(8);

        assertThat(four.repairs).isNotEmpty().allSatisfy(repair -> {
            assertThat(repair.target()).isEqualTo("zz");
            assertThat(four.held("ap", text(repair.key()))).isNotNull();
        });
        assertThat(four.conflicts).extracting(Conflict::reason).containsOnly(Conflict.Reason.RETURNED);
    }

    /** The owners that have forgotten tombstones are silent when the replica returns. */
    @Test
    void shouldKnowWhatOthersHadForgottenWhenAReplicaReturns() {
        Cluster four = fourOfWhichOneHasMissedDeletes(false);
        four.place(Placement.explicit(four.replicas, Map.of(0, List.of("ap", "eu", "zz"))));
        four.down.add("us");
        four.rounds(8);
        assertThat(four.remembered("zz")).isEqualTo(KEYS - DELETED);
        four.repairs.clear();
        four.down.clear();
        four.down.addAll(OTHERS);

        four.place(Placement.all(four.replicas));
        four.rounds(5);

        assertThat(four.repairs).isEmpty();
        assertThat(four.conflicts).extracting(Conflict::reason).containsOnly(Conflict.Reason.RETURNED);
    }

    /** The owners have forgotten other tombstones while one delete was open. */
    @Test
    void shouldSendWhatOnlyOneReplicaHoldsOnceItHasAppliedItsOpenDeletes() {
        load();
        cluster.rounds(1);
        cluster.ignoreRepair = repair -> repair.target().equals("us");
        delete(OTHERS);
        for (int i = 1; i < DELETED; i++) {
            cluster.delete("us", "k" + i, 2, cluster.nowMs - 2_000);
        }
        cluster.rounds(9);
        assertThat(cluster.remembered("us")).as("k0 is open").isEqualTo(KEYS - DELETED + 1);
        cluster.ignoreRepair = repair -> false;
        cluster.rounds(30);
        assertThat(cluster.held("us", "k0").deleted()).isTrue();
        cluster.repairs.clear();

        cluster.write("us", "unique", 1, cluster.nowMs - 1_000_000, "v");
        cluster.rounds(3);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "eu");
        assertThat(cluster.conflicts).isEmpty();
    }

    /** The entries of the owners that have forgotten tombstones do not arrive; their roots do. */
    @Test
    void shouldKnowWhatOwnersHaveForgottenWhoseEntriesAreNotHeard() {
        Cluster four = fourOfWhichOneHasMissedDeletes(false);
        for (int i = DELETED; i < KEYS; i++) {
            four.write("zz", "k" + i, 1, four.nowMs - 160_000, "v" + i);
        }
        four.lose = message -> message.body() instanceof Message.Segment && OTHERS.contains(message.replica());

        four.place(Placement.all(four.replicas));
        four.rounds(2);

        assertThat(four.repairs).isEmpty();
        assertThat(four.conflicts).extracting(Conflict::reason).containsOnly(Conflict.Reason.RETURNED);
    }

    /** Nobody is left that has forgotten anything, and the returned replica has not heard anybody that has. */
    @Test
    void shouldKnowThatItWasAway() {
        Cluster four = fourOfWhichOneHasMissedDeletes(true);

        four.place(Placement.explicit(four.replicas, Map.of(0, List.of("us", "zz"))));
        four.rounds(5);

        assertThat(four.repairs).isEmpty();
        assertThat(four.conflicts).extracting(Conflict::reason).containsOnly(Conflict.Reason.RETURNED);
    }

    /** Its datastore goes back after the cut at which all had agreed on the deletes, and it leaves before the next one. */
    @Test
    void shouldLeaveAKeyToAPersonThatAReplicaHasRevivedBeforeItLeft() {
        load();
        delete(cluster.replicas);
        cluster.rounds(5);
        cluster.write("us", "k7", 1, cluster.nowMs - 110_000, "v7");
        cluster.place(Placement.explicit(cluster.replicas, Map.of(0, OTHERS)));
        cluster.rounds(2);
        assertThat(cluster.remembered("ap")).isEqualTo(KEYS - DELETED);

        cluster.place(Placement.all(cluster.replicas));
        cluster.rounds(5);

        assertThat(cluster.repairs).isEmpty();
        assertThat(cluster.conflicts).extracting(Conflict::reason).containsOnly(Conflict.Reason.RETURNED);
    }

    /**
     * While us was no owner, the others have deleted keys and forgotten the tombstones; zz holds nothing, and is no owner.
     *
     * @param runs whether the reconciler of us was running meanwhile
     */
    private static Cluster fourOfWhichOneHasMissedDeletes(boolean runs) {
        Settings settings = TestSettings.settings("ap", "eu", "us", "zz")
                .changed()
                .tombstoneRetentionMs(60_000)
                .build()
                .with(Placement.explicit(List.of("ap", "eu", "us", "zz"), Map.of(0, List.of("ap", "eu", "us"))));
        Cluster four = new Cluster(1, settings);
        for (int i = 0; i < KEYS; i++) {
            four.writeTo(List.of("ap", "eu", "us"), "k" + i, 1, four.nowMs - 60_000, "v" + i);
        }
        four.rounds(1);
        four.place(Placement.explicit(four.replicas, Map.of(0, OTHERS)));
        if (!runs) {
            four.down.add("us");
        }
        for (int i = 0; i < DELETED; i++) {
            four.delete("ap", "k" + i, 2, four.nowMs);
            four.delete("eu", "k" + i, 2, four.nowMs);
        }
        four.rounds(10);
        four.down.clear();
        assertThat(four.remembered("ap")).isEqualTo(KEYS - DELETED);
        assertThat(four.repairs).isEmpty();
        return four;
    }

    private static String text(byte[] key) {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** Peers have forgotten no tombstones since the row was written. */
    @Test
    void shouldSendARowToTheOthersThatAScanFindsInAPartialState() {
        load();
        cluster.rounds(1);
        cluster.rot("us", "new", 1, cluster.nowMs - 120_000, "v");

        cluster.scan("us");
        cluster.rounds(2);

        assertThat(cluster.repairs).extracting(Repair::target).containsExactlyInAnyOrder("ap", "eu");
    }

    private void load() {
        for (int i = 0; i < KEYS; i++) {
            cluster.writeTo(cluster.replicas, "k" + i, 1, cluster.nowMs - 60_000, "v" + i);
        }
    }

    private void delete(List<String> replicas) {
        for (int i = 0; i < DELETED; i++) {
            for (String replica : replicas) {
                cluster.delete(replica, "k" + i, 2, cluster.nowMs - 2_000);
            }
        }
    }
}

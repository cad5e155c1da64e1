package io.trueup.demo.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FaultPlanTest {

    private static final List<String> REPLICAS = List.of("eu", "us", "ap");
    private static final Set<FaultKind> ALL = FaultKind.parse("all");
    private static final List<String> KEYS =
            IntStream.range(0, 1_000).mapToObj(number -> "key" + number).toList();

    @Test
    void shouldGiveTheSamePlanForTheSameSeed() {
        assertThat(FaultPlan.draw(7, ALL, REPLICAS, KEYS, 20)).isEqualTo(FaultPlan.draw(7, ALL, REPLICAS, KEYS, 20));
    }

    @Test
    void shouldGiveAnotherPlanForAnotherSeed() {
        assertThat(FaultPlan.draw(8, ALL, REPLICAS, KEYS, 20).faults())
                .isNotEqualTo(FaultPlan.draw(7, ALL, REPLICAS, KEYS, 20).faults());
    }

    @Test
    void shouldGiveEachFaultAKeyOfItsOwn() {
        FaultPlan plan = FaultPlan.draw(7, ALL, REPLICAS, KEYS, 300);

        assertThat(plan.faults()).hasSize(1_200);
        assertThat(plan.keys()).hasSize(1_200);
    }

    @Test
    void shouldLoseInsertsOfNewKeysAndBreakOnlyKnownKeysOtherwise() {
        for (Fault fault : FaultPlan.draw(7, ALL, REPLICAS, KEYS, 50).faults()) {
            assertThat(KEYS.contains(fault.key())).as(fault.toString()).isEqualTo(fault.kind() != FaultKind.LOST);
        }
    }

    @Test
    void shouldSpreadFaultsOverAllReplicas() {
        FaultPlan plan = FaultPlan.draw(7, ALL, REPLICAS, KEYS, 100);

        assertThat(plan.faults().stream().collect(Collectors.groupingBy(Fault::victim, Collectors.counting())))
                .hasSize(3)
                .allSatisfy((victim, faults) -> assertThat(faults).isGreaterThan(80));
        assertThat(REPLICAS).contains(plan.outageVictim());
    }

    @Test
    void shouldPlanOnlyWhatWasAskedFor() {
        FaultPlan stale = FaultPlan.draw(7, EnumSet.of(FaultKind.STALE), REPLICAS, KEYS, 10);
        FaultPlan outage = FaultPlan.draw(7, EnumSet.of(FaultKind.OUTAGE), REPLICAS, KEYS, 10);
        FaultPlan none = FaultPlan.draw(7, EnumSet.noneOf(FaultKind.class), REPLICAS, KEYS, 10);

        assertThat(stale.faults()).hasSize(10).allMatch(fault -> fault.kind() == FaultKind.STALE);
        assertThat(stale.outageVictim()).isNull();
        assertThat(outage.faults()).isEmpty();
        assertThat(outage.outageVictim()).isNotNull();
        assertThat(none).isEqualTo(FaultPlan.NONE);
    }

    @Test
    void shouldLetAllReplicasButOneStoreADifferentValueInAConflict() {
        FaultPlan plan = FaultPlan.draw(7, FaultKind.parse("conflict,lost"), REPLICAS, KEYS, 5);

        assertThat(plan.writes()).hasSize(10);
        assertThat(plan.writes())
                .filteredOn(faults -> faults.size() == 2)
                .hasSize(5)
                .allSatisfy(faults -> {
                    assertThat(faults)
                            .extracting(Fault::key)
                            .containsOnly(faults.get(0).key());
                    assertThat(faults).extracting(Fault::victim).doesNotHaveDuplicates();
                });
    }

    @Test
    void shouldBreakRowsOfOneReplicaForAScrub() {
        FaultPlan plan = FaultPlan.draw(7, FaultKind.parse("scrub"), REPLICAS, KEYS, 5);

        assertThat(plan.faults()).isEmpty();
        assertThat(plan.rows()).hasSize(10);
        assertThat(plan.rows())
                .extracting(Fault::victim)
                .containsOnly(plan.rows().get(0).victim());
        assertThat(plan.rows()).extracting(Fault::divergence).containsOnly("CORRUPT", "MISSING");
        assertThat(plan.keys()).hasSize(10);
    }

    @Test
    void shouldReadKindsByName() {
        assertThat(FaultKind.parse("all")).isEqualTo(ALL);
        assertThat(FaultKind.parse("none")).isEmpty();
        assertThat(FaultKind.parse("lost, Outage")).containsExactlyInAnyOrder(FaultKind.LOST, FaultKind.OUTAGE);
        assertThatThrownBy(() -> FaultKind.parse("lost,gone"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"gone\"")
                .hasMessageContaining(
                        "lost, stale, corrupt, undeleted, outage, conflict, ttl, expired-tombstones, scrub, probe, empty-replica, membership, wrong-partitioner, all and none");
    }
}

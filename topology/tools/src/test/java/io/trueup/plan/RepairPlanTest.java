package io.trueup.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RepairPlanTest {

    private static final List<String> REPLICAS = List.of("ap", "eu", "us");
    private static final Settings SETTINGS =
            new Settings.Builder("orders", "eu", REPLICAS, "a secret of this test".getBytes(UTF_8)).build();
    private static final Settings WITH_SOURCE =
            SETTINGS.changed().sources(List.of("eu")).build();

    @Test
    void shouldPlanOneRepairForEachTargetByTheNewestHolder() {
        DivergentKey key = key(
                Map.of(
                        "ap",
                        entry("ap", 7, 2, State.EXPIRED),
                        "eu",
                        entry("eu", 8, 3, State.DELETED),
                        "us",
                        entry("us", 9, 1, State.LIVE)),
                List.of(),
                new Difference("us", Divergence.UNDELETED, List.of("ap", "eu")));

        RepairPlan plan = RepairPlan.of(result(5, 0, List.of("a doubt"), key), SETTINGS);

        assertThat(plan.header())
                .isEqualTo(new PlanHeader("orders", 900, PlanHeader.fingerprint(SETTINGS), List.of("a doubt")));
        assertThat(plan.repairs()).singleElement().satisfies(repair -> {
            assertThat(repair.key()).isEqualTo(key.key());
            assertThat(repair.partition()).isEqualTo(4);
            assertThat(repair.target()).isEqualTo("us");
            assertThat(repair.reason()).isEqualTo(Divergence.UNDELETED);
            assertThat(repair.winner()).isEqualTo(new PlannedRepair.Winner("eu", "orders.eu", 8, 3, 30, true));
            assertThat(repair.observed()).contains(new PlannedRepair.Observed("orders.us", 9, 1, false));
            assertThat(repair.sinceMs()).isEqualTo(500);
        });
        assertThat(plan.leftOut()).isEqualTo(new RepairPlan.LeftOut(0, 0, 0, 0, 4));
    }

    @Test
    void shouldTakeTheFirstByNameOfEqualHolders() {
        DivergentKey key = key(
                Map.of("ap", entry("ap", 7, 2, State.LIVE), "eu", entry("eu", 8, 2, State.LIVE)),
                List.of(),
                new Difference("us", Divergence.MISSING, List.of("ap", "eu")));

        assertThat(RepairPlan.of(result(1, 0, List.of(), key), SETTINGS).repairs())
                .singleElement()
                .satisfies(repair -> {
                    assertThat(repair.winner().replica()).isEqualTo("ap");
                    assertThat(repair.observed()).isEmpty();
                });
    }

    @Test
    void shouldCountWhatHasNoRepair() {
        Map<String, Optional<Entry>> two =
                Map.of("eu", entry("eu", 1, 2, State.LIVE), "us", entry("us", 1, 2, State.LIVE));
        DivergentKey conflict = key(two, List.of(), new Difference("eu,us", Divergence.CONFLICT, List.of()));
        DivergentKey partlyInFlight = key(two, List.of("ap"), new Difference("us", Divergence.STALE, List.of("eu")));
        DivergentKey absent = key(
                Map.of("us", entry("us", 1, 2, State.LIVE)),
                List.of(),
                new Difference("us", Divergence.UNDELETED, List.of("eu")));
        DivergentKey saidToBeAbsent = key(
                Map.of("eu", entry("eu", 3, Long.MIN_VALUE, State.DELETED), "us", entry("us", 1, 2, State.LIVE)),
                List.of(),
                new Difference("us", Divergence.UNDELETED, List.of("eu")));

        RepairPlan plan =
                RepairPlan.of(result(4, 3, List.of(), conflict, partlyInFlight, absent, saidToBeAbsent), SETTINGS);

        assertThat(plan.leftOut()).isEqualTo(new RepairPlan.LeftOut(1, 4, 0, 2, 0));
        assertThat(plan.repairs()).hasSize(1);
    }

    @Test
    void shouldTellASourceThatIsBehindFromAConflict() {
        Optional<Entry> newer = entry("us", 1, 3, State.LIVE);
        Map<String, Optional<Entry>> behind = Map.of("eu", entry("eu", 1, 2, State.LIVE), "us", newer, "ap", newer);
        Map<String, Optional<Entry>> contradicting =
                Map.of("eu", entry("eu", 1, 3, State.LIVE), "us", newer, "ap", newer);
        Map<String, Optional<Entry>> allDiffer =
                Map.of("eu", entry("eu", 1, 1, State.LIVE), "us", newer, "ap", entry("ap", 1, 3, State.LIVE));
        Difference all = new Difference("ap,eu,us", Divergence.CONFLICT, List.of());

        RepairPlan plan = RepairPlan.of(
                result(
                        3,
                        0,
                        List.of(),
                        key(behind, List.of(), all),
                        key(contradicting, List.of(), all),
                        key(allDiffer, List.of(), all)),
                WITH_SOURCE);

        assertThat(plan.leftOut()).isEqualTo(new RepairPlan.LeftOut(2, 0, 1, 0, 0));
        DivergentKey concurrent =
                key(Map.of("ap", newer, "eu", entry("us", 1, 4, State.LIVE), "us", newer), List.of(), all);
        assertThat(RepairPlan.of(result(1, 0, List.of(), concurrent), SETTINGS).leftOut())
                .as("equal values under versions that conflict, and no source")
                .isEqualTo(new RepairPlan.LeftOut(1, 0, 0, 0, 0));
    }

    @Test
    void shouldHaveAnotherFingerprintUnderOtherRulesOrAnotherSecret() {
        assertThat(PlanHeader.fingerprint(SETTINGS))
                .isEqualTo(PlanHeader.fingerprint(SETTINGS.of("us")))
                .isNotEqualTo(PlanHeader.fingerprint(
                        SETTINGS.changed().compareValues(true).build()))
                .isNotEqualTo(
                        PlanHeader.fingerprint(SETTINGS.changed().primary("eu").build()))
                .isNotEqualTo(PlanHeader.fingerprint(
                        new Settings.Builder("orders", "eu", REPLICAS, "another secret of it".getBytes(UTF_8))
                                .build()));
    }

    private static DivergentKey key(
            Map<String, Optional<Entry>> entries, List<String> inFlight, Difference... findings) {
        TreeMap<String, Optional<Entry>> all = new TreeMap<>();
        REPLICAS.forEach(replica -> all.put(replica, Optional.empty()));
        all.putAll(entries);
        return new DivergentKey(
                "key".getBytes(UTF_8),
                4,
                all,
                List.of(findings),
                inFlight,
                new DivergentKey.Since("eu", new Place("orders.eu", 4, 8, 400), 500, false, true),
                DivergentKey.Repairs.unknown("not looked for"));
    }

    /** Entries of different replicas have different digests. */
    private static Optional<Entry> entry(String replica, long offset, long version, State state) {
        return Optional.of(new Entry(
                version,
                Optional.empty(),
                10 * version,
                state,
                Optional.empty(),
                new Hash128(replica.hashCode(), 1),
                3,
                Optional.empty(),
                new Place("orders." + replica, 4, offset, 100)));
    }

    private static AuditResult result(long divergent, long inFlight, List<String> doubts, DivergentKey... keys) {
        PartitionSummary earlier = new PartitionSummary(
                new ReplicaPartition("eu", 4), "orders.eu", 0, 9, 9, 9, 0, 9, 0, 900, Optional.empty());
        SortedMap<String, String> formats = new TreeMap<>();
        REPLICAS.forEach(replica -> formats.put(replica, "trueup"));
        return new AuditResult(
                formats,
                new AuditResult.Moment("latest", 1_000, Duration.ofSeconds(30)),
                false,
                doubts,
                List.of(),
                List.of(earlier),
                divergent,
                inFlight,
                List.of(keys),
                List.of(),
                "0123456789abcdef",
                new AuditResult.Effort(0, 0, 0, 0, 0, 1));
    }
}

package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.feed.TableComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The scenarios of one run of the demo. Not thread-safe. */
public final class Scenarios {

    /** No scenario. */
    public static final Scenarios NONE = new Scenarios(List.of());

    /** Of the keys loaded, one in so many is written for a scenario about expiry. */
    private static final int EXPIRING_SHARE = 10;

    private final List<Scenario> scenarios;

    private Scenarios(List<Scenario> scenarios) {
        this.scenarios = scenarios;
    }

    /**
     * Prepares the scenarios of some kinds of fault. With {@link FaultKind#EMPTY_REPLICA}, the empty replica is started.
     *
     * @param kinds the kinds; those of single writes have no scenario, except for conflicts and probes
     * @param replicas names of all replicas; the last one joins late or is misconfigured where a scenario needs that
     * @param plan the planned faults
     * @param outageMs length of an outage
     * @param keys number of keys loaded
     * @param value a value to write
     */
    public static Scenarios prepare(
            ScenarioContext context,
            Set<FaultKind> kinds,
            List<String> replicas,
            FaultPlan plan,
            long outageMs,
            int keys,
            byte[] value) {
        List<Scenario> scenarios = new ArrayList<>();
        if (kinds.contains(FaultKind.OUTAGE)) {
            scenarios.add(new OutageScenario(context, plan.outageVictim(), outageMs));
        }
        List<Scenario> outage = List.copyOf(scenarios);
        BooleanSupplier outageIsOver = () -> outage.stream().allMatch(Scenario::advance);
        int expiring = Math.max(FaultPlan.perKind(keys), keys / EXPIRING_SHARE);
        for (FaultKind kind : List.of(FaultKind.TTL, FaultKind.EXPIRED_TOMBSTONES)) {
            if (kinds.contains(kind)) {
                scenarios.add(new ExpiryScenario(context, kind, expiring, value, outageIsOver));
            }
        }
        if (kinds.contains(FaultKind.CONFLICT)) {
            scenarios.add(new ConflictScenario(context, replicas, plan.ofKind(FaultKind.CONFLICT)));
        }
        if (kinds.contains(FaultKind.SCRUB)) {
            scenarios.add(new ScrubScenario(context, plan.rows(), outageIsOver));
        }
        if (kinds.contains(FaultKind.PROBE)) {
            scenarios.add(
                    new ProbeScenario(context, plan.ofKind(FaultKind.PROBE).size()));
        }
        String last = replicas.get(replicas.size() - 1);
        if (kinds.contains(FaultKind.MEMBERSHIP)) {
            scenarios.add(new MembershipScenario(context, last, replicas.get(0), keys));
        }
        if (kinds.contains(FaultKind.WRONG_PARTITIONER)) {
            scenarios.add(new WrongPartitionerScenario(context, last, keys));
        }
        if (kinds.contains(FaultKind.EMPTY_REPLICA)) {
            EmptyReplicaScenario joining = new EmptyReplicaScenario(context, last, keys);
            joining.join();
            scenarios.add(joining);
        }
        return new Scenarios(scenarios);
    }

    /** Does the next step of each scenario that is due. Returns true once all are finished. */
    public boolean advance() {
        long unfinished =
                scenarios.stream().filter(scenario -> !scenario.advance()).count();
        return unfinished == 0;
    }

    /** Whether a scenario makes a repair correct although no fault was injected into the row that it repairs. */
    public boolean explains(EmittedRepair repair) {
        return scenarios.stream().anyMatch(scenario -> scenario.explains(repair));
    }

    /** Whether there is a scenario of a kind. */
    public boolean include(FaultKind kind) {
        return scenarios.stream().anyMatch(scenario -> scenario.kind() == kind);
    }

    /**
     * The result of each kind of fault, by its name in {@code --faults}.
     *
     * @param tables the tables compared with the feed, by replica
     */
    public Map<String, FaultResult> results(
            Set<FaultKind> kinds, RepairMatching matching, Map<String, TableComparison> tables) {
        Map<String, FaultResult> results = new LinkedHashMap<>();
        for (FaultKind kind : kinds.stream().sorted().toList()) {
            results.put(
                    kind.flag(),
                    scenarios.stream()
                            .filter(scenario -> scenario.kind() == kind)
                            .findFirst()
                            .map(scenario -> scenario.result(matching, tables))
                            .orElseGet(() -> matching.result(kind, null)));
        }
        return results;
    }

    /** Number of missed faults in scenarios that inject no faults into single keys. */
    public long missedBesideKeys(RepairMatching matching, Map<String, TableComparison> tables) {
        return scenarios.stream()
                .filter(scenario -> !matching.byKind().containsKey(scenario.kind()))
                .mapToLong(scenario -> scenario.result(matching, tables).missed())
                .sum();
    }

    /** What happened, for the transcript: lines without indentation. */
    public List<String> summary() {
        return scenarios.stream()
                .flatMap(scenario -> scenario.summary().stream())
                .toList();
    }
}

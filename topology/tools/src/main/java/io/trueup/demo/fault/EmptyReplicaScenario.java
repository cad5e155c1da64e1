package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A replica joins with an empty database and an empty writes topic, and the feed no longer holds the earlier writes: only repairs
 * can fill it.
 */
final class EmptyReplicaScenario implements Scenario {

    private static final double ALMOST_ALL = 0.98;

    private final ScenarioContext context;
    private final String replica;
    private final int keys;
    private Set<String> missing = Set.of();
    private long startedMs = -1;
    private long filledMs = -1;

    /**
     * @param replica the replica, which does not run yet
     * @param keys number of keys loaded
     */
    EmptyReplicaScenario(ScenarioContext context, String replica, int keys) {
        this.context = context;
        this.replica = replica;
        this.keys = keys;
    }

    /** Truncates the feed and starts the replica. There must be no writes meanwhile. */
    void join() {
        missing = new HashSet<>(context.feedState().readToEnd(context.nowMs()).keySet());
        context.cluster().truncateFeed(context.feedState().positions());
        startedMs = context.nowMs();
        context.cluster().startReplica(replica);
    }

    @Override
    public FaultKind kind() {
        return FaultKind.EMPTY_REPLICA;
    }

    @Override
    public boolean advance() {
        long nowMs = context.nowMs();
        long rows = context.cluster().datastores().get(replica).count(nowMs);
        long fullRows = context.cluster().datastores().values().stream()
                .mapToLong(datastore -> datastore.count(nowMs))
                .max()
                .orElse(0);
        context.notes().put(replica, "filled: " + Figures.number(rows) + " of " + Figures.number(fullRows));
        if (filledMs < 0 && rows >= ALMOST_ALL * fullRows) {
            filledMs = nowMs;
        }
        return filledMs >= 0 && context.seen().equalRoundsSince(filledMs) > 0;
    }

    @Override
    public boolean explains(EmittedRepair repair) {
        return repair.target().equals(replica) && missing.contains(repair.key());
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        long repaired =
                matching.explained().stream().map(EmittedRepair::key).distinct().count();
        return new FaultResult(
                missing.size(),
                repaired,
                repaired,
                matching.falseRepairs().size(),
                tables.containsKey(replica) ? tables.get(replica).unequal() : keys,
                summary().isEmpty() ? null : summary().get(0));
    }

    @Override
    public List<String> summary() {
        return filledMs < 0
                ? List.of()
                : List.of(replica + " joined empty and was filled with "
                        + Figures.number(context.cluster().repaired(replica)) + " repairs within "
                        + Figures.seconds(filledMs - startedMs) + "; it read newer writes from the feed");
    }
}

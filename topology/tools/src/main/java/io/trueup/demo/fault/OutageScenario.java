package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import java.util.List;
import java.util.Map;

/**
 * One replica is down for a while. Writes that it misses for longer than the patience of the job are repaired; it reads the others
 * itself.
 */
final class OutageScenario implements Scenario {

    private static final long START_AFTER_MS = 2_000;

    private final ScenarioContext context;
    private final String victim;
    private final long lengthMs;
    private final long dueMs;
    private long downMs = -1;
    private long upMs = -1;

    /**
     * @param victim the replica
     * @param lengthMs how long it is down
     */
    OutageScenario(ScenarioContext context, String victim, long lengthMs) {
        this.context = context;
        this.victim = victim;
        this.lengthMs = lengthMs;
        this.dueMs = context.nowMs() + START_AFTER_MS;
        context.feed().recordWriteTimes();
    }

    @Override
    public FaultKind kind() {
        return FaultKind.OUTAGE;
    }

    @Override
    public boolean advance() {
        long nowMs = context.nowMs();
        if (downMs < 0 && nowMs >= dueMs) {
            context.cluster().crashReplica(victim);
            downMs = nowMs;
            context.notes().put(victim, "down");
        } else if (downMs >= 0 && upMs < 0 && nowMs - downMs >= lengthMs) {
            context.cluster().startReplica(victim);
            upMs = context.nowMs();
            context.notes().put(victim, "was down for " + Figures.seconds(lengthMs));
        }
        return upMs >= 0;
    }

    /** Whether the key was written before the end of the outage, and the patience was over when the repair was emitted. */
    @Override
    public boolean explains(EmittedRepair repair) {
        long writtenMs = context.feed().firstWrittenMs(repair.key());
        return hasVictimAsTarget(repair)
                && downMs >= 0
                && (upMs < 0 || writtenMs <= upMs)
                && writtenMs <= repair.atMs() - patienceMs();
    }

    private boolean hasVictimAsTarget(EmittedRepair repair) {
        return repair.target().equals(victim);
    }

    private long patienceMs() {
        return context.cluster().times().patienceMs();
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        long repaired = matching.explained().stream().filter(this::explains).count();
        long falseRepairs =
                matching.falseRepairs().stream().filter(this::hasVictimAsTarget).count();
        return new FaultResult(
                downMs < 0 ? 0 : 1,
                repaired,
                repaired,
                falseRepairs,
                0,
                summary().get(0));
    }

    @Override
    public List<String> summary() {
        String length = victim + " was down for " + Figures.seconds(lengthMs);
        String patience = "lag.patience (" + Figures.seconds(patienceMs()) + ")";
        return List.of(
                lengthMs < patienceMs()
                        ? length + ", less than " + patience + ": it caught up by itself"
                        : length + ": writes that it had missed for longer than " + patience
                                + " were repaired, the others it read itself");
    }
}

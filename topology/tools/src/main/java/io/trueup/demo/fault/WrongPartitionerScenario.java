package io.trueup.demo.fault;

import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The write events of a replica are in wrong partitions, so nearly every key seems to be missing somewhere. The flood guard must hold
 * back all repairs and raise an alarm. Then the replica is corrected, and a scrub reports what it stores.
 */
final class WrongPartitionerScenario implements Scenario {

    private static final int ROUNDS_AFTER_ALARM = 3;
    private static final long SCRUB_ROWS_PER_SECOND = 50_000;
    private static final String ALARM = "Flood guard: ";

    /** Part of an alarm, but not of the message that repairs are sent again. */
    private static final String CURE = "trueup approve";

    private final ScenarioContext context;
    private final String victim;
    private final int keys;
    private final Set<String> alarms = new LinkedHashSet<>();
    private long alarmMs = -1;
    private long correctedMs = -1;

    /**
     * @param victim the replica, which was started with the wrong partitioner
     * @param keys number of keys loaded
     */
    WrongPartitionerScenario(ScenarioContext context, String victim, int keys) {
        this.context = context;
        this.victim = victim;
        this.keys = keys;
        context.notes().put(victim, "wrong partitioner");
    }

    @Override
    public FaultKind kind() {
        return FaultKind.WRONG_PARTITIONER;
    }

    @Override
    public boolean advance() {
        Snapshot seen = context.seen();
        if (correctedMs < 0 && !seen.heldBack().isEmpty()) {
            alarmsInLog().stream().filter(alarms::add).forEach(this::showAlarm);
        }
        if (alarmMs >= 0 && correctedMs < 0 && seen.completeRoundsSince(alarmMs) >= ROUNDS_AFTER_ALARM) {
            context.screen()
                    .print(
                            "",
                            "   " + Figures.number(heldBack(seen)) + " repairs were held back, "
                                    + Figures.number(seen.repairs().size())
                                    + " were sent. Now " + victim + " is corrected: the job stops, " + victim
                                    + " restarts with the",
                            "   right partitioner, a scrub reports the rows that it stores and drops all others, the job starts.",
                            "");
            correct();
        }
        return correctedMs >= 0 && seen.equalRoundsSince(correctedMs) > 0;
    }

    private List<String> alarmsInLog() {
        try (var lines = Files.lines(context.cluster().log())) {
            return lines.filter(line -> line.contains(ALARM) && line.contains(CURE))
                    .map(line -> line.substring(line.indexOf(ALARM)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + context.cluster().log(), e);
        }
    }

    private void showAlarm(String text) {
        alarmMs = alarmMs < 0 ? context.nowMs() : alarmMs;
        List<String> lines = new ArrayList<>(List.of("", "   ALARM in the log of the job:"));
        for (String sentence : text.split("(?<=[.]) ", -1)) {
            lines.add("   | " + sentence);
        }
        lines.add("");
        context.screen().print(lines);
    }

    private void correct() {
        context.cluster().stopJob();
        context.cluster().closeReplica(victim);
        context.cluster().startReplica(victim);
        context.cluster().scrub(victim, SCRUB_ROWS_PER_SECOND);
        correctedMs = context.nowMs();
        context.cluster().startJob();
        context.notes().put(victim, "corrected");
    }

    private static long heldBack(Snapshot seen) {
        return seen.heldBack().values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        return new FaultResult(
                keys,
                heldBack(context.seen()),
                0,
                matching.falseRepairs().size(),
                alarms.isEmpty() ? 1 : 0,
                alarms.isEmpty() ? null : String.join("; ", alarms));
    }

    @Override
    public List<String> summary() {
        return alarms.isEmpty()
                ? List.of()
                : List.of("all write events of " + victim
                        + " were in wrong partitions: the flood guard held back the repairs" + " until " + victim
                        + " was corrected and scrubbed");
    }
}

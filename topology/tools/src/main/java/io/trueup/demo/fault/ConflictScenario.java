package io.trueup.demo.fault;

import io.trueup.command.CommandFailedException;
import io.trueup.command.Commands;
import io.trueup.command.OpenConflict;
import io.trueup.demo.feed.TableComparison;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys for which no entry wins. Waits until Trueup reports the conflicts, then chooses the replica that has stored the value of the
 * feed, as {@code trueup conflicts choose} does, and waits until the conflicts are reported as resolved.
 */
final class ConflictScenario implements Scenario {

    private final ScenarioContext context;
    private final List<String> replicas;

    /** The replicas that hold a wrong value, by key. */
    private final Map<String, Set<String>> wrong = new LinkedHashMap<>();

    private final Set<String> chosen = new HashSet<>();
    private final List<String> example = new ArrayList<>();
    private Commands commands;
    private boolean finished;

    /** @param faults the faults that cause the conflicts */
    ConflictScenario(ScenarioContext context, List<String> replicas, List<Fault> faults) {
        this.context = context;
        this.replicas = replicas;
        faults.forEach(fault ->
                wrong.computeIfAbsent(fault.key(), key -> new HashSet<>()).add(fault.victim()));
    }

    @Override
    public FaultKind kind() {
        return FaultKind.CONFLICT;
    }

    @Override
    public boolean advance() {
        if (finished) {
            return true;
        }
        if (commands == null) {
            commands = context.cluster().commands();
        }
        int unresolved = 0;
        for (OpenConflict conflict : commands.conflicts()) {
            String key = new String(conflict.key(), StandardCharsets.UTF_8);
            if (wrong.containsKey(key)) {
                unresolved++;
                resolve(key, conflict);
            }
        }
        finished = unresolved == 0 && chosen.size() == wrong.size();
        if (finished) {
            commands.close();
        }
        return finished;
    }

    /** Chooses once the conflict lists all replicas. */
    private void resolve(String key, OpenConflict conflict) {
        if (conflict.sides().size() < replicas.size() || chosen.contains(key)) {
            return;
        }
        String right = replicas.stream()
                .filter(replica -> !wrong.get(key).contains(replica))
                .findFirst()
                .orElseThrow();
        if (choose(conflict, right)) {
            chosen.add(key);
            if (example.isEmpty()) {
                describe(key, conflict, right);
            }
        }
    }

    /** Returns false if meanwhile the conflict was settled by a write, or the replica holds none of its sides any more. */
    private boolean choose(OpenConflict conflict, String right) {
        try {
            commands.choose(conflict.key(), right);
            return true;
        } catch (CommandFailedException e) {
            return false;
        }
    }

    private void describe(String key, OpenConflict conflict, String right) {
        List<String> sides = new ArrayList<>();
        conflict.sides()
                .forEach(side -> sides.add(String.join(",", side.replicas()) + " version "
                        + side.entry().shownVersion() + " digest "
                        + side.entry().digest()));
        example.add("conflict reported for " + key + ": " + String.join(" · ", sides));
        example.add("resolved with: trueup conflicts choose " + key + " --replica " + right);
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        return matching.result(kind(), String.join("; ", example))
                .withFound((long) chosen.size() * (replicas.size() - 1));
    }

    @Override
    public List<String> summary() {
        return example;
    }
}

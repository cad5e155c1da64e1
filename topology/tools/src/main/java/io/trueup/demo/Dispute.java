package io.trueup.demo;

import io.trueup.command.CommandFailedException;
import io.trueup.command.Commands;
import io.trueup.command.StandingConflict;
import io.trueup.demo.Sightings.Snapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys for which no entry wins: waits until Trueup tells of them, then chooses the replica that has stored what the feed said, as
 * {@code trueup conflicts choose} does, and waits until the conflicts are told to be settled.
 */
final class Dispute implements Trouble {

    private final Cluster cluster;
    private final List<String> replicas;

    /** The replicas that hold something wrong, by key. */
    private final Map<String, Set<String>> wrong = new LinkedHashMap<>();

    private final Set<String> told = new HashSet<>();
    private final List<String> tale = new ArrayList<>();
    private Commands commands;
    private boolean over;

    /** @param faults those that make conflicts */
    Dispute(Cluster cluster, List<String> replicas, List<Fault> faults) {
        this.cluster = cluster;
        this.replicas = replicas;
        faults.forEach(fault ->
                wrong.computeIfAbsent(fault.key(), key -> new HashSet<>()).add(fault.victim()));
    }

    @Override
    public FaultKind kind() {
        return FaultKind.CONFLICT;
    }

    @Override
    public boolean pass() {
        if (over) {
            return true;
        }
        if (commands == null) {
            commands = cluster.commands();
        }
        int standing = 0;
        for (StandingConflict conflict : commands.conflicts()) {
            String key = new String(conflict.key(), StandardCharsets.UTF_8);
            if (wrong.containsKey(key)) {
                standing++;
                settle(key, conflict);
            }
        }
        over = standing == 0 && told.size() == wrong.size();
        if (over) {
            commands.close();
        }
        return over;
    }

    /** Chooses once all replicas are known to hold something of their own. */
    private void settle(String key, StandingConflict conflict) {
        if (conflict.sides().size() < replicas.size() || told.contains(key)) {
            return;
        }
        String right = replicas.stream()
                .filter(replica -> !wrong.get(key).contains(replica))
                .findFirst()
                .orElseThrow();
        if (choose(conflict, right)) {
            told.add(key);
            if (tale.isEmpty()) {
                describe(key, conflict, right);
            }
        }
    }

    /** False if the conflict was told anew meanwhile, without a replica that is down: it will be told with it again. */
    private boolean choose(StandingConflict conflict, String right) {
        try {
            commands.choose(conflict.key(), right);
            return true;
        } catch (CommandFailedException e) {
            return false;
        }
    }

    private void describe(String key, StandingConflict conflict, String right) {
        List<String> sides = new ArrayList<>();
        conflict.sides()
                .forEach(side -> sides.add(String.join(",", side.replicas()) + " version "
                        + side.entry().shownVersion() + " digest "
                        + side.entry().digest()));
        tale.add("a conflict was told of " + key + ": " + String.join(" · ", sides));
        tale.add("settled as by: trueup conflicts choose " + key + " --replica " + right);
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        Account account = balance.account(kind(), String.join("; ", tale));
        long found = (long) told.size() * (replicas.size() - 1);
        return new Account(
                account.injected(),
                found,
                account.repaired(),
                account.falseRepairs(),
                account.missed(),
                account.note());
    }

    @Override
    public List<String> tale() {
        return tale;
    }
}

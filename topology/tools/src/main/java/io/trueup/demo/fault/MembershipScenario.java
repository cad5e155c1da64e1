package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.JobOutput.ReplicaPartition;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One replica joins those that share the partitions, and later another one leaves. New owners of a partition are filled by repairs;
 * all other partitions are compared as before, with the existing trees.
 */
final class MembershipScenario implements Scenario {

    private static final long START_AFTER_MS = 1_000;

    private final ScenarioContext context;
    private final int keys;
    private final List<Change> changes = new ArrayList<>();

    /**
     * @param joins the replica that is no member yet and joins
     * @param leaves the member that leaves
     * @param keys number of keys loaded
     */
    MembershipScenario(ScenarioContext context, String joins, String leaves, int keys) {
        this.context = context;
        this.keys = keys;
        List<String> all = new ArrayList<>(context.cluster().members());
        all.add(joins);
        List<String> remaining = new ArrayList<>(all);
        remaining.remove(leaves);
        changes.add(new Change(joins, "joined", all, context.nowMs() + START_AFTER_MS));
        changes.add(new Change(leaves, "left", remaining, 0));
    }

    @Override
    public FaultKind kind() {
        return FaultKind.MEMBERSHIP;
    }

    @Override
    public boolean advance() {
        for (Change change : changes) {
            if (!change.advance()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean explains(EmittedRepair repair) {
        return changes.stream().anyMatch(change -> change.explains(repair));
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        long repaired = changes.stream()
                .mapToLong(change -> change.repairedRows(matching.explained()))
                .sum();
        long unequal =
                tables.values().stream().mapToLong(TableComparison::unequal).sum();
        return new FaultResult(
                changes.stream().mapToLong(change -> change.lacking.size()).sum(),
                repaired,
                repaired,
                matching.falseRepairs().size(),
                tables.isEmpty() ? keys : unequal,
                summary().isEmpty() ? null : String.join("; ", summary()));
    }

    @Override
    public List<String> summary() {
        return changes.stream()
                .filter(change -> change.equalMs >= 0)
                .flatMap(change -> change.summary().stream())
                .toList();
    }

    private record Row(String replica, String key) {}

    /** One change of members, from its due time until all owners are equal. */
    private final class Change {

        private final String replica;
        private final String what;
        private final List<String> members;
        private final long dueMs;
        private final Set<ReplicaPartition> gained = new HashSet<>();
        private final Set<Integer> moved = new HashSet<>();
        private final Set<Row> lacking = new HashSet<>();
        private Map<ReplicaPartition, Long> comparedBefore = Map.of();
        private Map<String, Long> builtBefore = Map.of();
        private long changedMs = -1;
        private boolean newOwnersStarted;
        private long equalMs = -1;
        private long comparedElsewhere;
        private long rebuilt;
        private long trees;

        /**
         * @param replica the replica that joins or leaves
         * @param what what it does, in the past tense
         * @param members the members after the change
         * @param dueMs earliest time of the change
         */
        Change(String replica, String what, List<String> members, long dueMs) {
            this.replica = replica;
            this.what = what;
            this.members = members;
            this.dueMs = dueMs;
        }

        boolean advance() {
            if (changedMs < 0 && context.nowMs() >= dueMs) {
                begin();
            } else if (changedMs >= 0 && !newOwnersStarted && context.output().comparedSince(changedMs, gained)) {
                // Only a replica that is empty in its first round is filled in bulk, so it stores writes from here on.
                context.owners().startNewOwners();
                newOwnersStarted = true;
            } else if (newOwnersStarted
                    && equalMs < 0
                    && context.output().equalSince(changedMs, context.owners().owners())) {
                end();
            }
            return equalMs >= 0;
        }

        private void begin() {
            List<List<String>> before = context.owners().owners();
            comparedBefore = context.output().segmentsCompared();
            builtBefore = context.cluster().treesBuilt();
            changedMs = context.nowMs();
            context.cluster().changeMembers(members);
            List<List<String>> after = context.cluster().owners();
            context.owners().change(after);
            for (int partition = 0; partition < after.size(); partition++) {
                for (String owner : after.get(partition)) {
                    if (!before.get(partition).contains(owner)) {
                        gained.add(new ReplicaPartition(owner, partition));
                    }
                }
                if (!after.get(partition).equals(before.get(partition))) {
                    moved.add(partition);
                }
            }
            gained.stream().map(ReplicaPartition::replica).distinct().forEach(this::findLackingRows);
            context.notes().put(replica, what);
        }

        /** A replica that becomes owner of a partition again may still hold some of its rows. */
        private void findLackingRows(String newOwner) {
            Map<String, Long> stored = new HashMap<>();
            context.cluster()
                    .datastores()
                    .get(newOwner)
                    .forEach(
                            changedMs, row -> stored.put(new String(row.key(), StandardCharsets.UTF_8), row.version()));
            context.feedState().readToEnd(changedMs).forEach((key, row) -> {
                boolean gains = gained.contains(
                        new ReplicaPartition(newOwner, context.owners().partition(key)));
                if (gains && !Objects.equals(stored.get(key), row.version())) {
                    lacking.add(new Row(newOwner, key));
                }
            });
        }

        private void end() {
            equalMs = context.nowMs();
            context.owners().stopFormerOwners();
            context.output().dropFormerOwners(context.owners().owners());
            Map<ReplicaPartition, Long> compared =
                    new HashMap<>(context.output().segmentsCompared());
            comparedBefore.forEach((source, segments) -> compared.merge(source, -segments, Long::sum));
            comparedElsewhere = compared.entrySet().stream()
                    .filter(source -> source.getValue() > 0
                            && !moved.contains(source.getKey().partition()))
                    .count();
            Map<String, Long> built = context.cluster().treesBuilt();
            builtBefore.keySet().retainAll(built.keySet());
            trees = builtBefore.values().stream().mapToLong(Long::longValue).sum();
            rebuilt = built.entrySet().stream()
                    .filter(count -> builtBefore.containsKey(count.getKey()))
                    .mapToLong(count -> count.getValue() - builtBefore.get(count.getKey()))
                    .sum();
        }

        /** Number of rows that new owners lacked and that were repaired. Keys written and deleted since may be repaired, too. */
        long repairedRows(List<EmittedRepair> repairs) {
            return repairs.stream()
                    .filter(this::explains)
                    .map(repair -> new Row(repair.target(), repair.key()))
                    .filter(lacking::contains)
                    .distinct()
                    .count();
        }

        boolean explains(EmittedRepair repair) {
            return repair.atMs() >= changedMs
                    && gained.contains(new ReplicaPartition(repair.target(), repair.partition()));
        }

        List<String> summary() {
            int partitions = context.owners().owners().size();
            long repairs =
                    context.seen().repairs().stream().filter(this::explains).count();
            return List.of(
                    replica + " " + what + ": " + moved.size() + " of " + partitions + " partitions changed owners; "
                            + gained.size() + (gained.size() == 1 ? " new copy was" : " new copies were")
                            + " filled with " + Figures.number(repairs)
                            + " repairs; all equal after " + Figures.seconds(equalMs - changedMs),
                    rebuilt + " of " + trees + " trees were rebuilt; in partitions that did not move, "
                            + comparedElsewhere + " of "
                            + (partitions - moved.size()) * context.cluster().copies()
                            + " trees were compared below the root");
        }
    }
}

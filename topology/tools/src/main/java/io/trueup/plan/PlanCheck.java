package io.trueup.plan;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.rule.Divergence;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Checks the lines of a plan against the configuration before anything is sent, and collects what they concern. Used by one thread. */
final class PlanCheck {

    private final TrueupConfig config;
    private final SortedMap<String, Set<Integer>> partitions = new TreeMap<>();
    private final SortedMap<String, PlanLine> highest = new TreeMap<>();
    private long lines;

    PlanCheck(TrueupConfig config) {
        this.config = config;
    }

    /**
     * Checks a line.
     *
     * @throws UnusablePlanException if the configuration does not fit it
     */
    void add(PlanLine line) {
        PlannedRepair repair = line.repair();
        checkTarget(line, repair.target());
        PlannedRepair.Winner winner = repair.winner();
        requireReplica(line, winner.replica());
        if (winner.replica().equals(repair.target())) {
            throw unusable(line, "the entry that wins is that of the target, " + repair.target());
        }
        requireTopic(line, winner.replica(), winner.topic());
        repair.observed().ifPresent(observed -> requireTopic(line, repair.target(), observed.topic()));
        if (repair.reason() == Divergence.CONFLICT) {
            throw unusable(
                    line, "conflicts are decided with `trueup conflicts choose`, and not by a plan; remove the line");
        }
        lines++;
        partitions.computeIfAbsent(repair.target(), target -> new TreeSet<>()).add(repair.partition());
        noteTopic(winner.topic(), line);
        noteTopic(config.replica(repair.target()).writesTopic(), line);
        noteTopic(config.replica(repair.target()).repairsTopic(), line);
    }

    private void noteTopic(String topic, PlanLine line) {
        highest.merge(
                topic, line, (a, b) -> a.repair().partition() >= b.repair().partition() ? a : b);
    }

    private void checkTarget(PlanLine line, String target) {
        requireReplica(line, target);
        ReplicaTopics replica = config.replica(target);
        if (replica.role() == ReplicaTopics.Role.SOURCE) {
            throw unusable(line, "replica " + target + " is a source, which is never repaired; remove the line");
        }
        if (replica.repairsTopic() == null) {
            throw unusable(
                    line, "replica " + target + " has no repairs topic; set replica." + target + ".repairs.topic");
        }
    }

    private void requireReplica(PlanLine line, String name) {
        if (!config.replicas().contains(name)) {
            throw unusable(
                    line, "there is no replica " + name + "; the replicas are " + String.join(", ", config.replicas()));
        }
    }

    private void requireTopic(PlanLine line, String replica, String topic) {
        String configured = config.replica(replica).writesTopic();
        if (!topic.equals(configured)) {
            throw unusable(
                    line,
                    "the writes topic of replica " + replica + " is " + topic + ", and in the configuration "
                            + configured + "; audit again with this configuration");
        }
    }

    /**
     * Checks the partitions of a topic.
     *
     * @throws UnusablePlanException if a line is for a partition that the topic does not have
     */
    void requirePartitions(String topic, int count) {
        PlanLine line = highest.get(topic);
        if (line != null && line.repair().partition() >= count) {
            throw unusable(
                    line,
                    "topic " + topic + " has " + count + " partitions, and no partition "
                            + line.repair().partition());
        }
    }

    /** Lines that were checked. */
    long lines() {
        return lines;
    }

    /** The partitions of the repairs, by target. */
    SortedMap<String, Set<Integer>> partitions() {
        return partitions;
    }

    /** The topics that are read or written. */
    Set<String> topics() {
        return highest.keySet();
    }

    private static UnusablePlanException unusable(PlanLine line, String fault) {
        return new UnusablePlanException("line " + line.number() + ": " + fault);
    }
}

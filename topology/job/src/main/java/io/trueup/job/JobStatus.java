package io.trueup.job;

import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.stream.ReplicaMetrics.PartitionStatus;
import java.util.Map;
import java.util.Optional;

/**
 * Status of a job at one moment. Immutable.
 *
 * @param terminated whether the job has ended
 * @param failure why it ended by itself; empty if it runs or was closed
 * @param replicas the hosted replicas by name
 * @param memory what the rounds and repairs of the process take up
 */
public record JobStatus(
        boolean terminated, Optional<String> failure, Map<String, ReplicaStatus> replicas, RoundMemory.Use memory) {

    /** Whether all hosted replicas have restored their state and take part in rounds. */
    public boolean running() {
        return !replicas.isEmpty()
                && replicas.values().stream()
                        .allMatch(replica -> replica.state().equals("RUNNING"));
    }

    /**
     * Status of one replica's application. Counts are since the process started.
     *
     * @param state name of a {@link org.apache.kafka.streams.KafkaStreams.State}
     * @param partitions the partitions that this process holds
     * @param malformed records sent to the dead-letter topic
     * @param repairs repair events sent
     * @param references those repair events that carry no value and name the replica that holds it
     * @param unsentRepairs repairs dropped before they were sent; a later round decides them again
     * @param lostRecords records that the brokers did not take
     * @param guarded repairs that the flood guard held back in the last round of each partition, estimated, by target
     * @param conflicts keys in conflict, as seen in the last round of each partition
     * @param notCompared partitions in which the rounds of {@code lag.patience}, at least three, have compared nothing, with
     *     the number of such rounds in a row: nothing is repaired there
     * @param treesBuilt trees built from stored entries: one per partition at each start of its task
     * @param waiting what waits for a schema registry
     */
    public record ReplicaStatus(
            String state,
            Map<Integer, PartitionStatus> partitions,
            long malformed,
            long repairs,
            long references,
            long unsentRepairs,
            long lostRecords,
            Map<String, Long> guarded,
            long conflicts,
            Map<Integer, Integer> notCompared,
            long treesBuilt,
            Waiting waiting) {}

    /**
     * Records that wait for a schema registry. Nothing behind them in their partitions is read, and rounds of these are skipped.
     *
     * @param partitions partitions of writes, control and repair topics of which a record waits
     * @param oldestMs how long the one waits that waits longest, in milliseconds; 0 if none does
     */
    public record Waiting(int partitions, long oldestMs) {}
}

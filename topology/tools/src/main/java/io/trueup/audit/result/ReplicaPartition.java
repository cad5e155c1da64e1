package io.trueup.audit.result;

/**
 * A partition of a replica's writes topic. Partitions are in order of number, then of replica.
 *
 * @param replica name of the replica
 * @param partition number of the partition
 */
public record ReplicaPartition(String replica, int partition) implements Comparable<ReplicaPartition> {

    @Override
    public int compareTo(ReplicaPartition other) {
        int byPartition = Integer.compare(partition, other.partition);
        return byPartition != 0 ? byPartition : replica.compareTo(other.replica);
    }

    /** As {@code eu/3}. */
    @Override
    public String toString() {
        return replica + "/" + partition;
    }
}

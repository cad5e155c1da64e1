package io.trueup.demo.cluster;

import io.trueup.replica.Intake;
import io.trueup.replica.Intake.Decision;
import io.trueup.replica.table.Datastore;
import io.trueup.source.DefaultPartitioner;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Which replicas own each partition, and which replicas store its feed records. The two differ during a change of owners: a new
 * owner starts to store later, and a former owner continues for a while. Thread-safe.
 */
public final class PartitionOwners {

    private final int partitions;
    private volatile List<List<String>> owners;
    private volatile List<Set<String>> storing;

    /** All replicas own and store all partitions. */
    public PartitionOwners(List<String> replicas, int partitions) {
        this.partitions = partitions;
        change(Collections.nCopies(partitions, replicas));
        stopFormerOwners();
    }

    /**
     * Sets new owners. The replicas that store a partition stay the same.
     *
     * @param newOwners the owners of each partition
     */
    public void change(List<List<String>> newOwners) {
        owners = List.copyOf(newOwners);
    }

    /** From now on, all owners store the partitions that they own. */
    public void startNewOwners() {
        List<Set<String>> both = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            Set<String> together = new HashSet<>(storing.get(partition));
            together.addAll(owners.get(partition));
            both.add(together);
        }
        storing = both;
    }

    /** From now on, only owners store a partition. */
    public void stopFormerOwners() {
        storing = owners.stream().<Set<String>>map(HashSet::new).toList();
    }

    /** The owners of each partition. */
    public List<List<String>> owners() {
        return owners;
    }

    /** Decides for a replica about every feed record: drops it if the replica does not store its partition, else asks {@code next}. */
    public Intake intake(String replica, Intake next) {
        return record -> storing.get(record.partition()).contains(replica) ? next.onFeed(record) : Decision.DROP;
    }

    private boolean ownsAll(String replica) {
        return owners.stream().allMatch(ofPartition -> ofPartition.contains(replica));
    }

    /** Whether a replica owns the partition of a key. */
    public boolean owns(String replica, byte[] key) {
        return owners.get(partition(key)).contains(replica);
    }

    /** The partition of a key. */
    public int partition(String key) {
        return partition(key.getBytes(StandardCharsets.UTF_8));
    }

    private int partition(byte[] key) {
        return DefaultPartitioner.partitionOf(key, partitions);
    }

    /** The part of the feed's state that a replica should hold. */
    public <T> Map<String, T> expected(String replica, Map<String, T> feed) {
        return ownsAll(replica)
                ? feed
                : feed.entrySet().stream()
                        .filter(row -> owners.get(partition(row.getKey())).contains(replica))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Number of live rows of a replica in partitions that it owns. */
    public long rows(String replica, Datastore datastore, long nowMs) {
        if (ownsAll(replica)) {
            return datastore.count(nowMs);
        }
        AtomicLong rows = new AtomicLong();
        datastore.forEach(nowMs, row -> rows.addAndGet(owns(replica, row.key()) ? 1 : 0));
        return rows.get();
    }
}

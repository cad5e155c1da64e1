package io.trueup.demo;

import io.trueup.replica.Intake;
import io.trueup.replica.Intake.Decision;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Utils;

/**
 * Which replica owns which partitions, and which partitions of the feed each replica stores: an owner that is new begins later, and one
 * that was goes on for a while. Thread-safe.
 */
final class Ownership {

    private final int partitions;
    private volatile List<List<String>> owners;
    private volatile List<Set<String>> takers;

    /** Everybody owns and stores everything. */
    Ownership(List<String> replicas, int partitions) {
        this.partitions = partitions;
        become(Collections.nCopies(partitions, replicas));
        settle();
    }

    /**
     * The owners are others from now on; who stores what stays.
     *
     * @param now the owners of each partition
     */
    void become(List<List<String>> now) {
        owners = List.copyOf(now);
    }

    /** All owners store what they own from now on. */
    void takeUp() {
        List<Set<String>> both = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            Set<String> together = new HashSet<>(takers.get(partition));
            together.addAll(owners.get(partition));
            both.add(together);
        }
        takers = both;
    }

    /** Nobody stores any more what others own. */
    void settle() {
        takers = owners.stream().<Set<String>>map(HashSet::new).toList();
    }

    /** The owners of each partition. */
    List<List<String>> owners() {
        return owners;
    }

    /** What a replica is to ask about every record: whether to store it at all, and then what becomes of it. */
    Intake intake(String replica, Intake then) {
        return record -> takers.get(record.partition()).contains(replica) ? then.onFeed(record) : Decision.DROP;
    }

    private boolean ownsAll(String replica) {
        return owners.stream().allMatch(of -> of.contains(replica));
    }

    /** Whether a replica owns the partition of a key. */
    boolean owns(String replica, byte[] key) {
        return owners.get(partition(key)).contains(replica);
    }

    /** The partition of a key. */
    int partition(String key) {
        return partition(key.getBytes(StandardCharsets.UTF_8));
    }

    private int partition(byte[] key) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    /** What a replica is to hold, of what the feed says. */
    <T> Map<String, T> of(String replica, Map<String, T> feed) {
        return ownsAll(replica)
                ? feed
                : feed.entrySet().stream()
                        .filter(row -> owners.get(partition(row.getKey())).contains(replica))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Number of live rows of a replica in partitions that it owns. */
    long rows(String replica, Datastore datastore, long nowMs) {
        if (ownsAll(replica)) {
            return datastore.count(nowMs);
        }
        AtomicLong rows = new AtomicLong();
        datastore.forEach(nowMs, row -> rows.addAndGet(owns(replica, row.key()) ? 1 : 0));
        return rows.get();
    }
}

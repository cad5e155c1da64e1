package io.trueup.audit;

import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A key that the replicas do not hold alike.
 *
 * @param key the record key; must not be changed
 * @param partition its partition
 * @param entries what each replica holds, by name; empty where it was never written
 * @param findings who differs from what wins, and how; one without holders for a conflict
 * @param since the write after which they differ
 * @param repairs repair events for the key since then
 */
public record DivergentKey(
        byte[] key,
        int partition,
        SortedMap<String, Optional<Entry>> entries,
        List<Difference> findings,
        Since since,
        Repairs repairs) {

    private static final long KEY_BYTES = 400;
    private static final long ENTRY_BYTES = 300;

    /**
     * What a replica holds.
     *
     * @param version its version, or the sum of its vector
     * @param vector its version vector as {@code a=1,b=2}, if it has one
     * @param positionMs time of the original write
     * @param state whether it lives
     * @param expiryMs when it expires or has expired, if it does
     * @param digest keyed digest of the value
     * @param valueLength length of the value in bytes; 0 if the write event gave only a digest
     * @param place where its write event lies
     */
    public record Entry(
            long version,
            Optional<String> vector,
            long positionMs,
            State state,
            Optional<Long> expiryMs,
            Hash128 digest,
            int valueLength,
            Place place) {}

    /** Whether an entry lives. */
    public enum State {
        /** The key has a value. */
        LIVE,
        /** The key was deleted. */
        DELETED,
        /** The value has expired. */
        EXPIRED
    }

    /**
     * Where a record lies.
     *
     * @param topic its topic
     * @param partition its partition
     * @param offset its offset
     * @param timeMs its timestamp
     */
    public record Place(String topic, int partition, long offset, long timeMs) {

        /** As {@code orders.eu-0@17}. */
        @Override
        public String toString() {
            return topic + "-" + partition + "@" + offset;
        }
    }

    /**
     * Since when they differ.
     *
     * @param replica the replica that did it
     * @param place the record after which they differ
     * @param timeMs when: the record's timestamp, or when its entry expired
     * @param byExpiry whether the entry's expiry did it, not its write
     * @param exact false where records are missing or cannot be read: the true moment may be another one
     */
    public record Since(String replica, Place place, long timeMs, boolean byExpiry, boolean exact) {}

    /**
     * A repair event.
     *
     * @param target the replica that it was for
     * @param place where it lies
     */
    public record RepairEvent(String target, Place place) {}

    /**
     * Repair events since the replicas differ.
     *
     * @param count how many were found
     * @param last the last of them, in order of time
     * @param unknown why there may be more; empty if there cannot
     */
    public record Repairs(long count, List<RepairEvent> last, List<String> unknown) {

        static Repairs unknown(String why) {
            return new Repairs(0, List.of(), List.of(why));
        }
    }

    DivergentKey with(Repairs found) {
        return new DivergentKey(key, partition, entries, findings, since, found);
    }

    /** Bytes of memory, about. */
    long memoryBytes() {
        return KEY_BYTES + key.length + ENTRY_BYTES * entries.size();
    }
}

package io.trueup.audit.result;

import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A key for which replicas hold different entries.
 *
 * @param key the record key; must not be changed
 * @param partition its partition
 * @param entries the entry of each replica, by name; empty where the key was never written
 * @param findings which replicas differ from the winning entry, and how; one without holders for a conflict. Only differences
 *     that have lasted
 * @param inFlight replicas that differ by writes that may be in flight
 * @param since the write after which they differ
 * @param repairs repair events for the key since then
 */
public record DivergentKey(
        byte[] key,
        int partition,
        SortedMap<String, Optional<Entry>> entries,
        List<Difference> findings,
        List<String> inFlight,
        Since since,
        Repairs repairs) {

    private static final long KEY_BYTES = 400;
    private static final long ENTRY_BYTES = 300;

    /**
     * The entry of a replica.
     *
     * @param version its version, or the sum of its vector
     * @param vector its version vector as {@code a=1,b=2}, if it has one
     * @param positionMs time of the original write
     * @param state whether it is live
     * @param expiryMs when it expires or has expired, if it does
     * @param digest keyed digest of the value
     * @param valueLength length of the value in bytes; 0 if the write event gave only a digest
     * @param value the value, if the audit keeps values, the entry is live and its write event contains the value; must not be
     *     changed
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
            Optional<byte[]> value,
            Place place) {}

    /** Whether an entry is live. */
    public enum State {
        /** The key has a value. */
        LIVE,
        /** The key was deleted. */
        DELETED,
        /** The value has expired. */
        EXPIRED,
        /** Unknown: its record cannot be read. */
        UNREAD
    }

    /**
     * Since when the replicas differ.
     *
     * @param replica the replica whose record is the cause
     * @param place the record after which they differ
     * @param timeMs when: the record's timestamp, or when its entry expired
     * @param byExpiry whether the entry's expiry did it, not its write
     * @param exact false where records are missing or cannot be read: they may in truth differ since another record
     */
    public record Since(String replica, Place place, long timeMs, boolean byExpiry, boolean exact) {}

    /**
     * A repair event.
     *
     * @param target the replica to be repaired
     * @param place where it lies
     */
    public record RepairEvent(String target, Place place) {}

    /**
     * Repair events of the time since the replicas differ.
     *
     * @param count how many were found
     * @param last the last of them, in order of time
     * @param unknown reasons why there may be more; empty if there are none
     */
    public record Repairs(long count, List<RepairEvent> last, List<String> unknown) {

        /** Nothing is known, for a reason. */
        public static Repairs unknown(String reason) {
            return new Repairs(0, List.of(), List.of(reason));
        }
    }

    /** Whether no difference has lasted: all replicas that differ may do so by writes in flight. */
    public boolean isInFlight() {
        return findings.isEmpty();
    }

    /** The same key with what was found out about repairs. */
    public DivergentKey with(Repairs found) {
        return new DivergentKey(key, partition, entries, findings, inFlight, since, found);
    }

    /** Approximate bytes of memory. */
    public long memoryBytes() {
        long values = entries.values().stream()
                .flatMap(Optional::stream)
                .flatMap(entry -> entry.value().stream())
                .mapToLong(value -> value.length)
                .sum();
        return KEY_BYTES + key.length + ENTRY_BYTES * entries.size() + values;
    }
}

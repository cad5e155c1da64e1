package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * Every change of one key on all replicas.
 *
 * <p>Since when replicas differ: the changes of all replicas are sorted by record timestamp, those of one millisecond by
 * name of the replica, then by offset. The expiries of entries lie between them. After each change or expiry, the replicas
 * either hold the same or not; the last transition from the former to the latter is the origin. On one replica, a record with
 * a lower offset never replaces one with a higher offset, whatever their timestamps are. Used by one thread.
 */
final class KeyTimeline {

    /** Approximate memory of a change. */
    static final long CHANGE_BYTES = 96;

    /** Approximate memory of a key beside its changes. */
    static final long KEY_BYTES = 512;

    private static final Comparator<Change> ORDER = Comparator.comparingLong(Change::timeMs)
            .thenComparingInt(Change::replica)
            .thenComparingLong(Change::offset);

    private final List<Change> changes = new ArrayList<>(4);
    private final LongPredicate isSettled;
    private final Held[] held;
    private final Held[] settled;
    private final Change[] since;
    private final Change[] latest;
    private byte[] key;

    /**
     * @param replicas number of replicas; they are numbered in order of name
     * @param isSettled whether a timestamp is not later than the settle time
     */
    KeyTimeline(int replicas, LongPredicate isSettled) {
        this.isSettled = isSettled;
        held = new Held[replicas];
        settled = new Held[replicas];
        since = new Change[replicas];
        latest = new Change[replicas];
    }

    /**
     * From this record on, a replica holds another entry or none.
     *
     * @param timeMs timestamp of the record
     * @param replica number of the replica
     * @param offset offset of the record in its partition
     * @param digest digest of the entry while it is live; zero if there is none
     * @param expiryMs when it expires; {@link Long#MIN_VALUE} if it is dead from the start
     */
    record Change(long timeMs, int replica, long offset, Hash128 digest, long expiryMs) {

        /** Whether a later record leaves what counts of the entry as it is, and the entry has not expired in between. */
        boolean isContinuedBy(Change later) {
            return digestAt(later.timeMs).equals(later.digestAt(later.timeMs));
        }

        Hash128 digestAt(long ms) {
            return expiryMs <= ms ? Hash128.ZERO : digest;
        }
    }

    /**
     * The entry that a replica holds after its last change. The entries of a key share the key array.
     *
     * @param value the value; null if values are not kept, or if there is none
     */
    record Held(
            long version,
            VersionVector vector,
            long positionMs,
            long expiryMs,
            boolean deleted,
            Hash128 digest,
            int valueLength,
            long offset,
            long timeMs,
            byte[] key,
            byte[] value) {

        static Held of(Write write, byte[] key, Hash128 digest, long timeMs, boolean keepValue) {
            return new Held(
                    write.version(),
                    write.vector(),
                    write.positionMs(),
                    write.expiryMs(),
                    write.deleted(),
                    digest,
                    write.value() == null ? 0 : write.value().length,
                    write.offset(),
                    timeMs,
                    key,
                    keepValue ? write.value() : null);
        }

        Held withoutValue() {
            return value == null
                    ? this
                    : new Held(
                            version,
                            vector,
                            positionMs,
                            expiryMs,
                            deleted,
                            digest,
                            valueLength,
                            offset,
                            timeMs,
                            key,
                            null);
        }

        long valueBytes() {
            return value == null ? 0 : value.length;
        }

        boolean isLiveAt(long ms) {
            return !deleted && expiryMs > ms;
        }
    }

    /**
     * The last transition from equal to different entries.
     *
     * @param change the change, or the one whose entry expired
     * @param timeMs time of the change, or of the expiry
     * @param byExpiry whether an expiry is the cause
     */
    record Origin(Change change, long timeMs, boolean byExpiry) {}

    /**
     * Adds a change. Those of one replica must come in order of offset.
     *
     * @param now the entry that the replica holds now; null: none
     */
    void add(Change change, Held now) {
        changes.add(change);
        held[change.replica()] = now;
        Change before = latest[change.replica()];
        if (before == null || !before.isContinuedBy(change)) {
            since[change.replica()] = change;
        }
        latest[change.replica()] = change;
        if (isSettled.test(change.timeMs())) {
            settled[change.replica()] = now == null ? null : now.withoutValue();
        }
        if (now != null && key == null) {
            key = now.key();
        }
    }

    /** The entry that a replica holds after its last change; null if there is none. */
    Held held(int replica) {
        return held[replica];
    }

    /** The entry that a replica held at the settle time; null if there was none. */
    Held settled(int replica) {
        return settled[replica];
    }

    /**
     * Timestamp of the record by which a replica's present entry came about; later records that repeat the entry do not count. {@link
     * Long#MIN_VALUE} if there is none.
     */
    long sinceMs(int replica) {
        return since[replica] == null ? Long.MIN_VALUE : since[replica].timeMs();
    }

    /** The key; null if there was no write. */
    byte[] key() {
        return key;
    }

    /** The origin of the difference at a time; empty if the replicas are equal. */
    Optional<Origin> origin(long atMs) {
        changes.sort(ORDER);
        OriginSearch search = new OriginSearch(held.length, atMs);
        changes.forEach(search::apply);
        search.expireUpTo(atMs);
        return Optional.ofNullable(search.origin);
    }

    private static final class OriginSearch {

        private final Change[] current;
        private final long atMs;
        private long timeMs = Long.MIN_VALUE;
        private Origin origin;

        OriginSearch(int replicas, long atMs) {
            this.current = new Change[replicas];
            this.atMs = atMs;
        }

        void apply(Change change) {
            long ms = Math.min(change.timeMs(), atMs);
            expireUpTo(ms);
            timeMs = Math.max(timeMs, ms);
            Change before = current[change.replica()];
            if (before == null || before.offset() < change.offset()) {
                current[change.replica()] = change;
                check(change, false);
            }
        }

        /** Lets entries expire one after the other. */
        void expireUpTo(long ms) {
            for (Change next = nextToExpire(ms); next != null; next = nextToExpire(ms)) {
                timeMs = next.expiryMs();
                check(next, true);
            }
            timeMs = Math.max(timeMs, ms);
        }

        private Change nextToExpire(long upToMs) {
            return Arrays.stream(current)
                    .filter(change -> change != null && change.expiryMs() > timeMs && change.expiryMs() <= upToMs)
                    .min(Comparator.comparingLong(Change::expiryMs))
                    .orElse(null);
        }

        private void check(Change cause, boolean byExpiry) {
            if (areEqual()) {
                origin = null;
            } else if (origin == null) {
                origin = new Origin(cause, byExpiry ? cause.expiryMs() : cause.timeMs(), byExpiry);
            }
        }

        private boolean areEqual() {
            Hash128 first = digest(0);
            for (int i = 1; i < current.length; i++) {
                if (!digest(i).equals(first)) {
                    return false;
                }
            }
            return true;
        }

        private Hash128 digest(int replica) {
            Change change = current[replica];
            return change == null ? Hash128.ZERO : change.digestAt(timeMs);
        }
    }
}

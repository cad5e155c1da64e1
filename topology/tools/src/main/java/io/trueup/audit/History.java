package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Everything that the replicas did with one key.
 *
 * <p>Since when they differ: the moments of all replicas are put in order of record timestamp, those of one millisecond by
 * name of replica, then by offset. Between them lie the moments at which an entry expires. After each, either all replicas
 * hold the same or not; the last change from the first to the second is the one in question. Of a replica, an event with a
 * lower offset never replaces one with a higher, whatever the timestamps say.
 */
final class History {

    /** Memory of a moment, about. */
    static final long MOMENT_BYTES = 96;

    /** Memory of a key beside its moments, about. */
    static final long KEY_BYTES = 512;

    private static final Comparator<Moment> ORDER = Comparator.comparingLong(Moment::timeMs)
            .thenComparingInt(Moment::replica)
            .thenComparingLong(Moment::offset);

    private final List<Moment> moments = new ArrayList<>(4);
    private final Held[] held;
    private byte[] key;

    /** @param replicas how many there are; they are numbered in order of name */
    History(int replicas) {
        held = new Held[replicas];
    }

    /**
     * A replica holds something else from here on.
     *
     * @param timeMs timestamp of the record
     * @param replica its number
     * @param offset of the record in its partition
     * @param digest digest of the entry as a live one; zero for none
     * @param expiryMs when it expires; {@link Long#MIN_VALUE} if it is dead from the start
     */
    record Moment(long timeMs, int replica, long offset, Hash128 digest, long expiryMs) {

        Hash128 digestAt(long ms) {
            return expiryMs <= ms ? Hash128.ZERO : digest;
        }
    }

    /** What a replica holds in the end, without the value. All that are of one key share it. */
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
            byte[] key) {

        static Held of(Write write, byte[] key, Hash128 value, long timeMs) {
            return new Held(
                    write.version(),
                    write.vector(),
                    write.positionMs(),
                    write.expiryMs(),
                    write.deleted(),
                    value,
                    write.value() == null ? 0 : write.value().length,
                    write.offset(),
                    timeMs,
                    key);
        }

        boolean isLiveAt(long ms) {
            return !deleted && expiryMs > ms;
        }
    }

    /**
     * The last change from agreement to difference.
     *
     * @param moment the event, or the one whose entry expired
     * @param timeMs when: its time, or that of the expiry
     * @param byExpiry whether an expiry did it
     */
    record Origin(Moment moment, long timeMs, boolean byExpiry) {}

    /** Adds what a replica did; in order of offset for each replica. */
    void add(Moment moment, Held now) {
        moments.add(moment);
        held[moment.replica()] = now;
        if (now != null && key == null) {
            key = now.key();
        }
    }

    /** What a replica holds after all that was added; null if nothing. */
    Held held(int replica) {
        return held[replica];
    }

    /** The key; null if there was no event. */
    byte[] key() {
        return key;
    }

    /** Since when the replicas differ; empty if they do not. */
    Optional<Origin> origin(long atMs) {
        moments.sort(ORDER);
        Replay replay = new Replay(held.length, atMs);
        moments.forEach(replay::apply);
        replay.expireUpTo(atMs);
        return Optional.ofNullable(replay.origin);
    }

    private static final class Replay {

        private final Moment[] current;
        private final long atMs;
        private long timeMs = Long.MIN_VALUE;
        private Origin origin;

        Replay(int replicas, long atMs) {
            this.current = new Moment[replicas];
            this.atMs = atMs;
        }

        void apply(Moment moment) {
            long ms = Math.min(moment.timeMs(), atMs);
            expireUpTo(ms);
            timeMs = Math.max(timeMs, ms);
            Moment before = current[moment.replica()];
            if (before == null || before.offset() < moment.offset()) {
                current[moment.replica()] = moment;
                look(moment, false);
            }
        }

        /** Lets entries expire one after the other. */
        void expireUpTo(long ms) {
            for (Moment next = nextToExpire(ms); next != null; next = nextToExpire(ms)) {
                timeMs = next.expiryMs();
                look(next, true);
            }
            timeMs = Math.max(timeMs, ms);
        }

        private Moment nextToExpire(long upToMs) {
            return Arrays.stream(current)
                    .filter(moment -> moment != null && moment.expiryMs() > timeMs && moment.expiryMs() <= upToMs)
                    .min(Comparator.comparingLong(Moment::expiryMs))
                    .orElse(null);
        }

        private void look(Moment cause, boolean byExpiry) {
            if (agree()) {
                origin = null;
            } else if (origin == null) {
                origin = new Origin(cause, byExpiry ? cause.expiryMs() : cause.timeMs(), byExpiry);
            }
        }

        private boolean agree() {
            Hash128 first = digest(0);
            for (int i = 1; i < current.length; i++) {
                if (!digest(i).equals(first)) {
                    return false;
                }
            }
            return true;
        }

        private Hash128 digest(int replica) {
            Moment moment = current[replica];
            return moment == null ? Hash128.ZERO : moment.digestAt(timeMs);
        }
    }
}

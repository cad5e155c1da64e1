package io.trueup.simulation;

import io.trueup.reconcile.Repair;
import io.trueup.tree.Entry;
import io.trueup.tree.VersionVector;
import java.util.Objects;

/**
 * What a datastore holds for a key, and what a write of the feed contains.
 *
 * @param version the feed's number; the sum of the vector where there is one
 * @param vector the version vector, or null
 * @param reportedVersion the version in the write event: the feed's, or where values are compared a number of the replica's own
 * @param positionMs event time of the write
 * @param value null for a delete
 * @param expiryMs time from which on it counts as deleted
 */
record HeldValue(
        long version, VersionVector vector, long reportedVersion, long positionMs, String value, long expiryMs) {

    /** Version under which a datastore answers a repair if it holds nothing and remembers no delete. */
    static final long NOTHING = Long.MIN_VALUE;

    HeldValue(long version, long positionMs, String value, long expiryMs) {
        this(version, null, version, positionMs, value, expiryMs);
    }

    /** The answer to a repair where nothing is held. Only repairs of an observed entry are declined there. */
    static HeldValue nothing(Repair repair) {
        return new HeldValue(NOTHING, repair.winner().positionMs(), null, Entry.NEVER);
    }

    /** What is known of a key whose write event could not be read; no two are the same. */
    static HeldValue unread(String replica, long offset, long appendTimeMs) {
        return new HeldValue(NOTHING, appendTimeMs, "unread at " + replica + "@" + offset, Entry.NEVER);
    }

    /** Whether this stands for what could not be read. */
    boolean isUnread() {
        return version == NOTHING && value != null;
    }

    /** The same, reported under a version of the replica's own. */
    HeldValue reportedAs(long ownVersion) {
        return new HeldValue(version, vector, ownVersion, positionMs, value, expiryMs);
    }

    /** The same under another vector. */
    HeldValue under(VersionVector other) {
        return new HeldValue(other.total(), other, other.total(), positionMs, value, expiryMs);
    }

    HeldValue withValue(String other) {
        return new HeldValue(
                version, vector, reportedVersion, positionMs, other, other == null ? Entry.NEVER : expiryMs);
    }

    boolean deadAt(long timeMs) {
        return value == null || expiryMs <= timeMs;
    }

    /** Whether this value replaces another one where the newer of two wins; null stands for nothing. */
    boolean newerThan(HeldValue other) {
        if (other == null) {
            return true;
        }
        return vector == null || other.vector == null // not read, or nothing is held
                ? version > other.version
                : vector.compare(other.vector) == VersionVector.Order.AFTER;
    }

    /** Whether two values are the same for a reader at a time; null stands for nothing. */
    static boolean same(long timeMs, boolean onlyValues, HeldValue a, HeldValue b) {
        boolean deadA = a == null || a.deadAt(timeMs);
        boolean deadB = b == null || b.deadAt(timeMs);
        if (deadA || deadB) {
            return deadA && deadB;
        }
        return Objects.equals(a.value, b.value)
                && (onlyValues
                        || a.version == b.version && a.expiryMs == b.expiryMs && Objects.equals(a.vector, b.vector));
    }

    boolean sameVersion(HeldValue other) {
        return version == other.version && Objects.equals(vector, other.vector);
    }

    boolean concurrentWith(HeldValue other) {
        return vector != null && other.vector != null && vector.compare(other.vector) == VersionVector.Order.CONCURRENT;
    }

    @Override
    public String toString() {
        return (value == null ? "deleted" : value)
                + " as of " + (vector == null ? version : "{" + vector + "}")
                + (reportedVersion == version ? "" : " reported as " + reportedVersion)
                + " at " + Trace.seconds(positionMs)
                + (expiryMs == Entry.NEVER ? "" : " until " + Trace.seconds(expiryMs));
    }
}

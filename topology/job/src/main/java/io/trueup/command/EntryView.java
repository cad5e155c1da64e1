package io.trueup.command;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.ConflictSide;
import io.trueup.tree.Entry;
import io.trueup.tree.VersionVector;

/**
 * The entry that a replica holds for a key, in a form for operators.
 *
 * @param version its version; with a vector, the sum of its counters
 * @param vector its version vector, such as {@code eu=3,us=1}, or null where versions are numbers
 * @param positionMs its position; not after the time at which its write event was appended
 * @param deleted whether it is a tombstone
 * @param digest the first digits of the digest of its value: different digits mean different values; empty for a tombstone
 */
public record EntryView(long version, String vector, long positionMs, boolean deleted, String digest) {

    private static final int DIGITS = 8;

    /** Whether the replica holds nothing: absence is a side of a conflict, too. */
    public boolean isAbsence() {
        return deleted && version == Long.MIN_VALUE;
    }

    /** Whether the write event of the replica could not be read, so that nobody knows what the replica holds. */
    public boolean isUnread() {
        return Entry.isUnread(version, deleted);
    }

    /** The view of an entry. */
    public static EntryView of(EntrySummary entry) {
        return new EntryView(
                entry.version(),
                entry.vector() == null ? null : entry.vector().toString(),
                entry.writtenMs(),
                entry.deleted(),
                entry.deleted() ? "" : entry.digest().toString().substring(0, DIGITS));
    }

    static EntryView of(ConflictSide side) {
        String digest = side.getDigest() == null ? "" : side.getDigest();
        return new EntryView(
                side.getVersion(),
                side.getVector() == null
                        ? null
                        : VersionVector.of(side.getVector()).toString(),
                side.getPosition(),
                side.getDeleted(),
                digest.substring(0, Math.min(DIGITS, digest.length())));
    }

    /** Returns the vector if there is one, and the version otherwise. */
    public String shownVersion() {
        return vector == null ? Long.toString(version) : vector;
    }
}

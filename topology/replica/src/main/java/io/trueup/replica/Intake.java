package io.trueup.replica;

import io.trueup.replica.entry.FeedRecord;

/**
 * Decides what becomes of each record of the feed, so that a demonstration or a test can make a replica lose, or garble,
 * what it was sent. Called once for each time that a record is read, on the replica's thread: a record that is read again after a failure
 * is asked about again, and should get the same answer.
 */
@FunctionalInterface
public interface Intake {

    /** A replica that works as it should. */
    Intake FAITHFUL = record -> Decision.APPLY;

    /** Decides about one record. */
    Decision onFeed(FeedRecord record);

    /** What becomes of a record. */
    sealed interface Decision permits Apply, Drop, Replace {

        /** Stored as it is. */
        Decision APPLY = new Apply();

        /** Treated as if it had never been received. */
        Decision DROP = new Drop();

        /** Another value is stored under the same version; null deletes. */
        static Decision replace(byte[] value) {
            return new Replace(value);
        }
    }

    /** Stored as it is. */
    record Apply() implements Decision {}

    /** Treated as if it had never been received. */
    record Drop() implements Decision {}

    /**
     * Another value is stored under the same version.
     *
     * @param value what to store; null deletes
     */
    record Replace(byte[] value) implements Decision {}
}

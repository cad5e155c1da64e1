package io.trueup.replica;

import io.trueup.replica.entry.FeedRecord;
import java.util.Optional;

/**
 * Decides what is done with each record of the feed. With it, a demonstration or a test makes a replica lose or corrupt records. It is
 * called on the replica's thread, once for each time that a record is read: a record that is read again after a failure is decided again,
 * and should get the same decision.
 */
@FunctionalInterface
public interface Intake {

    /** Stores every record as it is. */
    Intake FAITHFUL = record -> Decision.APPLY;

    /** Decides about one record. */
    Decision onFeed(FeedRecord record);

    /** What is done with a record. */
    sealed interface Decision permits Apply, Drop, Replace {

        /** The record is stored as it is. */
        Decision APPLY = new Apply();

        /** The record is treated as if it had never been received. */
        Decision DROP = new Drop();

        /**
         * Another value is stored with the version of the record.
         *
         * @param value the value to store; null deletes the key
         */
        static Decision replace(byte[] value) {
            return new Replace(value);
        }

        /** Returns the record to store, or nothing if the record is dropped. */
        Optional<FeedRecord> applyTo(FeedRecord record);
    }

    /** The record is stored as it is. */
    record Apply() implements Decision {
        @Override
        public Optional<FeedRecord> applyTo(FeedRecord record) {
            return Optional.of(record);
        }
    }

    /** The record is treated as if it had never been received. */
    record Drop() implements Decision {
        @Override
        public Optional<FeedRecord> applyTo(FeedRecord record) {
            return Optional.empty();
        }
    }

    /**
     * Another value is stored with the version of the record.
     *
     * @param value the value to store; null deletes the key
     */
    record Replace(byte[] value) implements Decision {
        @Override
        public Optional<FeedRecord> applyTo(FeedRecord record) {
            return Optional.of(record.withValue(value));
        }
    }
}

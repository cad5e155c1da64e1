package io.trueup.datastore;

import java.util.function.BiConsumer;

/**
 * What the library needs of a datastore. Three methods to implement, called by the thread of {@link RepairConsumer#run} and, for {@link #scan}, by
 * the thread that calls {@link WriteEventProducer#scan}; the datastore's own writers may run at the same time.
 *
 * <p>Tombstones are entries: keep the version of each delete for at least {@code repair.validity} of the job.
 *
 * <p>Any exception of {@link #read}, {@link #replace} and {@link #reported} is logged, and the repair is tried again after a pause, for as
 * long as it takes: later repairs of the partition wait meanwhile. An exception of {@link #scan} ends the scan.
 */
public interface Datastore {

    /**
     * Reads what is stored now.
     *
     * @return the entry, tombstones included; null if nothing is held
     */
    Entry read(Key key) throws Exception;

    /**
     * Stores an entry if the key still holds what was read: a compare-and-set, in one transaction, durable when the method returns. It
     * suffices to compare version (or vector) and {@link Entry#deleted}.
     *
     * @param held what {@link #read} returned; null: nothing
     * @param winner the entry to store; a tombstone deletes the key
     * @return false if the key holds something else by now; it is then read and decided again
     */
    boolean replace(Key key, Entry held, Entry winner) throws Exception;

    /**
     * What {@link #read} returns once an entry is stored. A repair is applied only if its answer, an event of this entry, is not too large.
     * Override it where digests are sent in place of values: with the digest, by {@link Entry#withDigestOnly}.
     *
     * @param winner the entry of a repair; may be a tombstone
     */
    default Entry reported(Entry winner) {
        return winner;
    }

    /**
     * Passes every row of a partition to {@code row}, each key once, tombstones included, and ends after the last one. Called after the
     * start of the scan is recorded: rows must be read during the call. Values, and digests of values, are those that are read now.
     *
     * @param row takes a row; may throw an {@link IllegalArgumentException} for a row that cannot be sent. A row that is left out counts as
     *     missing, and is repaired
     */
    void scan(int partition, BiConsumer<Key, Entry> row) throws Exception;
}

package io.trueup.source;

import io.trueup.tree.Write;

/** What a record of a writes topic says about the replica. */
public sealed interface Observation {

    /** Calls the method of a visitor that is for this kind of observation. */
    <T> T accept(Visitor<T> visitor);

    /**
     * Something done for each kind of observation. A new kind does not compile until every visitor handles it.
     *
     * @param <T> the result; {@link Void} for none
     */
    interface Visitor<T> {

        T observed(Observed observed);

        T progress(Progress progress);

        T scanStarted(ScanStarted started);

        T scanned(Scanned scanned);

        T scanEnded(ScanEnded ended);

        T unrelated(Unrelated unrelated);
    }

    /**
     * The replica stores a key as an entry.
     *
     * @param write the entry
     */
    record Observed(Write write) implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.observed(this);
        }
    }

    /**
     * The replica has applied every write of the partition up to a position.
     *
     * @param positionMs milliseconds since the epoch
     */
    record Progress(long positionMs) implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.progress(this);
        }
    }

    /**
     * A scan of the rows that the replica stores for the partition begins: its rows are read from now on.
     *
     * @param scan id of the scan
     */
    record ScanStarted(String scan) implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.scanStarted(this);
        }
    }

    /**
     * A scan has found a row.
     *
     * @param write the row, in the form of the write event that would state it
     * @param scan id of the scan
     * @param since offset of the scan's start marker in this partition; a write event behind it wins over the row
     */
    record Scanned(Write write, String scan, long since) implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.scanned(this);
        }
    }

    /**
     * A scan has sent every row that it found in the partition.
     *
     * @param scan id of the scan
     * @param since offset of its start marker in this partition
     * @param rows number of distinct rows it has sent
     */
    record ScanEnded(String scan, long since, long rows) implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.scanEnded(this);
        }
    }

    /** The record is about no key: a message in the log of a database, a heartbeat, or where a transaction begins or ends. */
    record Unrelated() implements Observation {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.unrelated(this);
        }
    }
}

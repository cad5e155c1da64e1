package io.trueup.source;

import io.trueup.tree.Write;

/** What a record of a writes topic tells about the replica. */
public sealed interface Observation {

    /**
     * The replica stores a key as an entry.
     *
     * @param write the entry
     */
    record Observed(Write write) implements Observation {}

    /**
     * The replica has applied every write of the partition up to a position.
     *
     * @param positionMs milliseconds since the epoch
     */
    record Progress(long positionMs) implements Observation {}

    /**
     * A scan of the rows that the replica stores for the partition begins: its rows are read from now on.
     *
     * @param scan id of the scan
     */
    record ScanStarted(String scan) implements Observation {}

    /**
     * A scan has found a row.
     *
     * @param write the row, in the form of the write event that would tell it
     * @param scan id of the scan
     * @param since offset of the scan's start marker in this partition; a write event behind it wins over the row
     */
    record Scanned(Write write, String scan, long since) implements Observation {}

    /**
     * A scan has sent every row that it found in the partition.
     *
     * @param scan id of the scan
     * @param since offset of its start marker in this partition
     * @param rows how many distinct rows it has sent
     */
    record ScanEnded(String scan, long since, long rows) implements Observation {}
}

package io.trueup.bench.ingest;

/**
 * One peer has read everything once. Both times begin with its first record, or a few milliseconds before it.
 *
 * @param records records that it has processed, of all its topics, by its own count
 * @param processedNanos until the last record was processed, or taken out of its queue to be processed next
 * @param committedNanos until the committed offsets of its group had reached the ends of all partitions
 */
public record IngestRun(long records, long processedNanos, long committedNanos) {

    private static final double NANOS_PER_SECOND = 1e9;

    /** Records per second until the last one was committed. */
    public double rate() {
        return records * NANOS_PER_SECOND / committedNanos;
    }

    /** Records per second until the last one was processed, without waiting for its commit. */
    public double processedRate() {
        return records * NANOS_PER_SECOND / processedNanos;
    }
}

package io.trueup.status;

import java.util.OptionalLong;

/**
 * What one replica has reported.
 *
 * @param name its name
 * @param partitions how many partitions it owns
 * @param keys live entries, as it has last reported them
 * @param reportedMs the cut of its latest report, of the partition for which that is oldest, in milliseconds since the epoch;
 *     empty if it has not reported all partitions
 * @param malformed records that could not be read, in the reports that were read
 */
public record ReplicaStatus(String name, int partitions, long keys, OptionalLong reportedMs, long malformed) {

    /** The same of further partitions. */
    ReplicaStatus and(ReplicaStatus more) {
        boolean bothReported = reportedMs.isPresent() && more.reportedMs.isPresent();
        return new ReplicaStatus(
                name,
                partitions + more.partitions,
                keys + more.keys,
                bothReported
                        ? OptionalLong.of(Math.min(reportedMs.getAsLong(), more.reportedMs.getAsLong()))
                        : OptionalLong.empty(),
                malformed + more.malformed);
    }
}

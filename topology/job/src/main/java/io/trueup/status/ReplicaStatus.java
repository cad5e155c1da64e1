package io.trueup.status;

import java.util.OptionalLong;
import java.util.function.LongBinaryOperator;

/**
 * What one replica has reported.
 *
 * @param name its name
 * @param partitions how many partitions it owns
 * @param keys live entries, as it has last reported them; empty if it has not reported all partitions: a sum of some would
 *     look like a loss
 * @param reportedMs the cut of its latest report, of the partition for which that is oldest, in milliseconds since the epoch;
 *     empty if it has not reported all partitions
 * @param malformed records that could not be read, in the reports that were read
 */
public record ReplicaStatus(String name, int partitions, OptionalLong keys, OptionalLong reportedMs, long malformed) {

    /** The same of further partitions. */
    ReplicaStatus and(ReplicaStatus more) {
        return new ReplicaStatus(
                name,
                partitions + more.partitions,
                ofBoth(keys, more.keys, Long::sum),
                ofBoth(reportedMs, more.reportedMs, Math::min),
                malformed + more.malformed);
    }

    private static OptionalLong ofBoth(OptionalLong one, OptionalLong other, LongBinaryOperator merge) {
        return one.isPresent() && other.isPresent()
                ? OptionalLong.of(merge.applyAsLong(one.getAsLong(), other.getAsLong()))
                : OptionalLong.empty();
    }
}

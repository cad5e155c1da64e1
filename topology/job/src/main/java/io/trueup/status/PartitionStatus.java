package io.trueup.status;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The status of one partition.
 *
 * @param partition the partition
 * @param state the state that counts
 * @param cuts what is known of which time
 * @param entries live entries of the owner that holds most of them
 * @param different how many keys differ at the latest cut, by kind
 * @param repairs what is done about them
 * @param needsPerson keys that only a person can decide, by reason
 * @param waits keys that wait for a proof, by target and reason
 * @param owners which owners take part
 * @param notes why something was not compared, as the reports say
 */
public record PartitionStatus(
        int partition,
        State state,
        Cuts cuts,
        long entries,
        Map<String, Long> different,
        Repairs repairs,
        Map<String, Long> needsPerson,
        List<Wait> waits,
        Owners owners,
        Set<String> notes) {

    /**
     * Cuts, in milliseconds since the epoch, as far as the reports that were read go back.
     *
     * @param equalMs the latest at which all owners held the same
     * @param differentSinceMs the first since then at which some differed
     * @param reportedMs the latest of which an owner has reported
     */
    public record Cuts(OptionalLong equalMs, OptionalLong differentSinceMs, OptionalLong reportedMs) {}

    /**
     * Repairs since the owners differ.
     *
     * @param sent how many were sent, by target
     * @param verified how many were answered with the winning entry or a newer one
     * @param failed keys that still differ after all attempts
     * @param heldBack how many the flood guard holds back, estimated, by target
     */
    public record Repairs(Map<String, Long> sent, long verified, long failed, Map<String, Long> heldBack) {}

    /**
     * Keys of one target that wait for one proof.
     *
     * @param sinceMs time of the earliest write concerned
     */
    public record Wait(String target, String reason, long keys, long sinceMs) {}

    /**
     * The replicas that own the partition, by name.
     *
     * @param all all of them
     * @param silent those of which nothing is heard at the latest cuts
     * @param lagging those that lag behind as a whole
     * @param rebuilding those that build their state again
     * @param disagreeing those with other settings
     */
    public record Owners(
            List<String> all,
            Set<String> silent,
            Set<String> lagging,
            Set<String> rebuilding,
            Set<String> disagreeing) {}
}

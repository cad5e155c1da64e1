package io.trueup.status;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;

/**
 * The status of one partition.
 *
 * @param partition the partition
 * @param states the states that apply, at least one, the worst first
 * @param cuts what is known of which time
 * @param entries live entries of the owner that holds most of them; where the owners are equal, of each at that cut
 * @param differences what differs at the latest cuts at which a difference was reported
 * @param repairs what is done about them
 * @param needsPerson keys that only a person can decide, by reason
 * @param waits differences that wait for a proof, by target and reason
 * @param owners which owners take part
 * @param notes why something was not compared, as the reports say
 */
public record PartitionStatus(
        int partition,
        SortedSet<State> states,
        Cuts cuts,
        long entries,
        Differences differences,
        Repairs repairs,
        Map<String, Long> needsPerson,
        List<Wait> waits,
        Owners owners,
        Set<String> notes) {

    /** The state that counts. */
    public State state() {
        return states.first();
    }

    /**
     * Cuts, in milliseconds since the epoch, as far as the reports that were read go back.
     *
     * @param equalMs the latest at which all owners held the same
     * @param differentSinceMs the first at or after it at which some differed
     * @param differentMs the latest at or after it at which some differed
     * @param reportedMs the latest of which an owner has reported
     * @param withoutComparison how many rounds in a row, up to now, no reconciler has compared its replica with another one
     * @param isReported whether an owner has reported of late: otherwise nothing is known of the present
     */
    public record Cuts(
            OptionalLong equalMs,
            OptionalLong differentSinceMs,
            OptionalLong differentMs,
            OptionalLong reportedMs,
            long withoutComparison,
            boolean isReported) {}

    /**
     * What differs. A difference is a key at one replica: a key that is wrong at two replicas is two differences, a conflict is one.
     *
     * @param byKind how many differences there are, by kind
     * @param keys how many keys they concern; empty if the reports do not show it
     * @param targets the replicas that differ; empty if the reports do not name all of them
     */
    public record Differences(Map<String, Long> byKind, OptionalLong keys, Set<String> targets) {}

    /**
     * Repairs since the owners differ.
     *
     * @param sent how many were sent, by target
     * @param verified how many were answered with the winning entry or a newer one
     * @param declined how many were answered with another entry
     * @param failed differences that remain after all attempts
     * @param heldBack how many the flood guard holds back, estimated, by target
     * @param pausedSinceMs the owners whose repairs a person has paused, with the time of the command, in milliseconds since the epoch
     * @param windows the owners for which a maintenance window is open
     */
    public record Repairs(
            Map<String, Long> sent,
            long verified,
            long declined,
            long failed,
            Map<String, Long> heldBack,
            Map<String, Long> pausedSinceMs,
            Map<String, Window> windows) {}

    /**
     * A maintenance window that is open.
     *
     * @param untilMs its end, in milliseconds since the epoch
     * @param perSecond so many repairs per second are sent by each reconciler; 0: none
     */
    public record Window(long untilMs, int perSecond) {

        /** The one that slows down more; of equal ones, that which ends later. */
        Window or(Window other) {
            boolean own = perSecond == other.perSecond ? untilMs >= other.untilMs : perSecond < other.perSecond;
            return own ? this : other;
        }
    }

    /**
     * Keys of one target that wait for one proof.
     *
     * @param sinceMs time of the earliest write concerned
     * @param untilMs from then on the first of them need a person; empty if they wait until the proof comes
     */
    public record Wait(String target, String reason, long keys, long sinceMs, OptionalLong untilMs) {}

    /**
     * The replicas that own the partition, by name.
     *
     * @param all all of them
     * @param lastHeardMs the latest cut at which each of them was heard, by its own report or by that of another one
     * @param silent those of which nothing is heard at the latest cuts
     * @param lags those that lag behind as a whole
     * @param apart those that were not compared because one of them lags behind; the reports do not show which
     * @param rebuilding those that build their state again
     * @param disagreeing those with other settings
     */
    public record Owners(
            List<String> all,
            Map<String, Long> lastHeardMs,
            Set<String> silent,
            List<Lag> lags,
            Set<String> apart,
            Set<String> rebuilding,
            Set<String> disagreeing) {}

    /**
     * A replica that lags behind as a whole.
     *
     * @param behindMs how far its watermark is behind the one of the replica that is ahead, up to the cut
     * @param comparedFromMs from this cut on it is compared and repaired all the same; empty if the reports do not show since when
     *     it lags
     * @param malformed records that its reconciler could not read since all owners were equal
     * @param stands whether its watermark has not moved while records could not be read
     */
    public record Lag(String replica, long behindMs, OptionalLong comparedFromMs, long malformed, boolean stands) {}
}

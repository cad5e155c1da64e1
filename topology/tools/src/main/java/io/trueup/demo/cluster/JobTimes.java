package io.trueup.demo.cluster;

/**
 * The times of the job, in milliseconds.
 *
 * @param intervalMs from one round to the next
 * @param graceMs how far the cut of a round lies in the past when the round starts
 * @param patienceMs how long a lagging replica may catch up by itself
 * @param repairValidityMs how long a repair may be applied
 * @param retentionMs minimum time for which the job remembers deletes
 */
public record JobTimes(long intervalMs, long graceMs, long patienceMs, long repairValidityMs, long retentionMs) {

    /** Whether a cut belongs to a round; probes have cuts of their own. */
    public boolean isCutOfARound(long cutMs) {
        return (cutMs + graceMs) % intervalMs == 0;
    }
}

package io.trueup.ops.rounds;

import java.util.Map;

/**
 * What the reports of one cut add up to, over all partitions.
 *
 * @param cutMs the cut, in milliseconds since the epoch
 * @param reports reports of this cut
 * @param expected reports that there will be if all reconcilers run: one for each owner of each partition
 * @param outcomes reports by outcome
 * @param different divergences by kind; those of a partition as the report has them that counts most
 * @param sent repairs sent, by target
 * @param verified repairs that were answered with the winning entry or a newer one
 * @param declined repairs that were answered with another entry
 * @param controlBytes encoded size of the control messages
 */
public record CutTotals(
        long cutMs,
        int reports,
        int expected,
        Map<String, Long> outcomes,
        Map<String, Long> different,
        Map<String, Long> sent,
        long verified,
        long declined,
        long controlBytes) {}

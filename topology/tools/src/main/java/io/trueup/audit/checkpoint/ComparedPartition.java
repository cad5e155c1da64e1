package io.trueup.audit.checkpoint;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import java.util.List;

/**
 * What an audit has found in a partition that it has compared to its end, without a doubt.
 *
 * @param partition its number
 * @param atMs the moment at which its replicas were compared
 * @param summaries what each replica holds
 * @param allLater replicas all of whose records are later than that moment
 * @param differing how many keys differ, those in flight included
 * @param lasting how many of them were examined and differ for good
 * @param inFlight how many of them were examined and differ by writes in flight
 * @param listed those that are listed, without repair events
 * @param notes what a person should know besides
 */
public record ComparedPartition(
        int partition,
        long atMs,
        List<PartitionSummary> summaries,
        List<String> allLater,
        long differing,
        long lasting,
        long inFlight,
        List<DivergentKey> listed,
        List<String> notes) {}

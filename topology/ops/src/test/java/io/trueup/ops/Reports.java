package io.trueup.ops;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.List;
import java.util.Map;

/** Reports of rounds in which nothing happened, for tests to change. */
public final class Reports {

    private Reports() {}

    /** A report that has heard all other replicas. */
    public static RoundReport.Builder report(
            String dataset, List<String> replicas, String replica, int partition, long cutMs, Outcome outcome) {
        return RoundReport.newBuilder()
                .setDataset(dataset)
                .setReplica(replica)
                .setPartition(partition)
                .setRound(cutMs)
                .setCut(cutMs)
                .setOutcome(outcome)
                .setNote(null)
                .setHeard(replicas.stream()
                        .filter(other -> !other.equals(replica))
                        .toList())
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("")
                .setEntries(1_000)
                .setWatermark(cutMs)
                .setSegments(0)
                .setKeys(0)
                .setDivergences(Map.of())
                .setRepairs(Map.of())
                .setWaits(List.of())
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(1)
                .setControlBytes(80)
                .setSealedAfterMs(1)
                .setDurationMs(1)
                .setSample(List.of());
    }
}

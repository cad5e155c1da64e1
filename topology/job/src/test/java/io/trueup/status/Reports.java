package io.trueup.status;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.List;
import java.util.Map;

/** Reports of a dataset with an interval of ten seconds. */
final class Reports {

    static final long INTERVAL_MS = 10_000;
    static final long GRACE_MS = 5_000;
    static final long PATIENCE_MS = 300_000;
    static final RoundTimes TIMES = new RoundTimes(INTERVAL_MS, GRACE_MS, PATIENCE_MS);
    /** 2026-09-21T14:13:20Z. */
    static final long START_MS = 1_790_000_000_000L;

    private Reports() {}

    static long cut(int round) {
        return START_MS + round * INTERVAL_MS;
    }

    /** When all owners have reported a round. */
    static long soonAfter(int round) {
        return cut(round) + GRACE_MS + INTERVAL_MS;
    }

    static RoundReport.Builder report(String replica, int round, Outcome outcome, String... heard) {
        return RoundReport.newBuilder()
                .setDataset("shop")
                .setReplica(replica)
                .setPartition(0)
                .setRound(round)
                .setCut(cut(round))
                .setOutcome(outcome)
                .setNote(null)
                .setHeard(List.of(heard))
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("")
                .setEntries(100)
                .setWatermark(0)
                .setSegments(0)
                .setKeys(0)
                .setDivergences(Map.of())
                .setRepairs(Map.of())
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setGuarded(Map.of())
                .setConflicts(0)
                .setProbes(0)
                .setForgotten(0)
                .setDropped(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(0)
                .setControlBytes(0)
                .setSealedAfterMs(0)
                .setDurationMs(0)
                .setSample(List.of())
                .setWaits(List.of());
    }
}

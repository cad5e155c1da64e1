package io.trueup.status;

import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is kept of one replica's report of one cut, after its latest one has come.
 *
 * @param different whether it says that replicas differ
 * @param sent repairs sent, by target
 * @param verified repairs answered with the winning entry or a newer one
 * @param declined repairs answered with another entry
 * @param failed differences that remain after all attempts, of which this replica supplies the repair
 * @param malformed records that could not be read
 * @param watermarkMs highest position seen
 * @param heard other replicas whose root was received
 * @param lagging those of them that were not compared, because one of the two lags behind
 */
record Counts(
        boolean different,
        Map<String, Long> sent,
        long verified,
        long declined,
        long failed,
        long malformed,
        long watermarkMs,
        List<String> heard,
        List<String> lagging) {

    static Counts of(RoundReport report) {
        return new Counts(
                report.getOutcome() == Outcome.DIVERGENT,
                Map.copyOf(report.getRepairs()),
                report.getVerified(),
                report.getDeclined(),
                report.getFailed(),
                report.getMalformed(),
                report.getWatermark(),
                List.copyOf(report.getHeard()),
                List.copyOf(report.getLagging()));
    }

    /** The same report once more, or another one of the same cut after a restart: nothing counts twice. */
    Counts and(Counts again) {
        Map<String, Long> most = new HashMap<>(sent);
        again.sent.forEach((target, count) -> most.merge(target, count, Math::max));
        return new Counts(
                different || again.different,
                Map.copyOf(most),
                Math.max(verified, again.verified),
                Math.max(declined, again.declined),
                Math.max(failed, again.failed),
                Math.max(malformed, again.malformed),
                Math.max(watermarkMs, again.watermarkMs),
                again.heard,
                again.lagging);
    }

    /** Whether this replica was compared with another one. */
    boolean compared(String other) {
        return heard.contains(other) && !lagging.contains(other);
    }
}

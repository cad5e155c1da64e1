package io.trueup.bench.latency;

import io.trueup.bench.Distribution;
import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import java.util.List;

/**
 * What was measured.
 *
 * @param tables one for each guarantee
 */
public record LatencyResult(Machine machine, LatencyLoad load, List<Table> tables) {

    public LatencyResult {
        tables = List.copyOf(tables);
    }

    /** From where to where a time is measured. All ends are append times of the broker, unless they say otherwise. */
    public enum Span {
        CUT_TO_REPAIR("cut to repair"),
        DUE_TO_REPAIR("due to repair"),
        /** The replica reads committed records only, so under exactly-once this contains the commit. */
        REPAIR_TO_READ("repair to read by the replica"),
        REPAIR_TO_ANSWER("repair to answering write event"),
        REPAIR_TO_REPORT("repair to round report that verifies it");

        private final String label;

        Span(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /**
     * The figures under one guarantee.
     *
     * @param counts what was lost and repaired
     * @param losses every counted loss that was repaired
     */
    public record Table(Guarantee guarantee, Counts counts, List<RepairedLoss> losses) {

        public Table {
            losses = List.copyOf(losses);
        }

        /** Times in milliseconds, of the losses that have got to the end of the span. */
        public Distribution milliseconds(Span span) {
            return Distribution.of(losses.stream()
                    .map(loss -> loss.milliseconds(span))
                    .filter(ms -> ms != RepairedLoss.MISSING)
                    .toList());
        }
    }

    /**
     * Numbers of losses and repairs.
     *
     * @param planted writes lost in the rounds that count
     * @param repaired those of them for which a repair was sent
     * @param inFirstRound those repaired by the first round whose cut is not before the write
     * @param answered those whose repair was answered
     * @param verified those whose answer a round report has counted as verified
     * @param repeated further repair events for keys that had one already
     * @param needless repair events for keys of which nothing was lost
     */
    public record Counts(
            int planted, int repaired, int inFirstRound, int answered, int verified, int repeated, int needless) {}

    /**
     * Times of one loss in milliseconds since the epoch, {@link #MISSING} for what has not happened.
     *
     * @param cutMs cut of the round that found it
     * @param dueMs when that round was due: the cut and grace
     * @param repairMs append time of the repair event
     * @param readMs when the replica had it
     * @param answerMs append time of the write event that answers it
     * @param reportMs append time of the round report that counts it as verified
     */
    public record RepairedLoss(long cutMs, long dueMs, long repairMs, long readMs, long answerMs, long reportMs) {

        static final long MISSING = Long.MIN_VALUE;

        long milliseconds(Span span) {
            return switch (span) {
                case CUT_TO_REPAIR -> since(cutMs, repairMs);
                case DUE_TO_REPAIR -> since(dueMs, repairMs);
                case REPAIR_TO_READ -> since(repairMs, readMs);
                case REPAIR_TO_ANSWER -> since(repairMs, answerMs);
                case REPAIR_TO_REPORT -> since(repairMs, reportMs);
            };
        }

        private static long since(long fromMs, long toMs) {
            return toMs == MISSING ? MISSING : toMs - fromMs;
        }
    }
}

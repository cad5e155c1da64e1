package io.trueup.bench.exchange;

import io.trueup.bench.Distribution;
import io.trueup.bench.Machine;
import java.util.List;

/**
 * What was measured.
 *
 * @param tree where replicas descend their trees alone
 * @param sketch where they exchange sketches first
 */
public record ExchangeResult(Machine machine, ExchangeLoad load, Table tree, Table sketch) {

    /**
     * The figures of one exchange.
     *
     * @param name value of the configuration key {@code exchange}
     * @param rounds one for each number of differences
     * @param writeNs nanoseconds of processor time that a reconciler takes for a write event, one for each run
     */
    public record Table(String name, List<Round> rounds, Distribution writeNs) {

        public Table {
            rounds = List.copyOf(rounds);
        }
    }

    /**
     * What one round took, in all partitions and both replicas together.
     *
     * @param differences keys that differed
     * @param repairs repairs that it emitted
     * @param rootBytes bytes of the roots, which are sent without a difference as well
     * @param bytes all others: keys, values and headers of control records
     * @param messages control records, roots not counted
     * @param hops control messages, one after the other, before the last repair; the root is the first
     * @param entries entries of keys in these messages
     */
    public record Round(
            int differences, int repairs, long rootBytes, long bytes, long messages, int hops, long entries) {}

    /** The time of a write with sketches, for that with trees alone: medians. */
    public double writeRatio() {
        return sketch.writeNs().median() / tree.writeNs().median();
    }
}

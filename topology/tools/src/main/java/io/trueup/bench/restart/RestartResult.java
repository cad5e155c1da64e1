package io.trueup.bench.restart;

import io.trueup.bench.Distribution;
import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import io.trueup.bench.process.Milestone;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What was measured.
 *
 * @param tables one for each guarantee
 */
public record RestartResult(Machine machine, RestartLoad load, List<Table> tables) {

    private static final double KEYS_PER_MILLION = 1e6;

    public RestartResult {
        tables = List.copyOf(tables);
    }

    /**
     * One restart. All times begin with the start of the JVM.
     *
     * @param running when Kafka Streams has restored the state
     * @param trees when all trees are built from it
     * @param compared when each partition has been compared with the peer, with all keys
     */
    public record Run(Milestone running, Milestone trees, Milestone compared) {}

    /**
     * The restarts under one guarantee.
     *
     * @param runs those of each kind in order
     */
    public record Table(Guarantee guarantee, Map<Restart, List<Run>> runs) {

        public Table {
            Map<Restart, List<Run>> copy = new EnumMap<>(Restart.class);
            runs.forEach((restart, of) -> copy.put(restart, List.copyOf(of)));
            runs = copy;
        }

        /** A figure of each run. */
        public Distribution of(Restart restart, ToDoubleFunction<Run> figure) {
            return Distribution.of(
                    runs.get(restart).stream().map(figure::applyAsDouble).toList());
        }
    }

    /**
     * Milliseconds until the first comparison for each million keys, without what a restart takes that has no keys: from the medians.
     * Negative where the keys make no difference that is larger than the wait for a round.
     */
    public double msPerMillionKeys(Table table, Restart restart) {
        double keys = table.of(restart, run -> run.compared().ms()).median();
        double without = table.of(Restart.EMPTY, run -> run.compared().ms()).median();
        return (keys - without) * KEYS_PER_MILLION / load.filling().keys();
    }
}

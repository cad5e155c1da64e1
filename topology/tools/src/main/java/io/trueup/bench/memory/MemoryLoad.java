package io.trueup.bench.memory;

import io.trueup.bench.process.Filling;
import java.time.Duration;
import java.util.Map;

/**
 * What a job holds.
 *
 * @param filling the write events
 * @param partitions partitions of the dataset
 * @param interval {@code round.interval}
 * @param grace {@code grace}
 * @param heap {@code -Xmx} of the measured process
 * @param runs how often everything is measured
 * @param settings further settings of the job
 */
public record MemoryLoad(
        Filling filling,
        int partitions,
        Duration interval,
        Duration grace,
        String heap,
        int runs,
        Map<String, String> settings) {

    public MemoryLoad {
        settings = Map.copyOf(settings);
    }
}

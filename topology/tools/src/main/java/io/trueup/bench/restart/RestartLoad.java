package io.trueup.bench.restart;

import io.trueup.bench.Guarantee;
import io.trueup.bench.process.Filling;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a job holds, and how often it is restarted.
 *
 * @param filling the write events
 * @param partitions partitions of the dataset
 * @param interval {@code round.interval}
 * @param grace {@code grace}
 * @param heap {@code -Xmx} of each process
 * @param runs how often each restart is measured, under each guarantee
 * @param settings further settings of the jobs
 * @param guarantees the guarantees, each measured by itself
 */
public record RestartLoad(
        Filling filling,
        int partitions,
        Duration interval,
        Duration grace,
        String heap,
        int runs,
        Map<String, String> settings,
        List<Guarantee> guarantees) {

    public RestartLoad {
        settings = Map.copyOf(settings);
        guarantees = List.copyOf(guarantees);
    }
}

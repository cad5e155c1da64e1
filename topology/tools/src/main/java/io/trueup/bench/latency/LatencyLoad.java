package io.trueup.bench.latency;

import io.trueup.bench.Guarantee;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What is written, lost and compared.
 *
 * @param rounds rounds in which writes are lost, and counted
 * @param losses writes lost in each round
 * @param keys keys that both replicas hold from the beginning
 * @param partitions partitions of the dataset
 * @param interval {@code round.interval}
 * @param grace {@code grace}
 * @param format format of write events and repairs
 * @param settings further settings of the job; they replace those of the benchmark
 * @param guarantees the guarantees, each measured by itself
 */
public record LatencyLoad(
        int rounds,
        int losses,
        int keys,
        int partitions,
        Duration interval,
        Duration grace,
        String format,
        Map<String, String> settings,
        List<Guarantee> guarantees) {

    public LatencyLoad {
        settings = Map.copyOf(settings);
        guarantees = List.copyOf(guarantees);
    }

    /** The first cut at or after a time, in milliseconds since the epoch. */
    long cutAtOrAfter(long timeMs) {
        return -Math.floorDiv(-(timeMs + grace.toMillis()), interval.toMillis()) * interval.toMillis()
                - grace.toMillis();
    }
}

package io.trueup.bench.ingest;

import io.trueup.bench.Guarantee;
import java.util.List;
import java.util.Map;

/**
 * The data, and how often it is read.
 *
 * @param records records in each of the two topics
 * @param keys number of keys, of which each record has one at random
 * @param partitions partitions of each topic
 * @param valueBytes length of a value
 * @param runs how often each peer reads everything, under each guarantee
 * @param settings further settings of the job; they replace those of the benchmark
 * @param guarantees the guarantees, each measured by itself
 */
public record IngestLoad(
        int records,
        int keys,
        int partitions,
        int valueBytes,
        int runs,
        Map<String, String> settings,
        List<Guarantee> guarantees) {

    public IngestLoad {
        settings = Map.copyOf(settings);
        guarantees = List.copyOf(guarantees);
    }
}

package io.trueup.bench.ingest;

import io.trueup.bench.Guarantee;
import java.util.List;

/**
 * The data, and how often it is read.
 *
 * @param records records in each of the two topics
 * @param keys number of keys, of which each record has one at random
 * @param partitions partitions of each topic
 * @param valueBytes length of a value
 * @param runs how often each peer reads everything, under each guarantee
 * @param guarantees the guarantees, each measured by itself
 */
public record IngestLoad(int records, int keys, int partitions, int valueBytes, int runs, List<Guarantee> guarantees) {

    public IngestLoad {
        guarantees = List.copyOf(guarantees);
    }
}

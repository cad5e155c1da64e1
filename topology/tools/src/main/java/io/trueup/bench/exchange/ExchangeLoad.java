package io.trueup.bench.exchange;

import java.util.List;

/**
 * What the replicas hold, and how much of it differs.
 *
 * @param keys keys that both replicas hold
 * @param partitions partitions of the dataset
 * @param segments segments of the tree of a partition: a power of two
 * @param differences numbers of keys that differ, one after the other: half of them missing on one replica, half changed
 * @param entriesPerRound how many entries a replica compares in one round with its peer
 * @param writes write events of which the time is measured, in each of the {@link ExchangeBench#RUNS} runs
 */
public record ExchangeLoad(
        int keys, int partitions, int segments, List<Integer> differences, int entriesPerRound, int writes) {

    public ExchangeLoad {
        differences = List.copyOf(differences);
    }
}

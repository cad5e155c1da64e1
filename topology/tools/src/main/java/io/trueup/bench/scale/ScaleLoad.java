package io.trueup.bench.scale;

import io.trueup.bench.process.Filling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The sizes of a dataset that are measured one after the other. One process hosts all replicas.
 *
 * @param keys numbers of keys of each replica, in ascending order; the first one with each number of partitions
 * @param partitions numbers of partitions, in ascending order; the first one with each number of keys
 * @param replicas number of replicas
 * @param valueBytes length of a value
 * @param interval {@code round.interval}
 * @param grace {@code grace}
 * @param idleRounds how many rounds the idle process is watched
 * @param heap {@code -Xmx} of the process
 * @param settings further settings of the job
 */
public record ScaleLoad(
        List<Integer> keys,
        List<Integer> partitions,
        int replicas,
        int valueBytes,
        Duration interval,
        Duration grace,
        int idleRounds,
        String heap,
        Map<String, String> settings) {

    public ScaleLoad {
        keys = List.copyOf(keys);
        partitions = List.copyOf(partitions);
        settings = Map.copyOf(settings);
    }

    /**
     * A size.
     *
     * @param keys keys of each replica
     */
    public record Size(int keys, int partitions) {}

    /** Each number of partitions with the first number of keys, then the further numbers of keys with the first number of partitions. */
    List<Size> sizes() {
        List<Size> sizes = new ArrayList<>();
        partitions.forEach(number -> sizes.add(new Size(keys.get(0), number)));
        keys.stream().skip(1).forEach(number -> sizes.add(new Size(number, partitions.get(0))));
        return sizes;
    }

    Filling filling(Size size) {
        return new Filling(size.keys(), 1, valueBytes);
    }

    List<String> names() {
        return IntStream.rangeClosed(1, replicas)
                .mapToObj(number -> "r" + number)
                .toList();
    }
}

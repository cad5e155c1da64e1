package io.trueup.bench.memory;

import io.trueup.bench.Distribution;
import io.trueup.bench.Machine;
import io.trueup.bench.process.MemoryFigures;
import io.trueup.bench.process.MemoryFigures.Part;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * What was measured.
 *
 * @param runs each run in order
 */
public record MemoryResult(Machine machine, MemoryLoad load, List<Run> runs) {

    public MemoryResult {
        runs = List.copyOf(runs);
    }

    /** When the memory of a job that holds the keys is measured. */
    public enum Moment {
        AFTER_WRITES("after writes"),
        AFTER_RESTART("after restart");

        private final String label;

        Moment(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /**
     * A job with a state of its own.
     *
     * @param without of the process without keys
     * @param afterWrites of the same process when it has consumed and committed all write events
     * @param afterRestart of the next process on the same state
     */
    public record Run(MemoryFigures without, MemoryFigures afterWrites, MemoryFigures afterRestart) {

        MemoryFigures at(Moment moment) {
            return switch (moment) {
                case AFTER_WRITES -> afterWrites;
                case AFTER_RESTART -> afterRestart;
            };
        }
    }

    /** The parts that are known of every run. */
    public Set<Part> parts() {
        Set<Part> parts = new TreeSet<>(List.of(Part.values()));
        for (Run run : runs) {
            for (Moment moment : Moment.values()) {
                parts.retainAll(run.at(moment).bytes().keySet());
            }
        }
        return parts;
    }

    /** Bytes of the process without keys. */
    public Distribution bytesWithout(Part part) {
        return distribution(run -> run.without().bytes().getOrDefault(part, 0L));
    }

    /** Bytes of the process with all keys. */
    public Distribution bytes(Part part, Moment moment) {
        return distribution(run -> run.at(moment).bytes().get(part));
    }

    /** Bytes that it has more with the keys than without them, for each key. */
    public Distribution bytesPerKey(Part part, Moment moment) {
        return distribution(run ->
                perKey(run.at(moment).bytes().get(part) - run.without().bytes().getOrDefault(part, 0L)));
    }

    /** The same of the live objects of the classes that take most of it; the largest first. */
    public Map<String, Distribution> heapBytesPerKey(Moment moment, int limit) {
        Map<String, Double> medians = new LinkedHashMap<>();
        Map<String, Distribution> all = new LinkedHashMap<>();
        runs.get(0).at(moment).heapByClass().keySet().forEach(type -> {
            Distribution perKey =
                    distribution(run -> perKey(run.at(moment).heapByClass().getOrDefault(type, 0L)
                            - run.without().heapByClass().getOrDefault(type, 0L)));
            all.put(type, perKey);
            medians.put(type, perKey.median());
        });
        Map<String, Distribution> largest = new LinkedHashMap<>();
        medians.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(limit)
                .forEach(type -> largest.put(type.getKey(), all.get(type.getKey())));
        return largest;
    }

    private double perKey(long bytes) {
        return (double) bytes / load.filling().keys();
    }

    private Distribution distribution(ToDoubleFunction<Run> figure) {
        return Distribution.of(runs.stream().map(figure::applyAsDouble).toList());
    }
}

package io.trueup.bench.scale;

import io.trueup.bench.Machine;
import io.trueup.bench.process.MemoryFigures;
import io.trueup.bench.process.MemoryFigures.Part;
import io.trueup.bench.scale.ScaleLoad.Size;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What was measured.
 *
 * @param measured each size in order
 */
public record ScaleResult(Machine machine, ScaleLoad load, List<Measured> measured) {

    public ScaleResult {
        measured = List.copyOf(measured);
    }

    /**
     * What the process took in rounds in which nothing was written.
     *
     * @param cores processor time by time
     * @param controlMessages control messages of all replicas in one round
     * @param controlBytes bytes of their keys, values and headers
     */
    public record Idle(double cores, double controlMessages, double controlBytes) {}

    /**
     * The figures of a size.
     *
     * @param comparedMs milliseconds from the start of the JVM until all partitions of all replicas were compared, with all keys
     * @param idle while nothing was written
     * @param memory after that
     * @param stopMs milliseconds from the command to stop to the end of the process
     * @param restartMs like {@code comparedMs}, of a restart with the state that is there
     */
    public record Measured(
            Size size, double comparedMs, Idle idle, MemoryFigures memory, double stopMs, double restartMs) {

        /** Processor time by time while nothing was written. */
        public double idleCores() {
            return idle.cores();
        }

        /** Control messages of all replicas in one idle round. */
        public double controlMessages() {
            return idle.controlMessages();
        }

        /** Bytes of their keys, values and headers. */
        public double controlBytes() {
            return idle.controlBytes();
        }

        /** Bytes of live objects, of direct buffers and of RocksDB. */
        public long heldBytes() {
            return memory.bytes().entrySet().stream()
                    .filter(part -> part.getKey() != Part.RESIDENT && part.getKey() != Part.DISK)
                    .mapToLong(part -> part.getValue())
                    .sum();
        }

        /** Resident memory of the process; 0 if the system does not say. */
        public long residentBytes() {
            return memory.bytes().getOrDefault(Part.RESIDENT, 0L);
        }
    }

    /**
     * By how much a figure grows for each partition of each replica, from the fewest to the most partitions. {@link Double#NaN} if only
     * one number of them was measured.
     */
    public double perTask(ToDoubleFunction<Measured> figure) {
        Measured few = measured.get(0);
        Measured many = measured.get(load.partitions().size() - 1);
        double tasks = (double) load.replicas()
                * (many.size().partitions() - few.size().partitions());
        return (figure.applyAsDouble(many) - figure.applyAsDouble(few)) / tasks;
    }

    /** By how much a figure grows for each key of each replica. {@link Double#NaN} if only one number of them was measured. */
    public double perEntry(ToDoubleFunction<Measured> figure) {
        Measured few = measured.get(0);
        Measured many = load.keys().size() == 1 ? few : measured.get(measured.size() - 1);
        double entries =
                (double) load.replicas() * (many.size().keys() - few.size().keys());
        return (figure.applyAsDouble(many) - figure.applyAsDouble(few)) / entries;
    }

    /**
     * A figure with so many keys and partitions of as many replicas, if it goes on growing in the same way. {@link Double#NaN} if one of
     * the slopes is unknown.
     *
     * @param keys keys of each replica
     */
    public double at(ToDoubleFunction<Measured> figure, double keys, double partitions) {
        Measured first = measured.get(0);
        return figure.applyAsDouble(first)
                + perEntry(figure) * load.replicas() * (keys - first.size().keys())
                + perTask(figure) * load.replicas() * (partitions - first.size().partitions());
    }
}

package io.trueup.bench;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * What a benchmark ran on.
 *
 * @param cores processors of this JVM; the broker's process has the same
 * @param java version of this JVM
 * @param maxHeapBytes largest heap of this JVM
 * @param loadAverage processes that ran or waited for a processor, in the last minute before the benchmark; negative if
 *     the system does not say
 */
public record Machine(int cores, String java, long maxHeapBytes, double loadAverage) {

    /** This machine, now. */
    public static Machine current() {
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                Runtime.version().toString(),
                Runtime.getRuntime().maxMemory(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d cores, shared with the broker; Java %s, heap of %d MiB at most; load average before: %.1f",
                cores,
                java,
                maxHeapBytes >> 20,
                loadAverage);
    }
}

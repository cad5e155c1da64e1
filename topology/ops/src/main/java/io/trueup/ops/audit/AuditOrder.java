package io.trueup.ops.audit;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * What is to be audited. Immutable.
 *
 * @param partitions the partitions; empty for all
 * @param atMs the moment, in milliseconds since the epoch: records with a later timestamp are ignored; empty for all records that exist
 * @param settle how long a difference must have lasted to count
 */
public record AuditOrder(List<Integer> partitions, OptionalLong atMs, Duration settle) {

    /** How many keys that differ a report lists, at most. */
    public static final int MAX_KEYS = 1_000;
    /** How many partitions are read at the same time. */
    public static final int THREADS = 1;
    /** How long partitions may make no progress, and brokers may take to answer. */
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final long MAX_MEMORY_BYTES = 128 << 20;
    private static final int SHARE_OF_HEAP = 8;

    /** How much memory its tables may take, in bytes: with less than the keys need, the topics are read several times. */
    public static long memoryBytes() {
        return Math.min(MAX_MEMORY_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }
}

package io.trueup.audit;

import io.trueup.reconcile.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an audit is asked.
 *
 * @param replicas the replicas to compare, at least two
 * @param settings the settings of the dataset: what wins, what makes entries equal, secret and shape of the trees, owners
 * @param at the moment
 * @param partitions the partitions to read; empty: all
 * @param keys the keys to compare; empty: all
 * @param threads partitions that are read at a time
 * @param memoryBytes what tables and histories may take together; more keys take more passes
 * @param limit divergent keys that are described one by one; further ones are counted
 * @param patience how long a partition may give nothing new before its end is given up, and brokers may take to answer
 * @param neverCompacted whether the user knows that topics which are not compacted now never were
 */
public record AuditRequest(
        List<AuditedReplica> replicas,
        Settings settings,
        At at,
        Set<Integer> partitions,
        Optional<List<byte[]>> keys,
        int threads,
        long memoryBytes,
        int limit,
        Duration patience,
        boolean neverCompacted) {}

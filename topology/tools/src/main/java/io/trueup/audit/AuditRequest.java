package io.trueup.audit;

import io.trueup.audit.checkpoint.Checkpoint;
import io.trueup.avro.RecordCodecs;
import io.trueup.reconcile.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of an audit.
 *
 * @param replicas the replicas to compare, at least two
 * @param settings the settings of the dataset: what wins, what makes entries equal, secret and shape of the trees, owners
 * @param at the point in the topics
 * @param settle how long a difference must have lasted to count: what differs for less may be a write in flight
 * @param partitions the partitions to read; empty: all
 * @param keys the keys to compare; empty: all
 * @param values whether the values of divergent keys are kept for the result
 * @param bounds how much of this machine, and how much time, the audit may take
 * @param neverCompacted whether the user knows that topics which are not compacted now never were
 * @param checkpoint where the partitions that are compared are noted, so that a later audit need not read them again; empty: nowhere
 * @param codecs read Avro records; the caller closes them
 */
public record AuditRequest(
        List<AuditedReplica> replicas,
        Settings settings,
        AuditPoint at,
        Duration settle,
        Set<Integer> partitions,
        Optional<List<byte[]>> keys,
        boolean values,
        Bounds bounds,
        boolean neverCompacted,
        Optional<Checkpoint> checkpoint,
        RecordCodecs codecs) {

    /**
     * How much of this machine, and how much time, an audit may take.
     *
     * @param threads how many partitions are read at a time
     * @param memoryBytes memory for key tables and timelines together, in bytes; more keys need more passes
     * @param limit how many divergent keys are described one by one; further ones are only counted
     * @param patience how long a partition may make no progress before its end is given up, and how long brokers may take to
     *     answer
     */
    public record Bounds(int threads, long memoryBytes, int limit, Duration patience) {}
}

package io.trueup.audit;

import io.trueup.reconcile.rule.Divergence;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an audit found.
 *
 * @param replicas names of the replicas compared, in order
 * @param at the moment in words
 * @param atMs the moment in milliseconds since the epoch
 * @param partial whether the audit was stopped before it had seen all
 * @param doubts why it cannot tell whether the replicas are equal; empty if it can
 * @param notes what else a person should know
 * @param partitions what each replica holds, by partition and name
 * @param divergentKeys how many keys differ
 * @param divergent those of them that are listed, by partition and key
 * @param fingerprint of secret and shape of the trees: roots compare only under equal ones
 * @param effort what it took
 */
public record AuditResult(
        List<String> replicas,
        String at,
        long atMs,
        boolean partial,
        List<String> doubts,
        List<String> notes,
        List<PartitionSummary> partitions,
        long divergentKeys,
        List<DivergentKey> divergent,
        String fingerprint,
        Effort effort) {

    /** What is known. */
    public enum Verdict {
        /** All replicas hold the same. */
        EQUAL(0),
        /** They do not. */
        DIVERGENT(1),
        /** It cannot be told. */
        UNKNOWN(2);

        private final int exitCode;

        Verdict(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The exit code that says so. */
        public int exitCode() {
            return exitCode;
        }
    }

    /**
     * What an audit took.
     *
     * @param records records read, repeated reading included
     * @param bytes bytes of their keys and values
     * @param nanos time
     * @param largestTable most bytes of memory that the table of a partition took
     * @param keysInIt keys in that one, counted once for each replica
     * @param passes how often partitions were read to find differences; more than there are partitions if memory was short
     */
    public record Effort(long records, long bytes, long nanos, long largestTable, long keysInIt, int passes) {

        /** Records per second. */
        public double rate() {
            return nanos == 0 ? 0 : records * 1e9 / nanos;
        }

        /** Bytes of table per key and replica. */
        public double bytesPerKey() {
            return keysInIt == 0 ? 0 : (double) largestTable / keysInIt;
        }
    }

    /** Equal only if nothing is in doubt. */
    public Verdict verdict() {
        if (!doubts.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        return divergentKeys == 0 ? Verdict.EQUAL : Verdict.DIVERGENT;
    }

    /** Keys by target and kind, among those listed. A conflict counts for all that hold a side of it together. */
    public SortedMap<String, SortedMap<Divergence, Long>> kinds() {
        SortedMap<String, SortedMap<Divergence, Long>> kinds = new TreeMap<>();
        divergent.forEach(key -> key.findings()
                .forEach(finding -> kinds.computeIfAbsent(finding.target(), target -> new TreeMap<>())
                        .merge(finding.kind(), 1L, Long::sum)));
        return kinds;
    }

    /** Distinct live keys cannot be summed over replicas; this is the most that one replica holds. */
    public long keys() {
        SortedMap<String, Long> keys = new TreeMap<>();
        partitions.forEach(partition -> keys.merge(partition.place().replica(), partition.keys(), Long::sum));
        return keys.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
}

package io.trueup.audit.result;

import io.trueup.reconcile.rule.Divergence;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The result of an audit.
 *
 * @param formats formats of the writes topics of the replicas compared, by name of the replica
 * @param moment the moment at which the replicas were compared
 * @param partial whether the audit was stopped before it had read everything
 * @param doubts why it is unknown whether the replicas are equal; empty if it is known
 * @param notes further remarks for a person
 * @param partitions what each replica holds, by partition and name
 * @param divergentKeys how many keys differ, those left out that differ by writes in flight
 * @param inFlightKeys how many keys differ by writes that may be in flight
 * @param divergent those of them that are listed, by partition and key
 * @param neverWritten keys that were asked for, and of which the topics have no record
 * @param fingerprint of secret and shape of the trees: roots compare only under equal ones
 * @param effort the work that the audit took
 */
public record AuditResult(
        SortedMap<String, String> formats,
        Moment moment,
        boolean partial,
        List<String> doubts,
        List<String> notes,
        List<PartitionSummary> partitions,
        long divergentKeys,
        long inFlightKeys,
        List<DivergentKey> divergent,
        List<byte[]> neverWritten,
        String fingerprint,
        Effort effort) {

    /** Whether the replicas are equal. */
    public enum Verdict {
        /** All replicas hold the same. */
        EQUAL(0),
        /** The replicas differ. */
        DIVERGENT(1),
        /** It is not known. */
        UNKNOWN(2);

        private final int exitCode;

        Verdict(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The exit code of this verdict. */
        public int exitCode() {
            return exitCode;
        }
    }

    /**
     * The moment at which replicas were compared.
     *
     * @param words the point in words
     * @param atMs its time, in milliseconds since the epoch
     * @param settle how long before it a difference must have begun to count
     */
    public record Moment(String words, long atMs, Duration settle) {}

    /**
     * The work that an audit took.
     *
     * @param records records read, repeated reading included
     * @param bytes bytes of their keys and values
     * @param nanos duration in nanoseconds
     * @param largestTable memory of the largest key table of a partition, in bytes
     * @param keysInIt keys in that table, counted once for each replica
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

    /** Names of the replicas compared, in order. */
    public List<String> replicas() {
        return List.copyOf(formats.keySet());
    }

    /** The point in words. */
    public String at() {
        return moment.words();
    }

    /** The time of the point, in milliseconds since the epoch. */
    public long atMs() {
        return moment.atMs();
    }

    /** Equal only if there is no doubt. Writes in flight are no differences. */
    public Verdict verdict() {
        if (!doubts.isEmpty()) {
            return Verdict.UNKNOWN;
        }
        return divergentKeys == 0 ? Verdict.EQUAL : Verdict.DIVERGENT;
    }

    /**
     * Listed keys by target and kind. A conflict counts once, under the names of all replicas that hold a side of it.
     */
    public SortedMap<String, SortedMap<Divergence, Long>> kinds() {
        SortedMap<String, SortedMap<Divergence, Long>> kinds = new TreeMap<>();
        divergent.forEach(key -> key.findings()
                .forEach(finding -> kinds.computeIfAbsent(finding.target(), target -> new TreeMap<>())
                        .merge(finding.kind(), 1L, Long::sum)));
        return kinds;
    }

    /** The highest number of live keys of a replica: distinct keys cannot be summed over replicas. */
    public long keys() {
        SortedMap<String, Long> keys = new TreeMap<>();
        partitions.forEach(partition -> keys.merge(partition.place().replica(), partition.keys(), Long::sum));
        return keys.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
}

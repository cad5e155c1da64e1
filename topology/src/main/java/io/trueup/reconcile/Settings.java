package io.trueup.reconcile;

import io.trueup.tree.KeyedHash;
import java.util.List;

/**
 * Everything that a reconciler must know of the configuration. Times in milliseconds.
 *
 * @param dataset name of the dataset
 * @param replica the replica whose reconciler this is
 * @param owners all replicas that are compared, in order of name, this one included
 * @param sources those of them that are compared but never repaired
 * @param secret {@code hash.secret}: at least 16 bytes, shared by all reconcilers of the dataset
 * @param segmentBits the tree has {@code 1 << segmentBits} segments
 * @param stride levels that one message descends
 * @param intervalMs from one round to the next
 * @param graceMs how long after its cut a round is due
 * @param compareValues true: entries are equal if their values are; false: if their versions are, too
 * @param resolution which entry wins
 * @param primary the replica that wins under {@link Resolution#PRIMARY}; null otherwise
 * @param observeOnly true: report divergences, emit nothing
 * @param patienceMs how long a lagging replica is waited for
 * @param settleMs how long after sealing roots of silent peers are waited for
 * @param deadlineMs how long after it is due a round closes
 * @param repairTimeoutMs how long an emitted repair is waited for before the next attempt
 * @param repairAttempts after so many attempts a divergence is reported as failed
 * @param repairValidityMs how long after its emission a repair event may be applied
 * @param maxSegmentsPerRound most segments whose entries are sent in one round
 * @param maxEntriesPerMessage most entries or node hashes in one message
 */
public record Settings(
        String dataset,
        String replica,
        List<String> owners,
        List<String> sources,
        byte[] secret,
        int segmentBits,
        int stride,
        long intervalMs,
        long graceMs,
        boolean compareValues,
        Resolution resolution,
        String primary,
        boolean observeOnly,
        long patienceMs,
        long settleMs,
        long deadlineMs,
        long repairTimeoutMs,
        int repairAttempts,
        long repairValidityMs,
        int maxSegmentsPerRound,
        int maxEntriesPerMessage) {

    /** Hash of everything that must be the same on all reconcilers of a dataset for their trees to be comparable. */
    long fingerprint(KeyedHash hash) {
        return hash.text(String.join(
                        "\n",
                        "trueup 1",
                        dataset,
                        String.join(",", owners),
                        String.join(",", sources),
                        "segments " + segmentBits,
                        "stride " + stride,
                        "interval " + intervalMs,
                        "grace " + graceMs,
                        "compare values " + compareValues,
                        "resolution " + resolution,
                        "primary " + primary))
                .hi();
    }

    /** Which of several entries for a key wins. */
    public enum Resolution {
        /** The highest version. */
        LATEST,
        /** The entry that more than half of the owners hold. */
        MAJORITY,
        /** The entry of the primary, even if it is none. */
        PRIMARY
    }
}

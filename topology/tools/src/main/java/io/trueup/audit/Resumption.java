package io.trueup.audit;

import io.trueup.audit.checkpoint.Checkpoint;
import io.trueup.audit.checkpoint.ComparedPartition;
import io.trueup.tree.Hash128;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/** Takes over the partitions that an earlier run has compared, and notes those that this run compares. Thread-safe. */
final class Resumption {

    /** How long the results of an earlier run are taken over where the audit is about the present. */
    static final Duration MAX_AGE = Duration.ofDays(1);

    private final Checkpoint checkpoint;
    private final AuditRequest request;

    Resumption(Checkpoint checkpoint, AuditRequest request) {
        this.checkpoint = checkpoint;
        this.request = request;
    }

    /**
     * Takes over the partitions whose results still hold.
     *
     * @param fingerprint fingerprint of the secret and the shape of the trees
     * @return hashes of the keys asked for that were seen
     * @throws Checkpoint.OtherAuditException if they belong to another audit
     */
    Set<Hash128> takeOver(AuditPlan plan, String fingerprint, long nowMs, Findings findings, Caveats caveats) {
        checkpoint.bind(new CheckpointTerms(request).of(plan.topics(), fingerprint));
        TreeSet<Integer> taken = new TreeSet<>();
        TreeSet<Long> moments = new TreeSet<>();
        for (ComparedPartition earlier : checkpoint.compared()) {
            if (plan.stillHolds(earlier) && (hasFixedMoment() || isRecent(earlier, nowMs))) {
                findings.add(earlier);
                earlier.notes().forEach(caveats::note);
                taken.add(earlier.partition());
                moments.add(earlier.atMs());
            } else {
                checkpoint.drop(earlier.partition());
            }
        }
        if (!taken.isEmpty()) {
            caveats.note("An earlier run has compared the partitions " + taken + ", as of "
                    + Instant.ofEpochMilli(moments.first())
                    + (moments.size() == 1 ? "" : " to " + Instant.ofEpochMilli(moments.last()))
                    + ": they are taken from " + checkpoint + ", and were not read again.");
        }
        return checkpoint.seen();
    }

    /** Whether the audit is about a moment that is the same whenever it runs. */
    private boolean hasFixedMoment() {
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public Boolean latest(AuditPoint.Latest latest) {
                return false;
            }

            @Override
            public Boolean time(AuditPoint.Time time) {
                return time.ago().isEmpty();
            }

            @Override
            public Boolean offsets(AuditPoint.Offsets offsets) {
                return false;
            }
        });
    }

    private static boolean isRecent(ComparedPartition earlier, long nowMs) {
        return earlier.atMs() <= nowMs && nowMs - earlier.atMs() <= MAX_AGE.toMillis();
    }

    /** @param seen hashes of the keys asked for that were seen so far */
    void note(ComparedPartition partition, Set<Hash128> seen) {
        try {
            checkpoint.add(partition, seen);
        } catch (IOException e) {
            // it is tried again in the end, and becomes a note then
        }
    }

    /** That the file cannot be written is no reason to lose what is known already. */
    void save(Caveats caveats) {
        try {
            checkpoint.save();
        } catch (IOException e) {
            caveats.note("The checkpoint " + checkpoint + " could not be written (" + e
                    + "): a later run will read again what it does not contain.");
        }
    }

    /** How to go on, in a sentence. */
    String advice() {
        return "Run it again with the same options to go on: " + checkpoint
                + " contains the partitions that are compared without a doubt.";
    }

    /** Removes the checkpoint, once the audit is complete. */
    void remove() throws IOException {
        checkpoint.remove();
    }
}

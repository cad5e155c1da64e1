package io.trueup.reconcile;

import io.trueup.reconcile.exchange.Exchange;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.KeyAtCut;
import io.trueup.reconcile.rule.Resolver;
import io.trueup.reconcile.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one round knows of the replicas that take part in it, the local one included. Not thread-safe. */
final class RoundPeers {

    private final PartitionContext context;
    private final Exchange exchange;
    private final Resolver resolver;
    private final Backfill backfill;
    private final long cutMs;
    private final Root own;
    private final KeyAtCut.Approvals approvals;

    /**
     * @param own what the local replica has published
     * @param approvals what people have approved
     */
    RoundPeers(
            PartitionContext context,
            Exchange exchange,
            Resolver resolver,
            Backfill backfill,
            long cutMs,
            Root own,
            KeyAtCut.Approvals approvals) {
        this.context = context;
        this.exchange = exchange;
        this.resolver = resolver;
        this.backfill = backfill;
        this.cutMs = cutMs;
        this.own = own;
        this.approvals = approvals;
    }

    /** The root of a replica that was heard, or the local one. */
    Root root(String replica) {
        return context.isLocal(replica) ? own : exchange.root(replica);
    }

    boolean wasHeard(String replica) {
        return context.isLocal(replica) || exchange.heard().contains(replica);
    }

    /** Live entries of a replica. */
    long entries(String replica) {
        return context.isLocal(replica)
                ? context.tree().entries()
                : exchange.root(replica).entries();
    }

    /** Live entries of the replica that has most. */
    long mostEntries() {
        long most = context.tree().entries();
        for (String peer : exchange.heard()) {
            most = Math.max(most, entries(peer));
        }
        return most;
    }

    long watermarkMs(String replica) {
        return exchange.evidence(replica).watermarkMs();
    }

    /** Highest watermark among the owners heard. */
    long highestWatermarkMs() {
        long highest = context.tree().watermarkMs();
        for (String peer : exchange.heard()) {
            highest = Math.max(highest, watermarkMs(peer));
        }
        return highest;
    }

    /** Whether a replica was empty and still lacks much. */
    boolean isBeingFilled(String replica) {
        return backfill.isBeingFilled(root(replica), mostEntries());
    }

    /** Whether a replica is being filled by repairs: a source is not, and the absence of a primary wins. */
    boolean isToBeFilled(String replica) {
        Settings.Rules rules = context.settings().rules();
        boolean fillsItself = rules.sources().contains(replica)
                || rules.resolution() == Settings.Resolution.PRIMARY && replica.equals(rules.primary());
        return !fillsItself && isBeingFilled(replica);
    }

    /** About how many keys a replica lacks that is being filled. */
    long lacking(String replica) {
        return Math.max(1, mostEntries() - entries(replica));
    }

    /** Whether a replica was empty when it was first compared, or holds next to nothing. */
    boolean wasEmpty(String replica) {
        return backfill.wasEmpty(root(replica), mostEntries());
    }

    /** A key of a segment, with what each replica that was heard holds of it. */
    KeyAtCut key(TreeMap<String, EntrySummary> entries, Iterable<String> replicas) {
        Map<String, Evidence> evidence = new TreeMap<>();
        exchange.heard().forEach(replica -> evidence.put(replica, exchange.evidence(replica)));
        replicas.forEach(replica -> evidence.put(replica, exchange.evidence(replica)));
        return resolver.key(cutMs, entries, evidence, approvals);
    }

    /** An entry of a segment in which some peers hold nothing and all others the same. */
    KeyAtCut keyMissingSomewhere(int segment, EntrySummary entry) {
        TreeMap<String, EntrySummary> entries = new TreeMap<>();
        for (String peer : exchange.compared()) {
            entries.put(peer, exchange.coverage().holdsNothing(peer, segment) ? null : entry);
        }
        entries.put(context.replica(), entry);
        return key(entries, List.copyOf(entries.keySet()));
    }

    /** The finding that a target lacks the key; null if there is none. */
    static Finding missingAt(String target, List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.target().equals(target) && finding.kind() == Divergence.MISSING)
                .findFirst()
                .orElse(null);
    }
}

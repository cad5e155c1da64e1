package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Applies the configured {@link ResolutionRule} among the owners of one partition. A function of its arguments. Thread-safe.
 */
public final class Resolver {

    private final Settings settings;
    private final List<String> owners;
    private final ResolutionRule rule;
    private final ConditionalFindings conditional;

    /** @param owners the replicas that own the partition */
    public Resolver(Settings settings, List<String> owners) {
        this.settings = settings;
        this.owners = owners;
        conditional = new ConditionalFindings(settings);
        rule = switch (settings.rules().resolution()) {
            case LATEST, VECTOR -> new NewestWins(settings.rules().primary());
            case MAJORITY -> new MajorityWins(settings);
            case PRIMARY -> new PrimaryWins(settings);
        };
    }

    /** A key as these owners hold it; for the parameters see {@link KeyAtCut}. */
    public KeyAtCut key(
            long cutMs,
            TreeMap<String, EntrySummary> entries,
            Map<String, Evidence> evidence,
            KeyAtCut.Approvals approvals) {
        return new KeyAtCut(settings, owners, cutMs, entries, evidence, approvals);
    }

    /** Judges a key that is not equal everywhere; empty if nothing can be said yet. */
    public List<Finding> findings(KeyAtCut key) {
        return rule.findings(key);
    }

    /**
     * Judges a key whose conflict a person has decided; empty if the chosen replica holds something else by now, if its absence was
     * chosen and a replica holds something that the sides did not contain, and for an unread entry, of which no replica can supply what it is.
     *
     * @param version version of its entry; {@link Long#MIN_VALUE} if it holds nothing
     * @param digest digest of its value; {@link Hash128#ZERO} for a tombstone and for nothing
     * @param merged the vector that dominates all sides of the conflict; null where versions are numbers
     * @param heardMs when the choice was heard of: the person has seen nothing that no replica held then
     */
    public List<Finding> chosen(
            KeyAtCut key, String replica, long version, Hash128 digest, VersionVector merged, long heardMs) {
        if (!key.replicas().contains(replica)) {
            return List.of();
        }
        EntrySummary held = key.heldBy(replica);
        if (Entry.isUnread(version, digest.equals(Hash128.ZERO))) {
            return List.of();
        }
        if (held == null || held.statesAbsence()) {
            return version == Long.MIN_VALUE && dominates(merged, key)
                    ? conditional.absenceChosen(replica, merged, key, heardMs)
                    : List.of();
        }
        // the report names one entry for all replicas on whose side the key is dead
        return Stream.concat(Stream.of(held), key.present().stream())
                .filter(entry -> entry.digest().equals(digest)
                        && (settings.rules().compareValues() || entry.version() == version))
                .findFirst()
                .filter(entry -> key.isSame(entry, held) && key.isJudgeable(entry))
                .map(entry -> conditional.entryChosen(entry, key, heardMs))
                .orElse(List.of());
    }

    /** Whether nothing has a vector that is later than those of the sides that a person has seen, or concurrent with them. */
    private static boolean dominates(VersionVector merged, KeyAtCut key) {
        return merged == null
                || key.present().stream()
                        .map(EntrySummary::vector)
                        .allMatch(
                                vector -> vector == null || merged.merge(vector).equals(merged));
    }

    /**
     * The finding that a target lacks a tombstone. The target holds nothing in the segment; with the tombstone, an older write that
     * reaches it later does not bring the key back. Null if the tombstone must not be sent yet.
     */
    public Finding missingTombstone(String target, EntrySummary tombstone, KeyAtCut key) {
        return settings.rules().newestWins()
                        && key.isJudgeable(tombstone)
                        && key.waitBeforeRepair(target, tombstone) == null
                ? new Finding(target, Divergence.MISSING, tombstone, null, List.of(settings.replica()), null)
                : null;
    }
}

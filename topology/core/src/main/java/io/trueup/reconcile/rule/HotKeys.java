package io.trueup.reconcile.rule;

import io.trueup.bounded.BoundedMap;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keys that are written again before their newest entry can be judged, or before patience with a lagging target ends. For
 * each target the newest entry seen in an earlier round is its reference: once that lies before a cut, a target that still
 * holds something older has missed it. A target keeps its reference until it has caught up with it; only then is a newer one
 * taken. Bounded: the keys judged least recently are forgotten first. Not thread-safe.
 */
public final class HotKeys {

    private static final int MAX_KEYS = 10_000;

    private final Settings settings;
    private final Resolver resolver;
    private final Map<Hash128, Map<String, Reference>> references = BoundedMap.leastRecentlyUsedFirst(MAX_KEYS);

    /**
     * What a target must have caught up with.
     *
     * @param checkedCutMs the cut at which the target was last compared with it
     */
    private record Reference(EntrySummary entry, long checkedCutMs) {}

    public HotKeys(Settings settings, Resolver resolver) {
        this.settings = settings;
        this.resolver = resolver;
    }

    /** Judges a key that is not equal everywhere, with the references from earlier rounds. */
    public List<Finding> findings(Hash128 keyHash, KeyAtCut key) {
        List<Finding> findings = resolver.findings(key);
        EntrySummary newest = key.newest();
        boolean unsettled =
                newest != null && !key.isJudgeable(newest) || findings.stream().anyMatch(Finding::waiting);
        if (!settings.rules().newestWins() || !unsettled) {
            references.remove(keyHash);
            return findings;
        }
        return onePerTarget(findings, againstReferences(keyHash, key, newest));
    }

    private List<Finding> againstReferences(Hash128 keyHash, KeyAtCut key, EntrySummary newest) {
        Map<String, Reference> ofKey = references.computeIfAbsent(keyHash, k -> new TreeMap<>());
        List<Finding> findings = new ArrayList<>();
        for (String target : key.replicas()) {
            Reference before = ofKey.get(target);
            if (before == null || mayHaveDeletedAndForgotten(before, key, target)) {
                ofKey.put(target, new Reference(newest, key.cutMs()));
                continue;
            }
            EntrySummary reference = before.entry();
            boolean replaced = !key.isJudgeable(reference) && isDatedByAWrongClock(reference, newest);
            ofKey.put(target, new Reference(replaced ? newest : reference, key.cutMs()));
            if (!key.isJudgeable(reference)) {
                continue;
            }
            List<Finding> ofTarget = against(reference, key).stream()
                    .filter(finding -> finding.target().equals(target))
                    .toList();
            if (ofTarget.isEmpty() && !lacksItStill(target, reference, key)) {
                ofKey.put(target, new Reference(newest, key.cutMs()));
            }
            findings.addAll(ofTarget);
        }
        return findings;
    }

    /**
     * Whether a target has missed its reference, and is not repaired at this cut only because what it would be given may have been
     * deleted there: as an entry with a position ahead, which nothing dates. The next one may be dated.
     */
    private static boolean lacksItStill(String target, EntrySummary reference, KeyAtCut key) {
        EntrySummary winner = lowestLiveFrom(reference, key);
        return winner != null
                && !key.isDead(reference)
                && key.mayHaveBeenDeleted(target, winner)
                && !key.mayHaveBeenDeleted(target, reference);
    }

    /**
     * Whether a reference lies after what was written since. The clock that dated it was ahead: it would lie before no cut until the
     * other clocks show that time, too.
     */
    private static boolean isDatedByAWrongClock(EntrySummary reference, EntrySummary newest) {
        return newest.isAtLeast(reference) && newest.appendTimeMs() < reference.appendTimeMs();
    }

    /**
     * Whether a target that holds nothing may have applied its reference and then a delete that is forgotten by now. That
     * takes as long as tombstones are kept, less the time between a cut and the end of its round; and what an owner has forgotten
     * is part of its evidence.
     */
    private boolean mayHaveDeletedAndForgotten(Reference reference, KeyAtCut key, String target) {
        Settings.Times times = settings.times();
        long sinceMs = key.cutMs() - reference.checkedCutMs();
        return key.heldBy(target) == null
                && key.deletesAreForgottenSince(reference.entry())
                && sinceMs >= times.tombstoneRetentionMs() - times.graceMs() - times.intervalMs();
    }

    /**
     * The targets that hold something older than a reference. Each replica that holds the reference or a newer entry can
     * supply what a target lacks. Where writers that do not see each other keep the key hot, any entry that they wrote since is
     * sufficient: it leaves their conflict as it is.
     *
     * @param reference the highest entry seen in an earlier round, judgeable at this cut
     */
    static List<Finding> against(EntrySummary reference, KeyAtCut key) {
        EntrySummary newest = key.newest();
        boolean deleted = key.isDead(newest) && !Dominance.isConcurrentWithAny(newest, key.present());
        EntrySummary winner = deleted ? newest : lowestLiveFrom(reference, key);
        if (!newest.isAtLeast(reference)
                || winner == null
                || hasSeveralValues(newest, key)
                || hasSeveralValues(winner, key)) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        for (String target : key.targets()) {
            EntrySummary held = key.heldBy(target);
            boolean caughtUp = held != null && held.order(reference) != Order.BEFORE;
            boolean deletedMeanwhile = key.isAbsent(held) && (key.isDead(newest) || key.isDead(reference));
            boolean mayHaveBeenDeleted =
                    key.mayHaveBeenDeleted(target, winner) || held == null && key.liesBeforeHorizon(reference);
            if (!caughtUp && !deletedMeanwhile && !mayHaveBeenDeleted) {
                List<String> holders = key.isDead(winner) ? key.holders(winner) : liveHoldersFrom(winner, key);
                findings.add(Finding.older(key, target, winner, holders, key.waitBeforeRepair(target, reference)));
            }
        }
        return findings;
    }

    private static EntrySummary lowestLiveFrom(EntrySummary reference, KeyAtCut key) {
        EntrySummary lowest = null;
        for (EntrySummary entry : key.readable()) {
            boolean live = entry.isAtLeast(reference) && !key.isDead(entry);
            if (live && (lowest == null || entry.version() < lowest.version())) {
                lowest = entry;
            }
        }
        return lowest;
    }

    private static List<String> liveHoldersFrom(EntrySummary winner, KeyAtCut key) {
        return key.replicas().stream()
                .filter(replica -> {
                    EntrySummary held = key.heldBy(replica);
                    return held != null && held.isAtLeast(winner) && !key.isDead(held);
                })
                .toList();
    }

    private static boolean hasSeveralValues(EntrySummary entry, KeyAtCut key) {
        return key.groups(Dominance.sameVersion(entry, key.present())).size() > 1;
    }

    /** One finding for each target: preferably one that need not wait. */
    private static List<Finding> onePerTarget(List<Finding> findings, List<Finding> againstReferences) {
        TreeMap<String, Finding> byTarget = new TreeMap<>();
        findings.forEach(finding -> byTarget.put(finding.target(), finding));
        for (Finding finding : againstReferences) {
            Finding other = byTarget.get(finding.target());
            if (other == null || other.waiting()) {
                byTarget.put(finding.target(), finding);
            }
        }
        return List.copyOf(byTarget.values());
    }
}

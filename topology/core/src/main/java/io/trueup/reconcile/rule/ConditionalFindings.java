package io.trueup.reconcile.rule;

import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.Waiting.Reason;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The common part of the rules under which an older entry or absence may win: majority, primary, and a person's choice. An entry
 * is replaced only with a proof that the winning side has seen it; without one, a person must decide once patience has ended.
 * Repairs apply only if the target still holds the observed entry.
 */
final class ConditionalFindings {

    private final Settings settings;

    ConditionalFindings(Settings settings) {
        this.settings = settings;
    }

    /**
     * The targets that differ from an entry that wins.
     *
     * @param hasSeen whether the winning side has seen an entry that would be replaced
     */
    List<Finding> entryWins(EntrySummary winner, KeyAtCut key, Predicate<EntrySummary> hasSeen) {
        return entryWins(winner, key, hasSeen, false);
    }

    /**
     * The targets that differ from an entry that a person has chosen: the person knows the sides, and no proof is needed, but for
     * what no replica held then.
     */
    List<Finding> entryChosen(EntrySummary winner, KeyAtCut key, long heardMs) {
        return entryWins(winner, key, replaced -> key.wasHeldAt(replaced, heardMs), true);
    }

    private List<Finding> entryWins(
            EntrySummary winner, KeyAtCut key, Predicate<EntrySummary> hasSeen, boolean chosen) {
        Findings findings = new Findings(key, new Side(key.holders(winner), winner));
        for (String target : key.targets()) {
            EntrySummary held = key.heldBy(target);
            if (key.isAbsent(held) && key.isDead(winner) || held != null && key.isSame(held, winner)) {
                continue;
            }
            if (held == null || held.statesAbsence()) {
                findings.fill(target, held, winner, chosen);
            } else {
                Finding finding = new Finding(target, kind(held, winner, key), winner, held, key.holders(winner), null);
                findings.replace(finding, hasSeen, chosen ? null : key.waitBeforeRepair(target, winner));
            }
        }
        return findings.all();
    }

    /**
     * The targets that hold a live entry where the absence of one replica wins.
     *
     * @param authority the replica that holds nothing
     */
    List<Finding> absenceWins(String authority, KeyAtCut key, Predicate<EntrySummary> hasSeen) {
        return absenceWins(authority, null, key, hasSeen, false);
    }

    /**
     * The targets that hold a live entry where a person has chosen the absence of one replica.
     *
     * @param merged the vector that dominates all sides; null where versions are numbers
     */
    List<Finding> absenceChosen(String replica, VersionVector merged, KeyAtCut key, long heardMs) {
        return absenceWins(replica, merged, key, replaced -> key.wasHeldAt(replaced, heardMs), true);
    }

    private List<Finding> absenceWins(
            String authority, VersionVector merged, KeyAtCut key, Predicate<EntrySummary> hasSeen, boolean chosen) {
        long sinceMs = key.present().stream().mapToLong(key::sentMs).min().orElse(key.cutMs());
        Hash128 keyHash = key.present().get(0).keyHash();
        Findings findings = new Findings(key, new Side(List.of(authority), EntrySummary.absence(keyHash, sinceMs)));
        for (String target : key.targets()) {
            EntrySummary held = key.heldBy(target);
            if (!key.isAbsent(held)) {
                Waiting unknown = chosen || key.knowsThatItHoldsNothing(authority)
                        ? null
                        : new Waiting(Reason.ABSENCE_UNKNOWN, key.sentMs(held));
                Finding finding = new Finding(
                        target, Divergence.UNDELETED, deleteOf(held, merged), held, List.of(authority), unknown);
                findings.replace(finding, hasSeen, unknown);
            }
        }
        return findings.all();
    }

    /** The delete of an entry. Absence has no version: the delete gets the entry's, and a vector that dominates all sides. */
    private static EntrySummary deleteOf(EntrySummary held, VersionVector merged) {
        VersionVector vector =
                merged == null ? held.vector() : held.vector() == null ? merged : merged.merge(held.vector());
        return new EntrySummary(
                held.keyHash(),
                vector == null ? held.version() : vector.total(),
                vector,
                held.positionMs(),
                held.appendTimeMs(),
                held.expiryMs(),
                true,
                Hash128.ZERO,
                held.undated());
    }

    /** The findings of one key, and the entries that only a person may replace. */
    private final class Findings {
        private final KeyAtCut key;
        private final Side winning;
        private final List<Finding> findings = new ArrayList<>();
        private final List<EntrySummary> unseen = new ArrayList<>();
        private final List<String> mayHaveDeleted = new ArrayList<>();

        Findings(KeyAtCut key, Side winning) {
            this.key = key;
            this.winning = winning;
        }

        void fill(String target, EntrySummary held, EntrySummary winner, boolean chosen) {
            Waiting wait = chosen ? null : key.waitBeforeRepair(target, winner);
            if (!chosen && wait == null && key.mayHaveBeenDeleted(target, winner)) {
                mayHaveDeleted.add(target);
            } else {
                findings.add(new Finding(target, kind(held, winner, key), winner, held, key.holders(winner), wait));
            }
        }

        void replace(Finding finding, Predicate<EntrySummary> hasSeen, Waiting otherwise) {
            EntrySummary held = finding.observed();
            if (!key.isJudgeable(held)) {
                findings.add(finding.waitingFor(new Waiting(Reason.WRITTEN_AFTER_CUT, key.sentMs(held))));
            } else if (hasSeen.test(held) || key.isApproved(finding.target(), held) || finding.waitsFor() != null) {
                findings.add(finding.waitingFor(otherwise));
            } else if (key.isOverdue(held)) {
                unseen.add(held);
            } else {
                findings.add(finding.waitingFor(new Waiting(Reason.NOT_SEEN, key.sentMs(held))));
            }
        }

        List<Finding> all() {
            if (!unseen.isEmpty()) {
                List<Side> sides = new ArrayList<>(List.of(winning));
                sides.addAll(Finding.sides(key, unseen));
                findings.add(Finding.conflict(key, Conflict.Reason.NOT_SEEN, sides));
            } else if (!mayHaveDeleted.isEmpty()) {
                findings.add(Finding.mayBeDeleted(key, winning, mayHaveDeleted));
            }
            return findings;
        }
    }

    private Divergence kind(EntrySummary held, EntrySummary winner, KeyAtCut key) {
        if (held == null) {
            return Divergence.MISSING;
        }
        if (key.isDead(winner)) {
            return Divergence.UNDELETED;
        }
        boolean older = settings.rules().compareValues()
                ? held.positionMs() < winner.positionMs()
                : held.version() < winner.version();
        return older ? Divergence.STALE : Divergence.CORRUPT;
    }
}

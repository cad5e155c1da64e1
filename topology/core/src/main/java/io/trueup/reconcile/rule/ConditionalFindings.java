package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import java.util.ArrayList;
import java.util.List;

/**
 * The common part of the rules under which an older entry may win: majority, primary, and a person's choice. Their repairs apply
 * only if the target still holds the observed entry. An entry that is not judgeable yet is waited for.
 */
final class ConditionalFindings {

    private final Settings settings;

    ConditionalFindings(Settings settings) {
        this.settings = settings;
    }

    /**
     * The targets that differ from a winner.
     *
     * @param waiting true: the winner itself is in doubt, so no action is taken on any finding yet
     */
    List<Finding> against(EntrySummary winner, KeyAtCut key, boolean waiting) {
        List<Finding> findings = new ArrayList<>();
        for (String target : key.targets()) {
            EntrySummary held = key.heldBy(target);
            if (key.isAbsent(held) && key.isDead(winner) || held != null && key.isSame(held, winner)) {
                continue;
            }
            boolean moving = held != null && !key.isJudgeable(held);
            findings.add(new Finding(
                    target,
                    kind(held, winner, key),
                    winner,
                    held,
                    key.holders(winner),
                    waiting || moving || key.mayStillArrive(target, winner)));
        }
        return findings;
    }

    /**
     * Whether the winner may be older than another entry that a holder of the winner has not seen. Clocks differ: of two
     * positions less than the grace apart, either may be the newer one.
     */
    boolean winnerMayBeOlder(EntrySummary winner, KeyAtCut key) {
        for (EntrySummary other : key.present()) {
            boolean mayBeNewer = other.positionMs() + settings.times().graceMs() > winner.positionMs();
            if (mayBeNewer && !key.isSame(other, winner)) {
                for (String holder : key.holders(winner)) {
                    if (key.mayNotHaveSeen(holder, other)) {
                        return true;
                    }
                }
            }
        }
        return false;
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

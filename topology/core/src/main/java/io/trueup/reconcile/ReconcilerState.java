package io.trueup.reconcile;

import io.trueup.reconcile.decision.ApprovedWithoutProof;
import io.trueup.reconcile.decision.ConflictChoices;
import io.trueup.reconcile.decision.PausedRepairs;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodGuard;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.flood.Outages;
import io.trueup.reconcile.sent.RepairAnswers;
import io.trueup.reconcile.sent.RepairIds;
import io.trueup.reconcile.settings.RepairWindows;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What outlives rounds and changes of owners. {@link FloodGuard}, {@link Conflicts}, {@link ConflictChoices}, {@link Outages},
 * {@link Backfill}, {@link LocalEvidence}, {@link ApprovedWithoutProof} and {@link PausedRepairs} keep notes beside the entries, and so
 * does {@link RoundSummaryBuilder} of one number. Notes survive a restart; the rest is lost with the process.
 *
 * @param guard which targets are held back, and which a person has approved
 * @param conflicts the conflicts that this or another replica has reported
 * @param choices what people have chosen
 * @param dispatcher the divergences that stand, and the attempts to repair them
 * @param answers the repairs of this replica that wait for an answer
 * @param outages when each replica was away
 * @param backfill whether this replica is being filled, and which replicas must still be sent tombstones
 * @param evidence what the local replica can prove
 * @param unproven what people have approved without a proof
 * @param pauses to which replicas no repair is sent
 * @param summary what was counted since the last report
 */
record ReconcilerState(
        FloodGuard guard,
        Conflicts conflicts,
        ConflictChoices choices,
        RepairDispatcher dispatcher,
        RepairAnswers answers,
        Outages outages,
        Backfill backfill,
        LocalEvidence evidence,
        ApprovedWithoutProof unproven,
        PausedRepairs pauses,
        RoundSummaryBuilder summary) {

    static ReconcilerState of(PartitionContext context, FloodTotals totals, RoundMemory.Share memory) {
        Settings settings = context.settings();
        EntryTable table = context.table();
        Outbox outbox = context.outbox();
        FloodGuard guard = new FloodGuard(settings, table, context.partition(), totals);
        Conflicts conflicts = new Conflicts(settings, table, outbox);
        RoundSummaryBuilder summary = new RoundSummaryBuilder(table);
        PausedRepairs pauses = new PausedRepairs(table);
        RepairIds ids = new RepairIds(settings, context.hash());
        return new ReconcilerState(
                guard,
                conflicts,
                new ConflictChoices(settings, table),
                new RepairDispatcher(
                        settings, table, context.hash(), ids, outbox, guard, pauses, conflicts, summary, memory),
                new RepairAnswers(settings, ids, outbox::verified),
                new Outages(settings, table),
                new Backfill(settings, table),
                new LocalEvidence(settings, table, context.tree()),
                new ApprovedWithoutProof(table),
                pauses,
                summary);
    }

    /** The owners whose repairs a person has paused, with the time of the command. A source is never repaired, so it is not named. */
    private Map<String, Long> pausedSinceMs(Settings settings, List<String> owners) {
        return pauses.sinceMs(repaired(settings, owners));
    }

    private static List<String> repaired(Settings settings, List<String> owners) {
        return owners.stream()
                .filter(owner -> !settings.rules().sources().contains(owner))
                .toList();
    }

    /**
     * Which owners are paused, and for which a maintenance window is open. Where nothing is sent in it, the attempts so far do not count,
     * and tombstones that were sent to a replica that is being filled are sent again: some may have waited for the rate, and were dropped.
     * Once it ends, choices are carried out again.
     */
    RoundSummary.Resting resting(Settings settings, List<String> owners, long nowMs) {
        Map<String, RepairWindows.Window> windows = new TreeMap<>();
        repaired(settings, owners)
                .forEach(owner ->
                        settings.limits().windows().at(owner, nowMs).ifPresent(window -> windows.put(owner, window)));
        Set<String> resting = new TreeSet<>();
        windows.forEach((owner, window) -> {
            if (window.rests()) {
                resting.add(owner);
                dispatcher.paused(owner);
                backfill.paused(owner);
            }
        });
        if (dispatcher.windowEnded(resting)) {
            choices.carryOutAgain();
        }
        return new RoundSummary.Resting(pausedSinceMs(settings, owners), windows);
    }
}

package io.trueup.reconcile;

import io.trueup.reconcile.flood.FloodGuard;
import io.trueup.reconcile.flood.Outages;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.KeyedHash;

/**
 * What outlives rounds and changes of owners. Notes of {@link Conflicts} and {@link Backfill} lie beside the entries and survive a
 * restart; everything else here is lost with the process.
 *
 * @param guard which targets are held back, and which a person has approved
 * @param conflicts the conflicts that were reported
 * @param choices what people have chosen
 * @param dispatcher the divergences that stand, and the attempts to repair them
 * @param answers the repairs of this replica that wait for an answer
 * @param outages when each replica was away
 * @param backfill whether this replica is being filled, and which replicas must still be sent tombstones
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
        RoundSummaryBuilder summary) {

    static ReconcilerState of(Settings settings, EntryTable table, KeyedHash hash, Outbox outbox) {
        FloodGuard guard = new FloodGuard(settings);
        Conflicts conflicts = new Conflicts(settings, table, outbox);
        RoundSummaryBuilder summary = new RoundSummaryBuilder();
        return new ReconcilerState(
                guard,
                conflicts,
                new ConflictChoices(),
                new RepairDispatcher(settings, table, hash, outbox, guard, conflicts, summary),
                new RepairAnswers(),
                new Outages(settings),
                new Backfill(settings, table),
                summary);
    }
}

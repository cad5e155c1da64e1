package io.trueup.plan;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.sent.RepairIds;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a repair of a line of a plan and of the write events that the line names, if they still say what the plan says. Used by one
 * thread.
 */
final class RepairMaker {

    private final TrueupConfig config;
    private final Settings settings;
    private final RepairIds ids;
    private final long momentMs;

    /** @param momentMs the moment of the audit */
    RepairMaker(TrueupConfig config, KeyedHash hash, long momentMs) {
        this.config = config;
        this.momentMs = momentMs;
        settings = config.settings(config.replicas().get(0));
        ids = new RepairIds(settings, hash);
    }

    /**
     * A repair, or why there is none.
     *
     * @param repair the repair; null: there is none
     * @param digest digest of the winning value
     * @param value the value; null for a delete, or where it is to be fetched
     * @param refusal why there is none
     */
    record Made(Repair repair, Hash128 digest, byte[] value, String refusal) {

        private static Made refused(String reason) {
            return new Made(null, null, null, reason);
        }
    }

    /**
     * Makes the repair of a line.
     *
     * @param events the events at the places that the line names
     */
    Made make(PlannedRepair line, Map<EventPlace, EventReader.ReadBack> events, long nowMs) {
        if (!config.owners(line.partition()).contains(line.target())) {
            return Made.refused("replica " + line.target() + " does not own partition " + line.partition());
        }
        EventPlace winnerPlace = EventPlace.ofWinner(line);
        EventReader.ReadBack winner = events.get(winnerPlace);
        PlannedRepair.Winner planned = line.winner();
        Optional<String> fault =
                fault(winnerPlace, winner, line, planned.version(), planned.deleted(), "the entry that wins");
        if (fault.isEmpty() && winner.event().entry().positionMs() != planned.positionMs()) {
            fault = Optional.of("the entry that wins: " + winnerPlace + " has another position than the plan");
        }
        if (fault.isEmpty() && !planned.deleted() && winner.event().isDeadAt(nowMs)) {
            fault = Optional.of("the entry that wins has expired since the audit");
        }
        if (fault.isEmpty() && line.observed().isPresent()) {
            PlannedRepair.Observed observed = line.observed().get();
            EventPlace place = EventPlace.ofObserved(line, observed);
            fault = fault(
                    place,
                    events.get(place),
                    line,
                    observed.version(),
                    observed.deleted(),
                    "the entry that " + line.target() + " held");
        }
        return fault.map(Made::refused).orElseGet(() -> made(line, winner.event(), events, nowMs));
    }

    private Optional<String> fault(
            EventPlace place,
            EventReader.ReadBack found,
            PlannedRepair line,
            long version,
            boolean deleted,
            String what) {
        if (found.event() == null) {
            return Optional.of(what + ": " + place + " " + found.missing());
        }
        StoredEvent event = found.event();
        if (!Arrays.equals(event.key(), line.key())) {
            return Optional.of(what + ": " + place + " is a write event of another key");
        }
        if (event.entry().version() != version) {
            return Optional.of(
                    what + ": " + place + " has version " + event.entry().version() + ", and the plan " + version);
        }
        if (event.isDeadAt(momentMs) != deleted) {
            return Optional.of(what + ": " + place + " is " + (deleted ? "live" : "deleted") + ", and in the plan "
                    + (deleted ? "deleted" : "live"));
        }
        return Optional.empty();
    }

    private Made made(
            PlannedRepair line, StoredEvent winner, Map<EventPlace, EventReader.ReadBack> events, long nowMs) {
        EntrySummary entry = winner.entry();
        boolean deletes = line.winner().deleted();
        EntrySummary observed = line.observed()
                .map(held ->
                        events.get(EventPlace.ofObserved(line, held)).event().entry())
                .orElse(null);
        Repair repair = new Repair(
                ids.id(
                        entry.keyHash(),
                        line.target(),
                        entry.version(),
                        entry.vector(),
                        entry.deleted(),
                        entry.digest()),
                line.key(),
                entry.keyHash(),
                line.target(),
                line.winner().replica(),
                line.reason(),
                new Repair.Winner(
                        entry.version(),
                        entry.vector(),
                        entry.positionMs(),
                        deletes,
                        deletes ? Entry.NEVER : entry.expiryMs(),
                        deletes ? -1 : line.winner().offset()),
                new Repair.Condition(true, observed),
                momentMs,
                1,
                nowMs + settings.times().repairValidityMs());
        return new Made(repair, entry.digest(), deletes ? null : winner.value(), null);
    }
}

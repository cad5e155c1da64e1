package io.trueup.reconcile;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.Waiting;
import io.trueup.reconcile.settings.RepairWindows;
import java.util.List;
import java.util.Map;

/**
 * What a reconciler saw and did in one round; the fields are those of the public {@code RoundReport}. "Since the last report"
 * means since this reconciler's last report of this partition.
 *
 * @param round number of the round
 * @param cutMs its cut
 * @param outcome how it ended
 * @param note why, or null
 * @param roundsWithoutComparison consecutive rounds, this one included, in which no peer was compared; with those that were
 *     never due, because time has stood still or has jumped
 * @param peers which of the other owners were heard
 * @param holdings what this replica and the others hold
 * @param comparison what was compared and found
 * @param repairs what was repaired, and what was not
 * @param upkeep what happened beside the comparison
 * @param control control messages sent in this round
 * @param timing how long it took
 */
public record RoundSummary(
        long round,
        long cutMs,
        Outcome outcome,
        String note,
        int roundsWithoutComparison,
        Peers peers,
        Holdings holdings,
        Comparison comparison,
        Repairs repairs,
        Upkeep upkeep,
        Control control,
        Timing timing) {

    /** The same with a note about the clocks, in front of the note that it has. */
    public RoundSummary withNote(String clocks) {
        return new RoundSummary(
                round,
                cutMs,
                outcome,
                note == null ? clocks : clocks + "; " + note,
                roundsWithoutComparison,
                peers,
                holdings,
                comparison,
                repairs,
                upkeep,
                control,
                timing);
    }

    /**
     * Which of the other owners were heard, by name.
     *
     * @param heard peers whose root was heard
     * @param silent peers whose root was not heard
     * @param lagging peers left out because they lag behind as a whole
     * @param disagreeing peers left out because their fingerprint differs
     * @param rebuilding peers that have lost their state and read their writes topic again
     */
    public record Peers(
            List<String> heard,
            List<String> silent,
            List<String> lagging,
            List<String> disagreeing,
            List<String> rebuilding) {}

    /**
     * What this replica and the others hold.
     *
     * @param root root hash in hexadecimal; empty if the cut was not sealed
     * @param entries live entries at the cut
     * @param mostEntries live entries of the replica that has most
     * @param watermarkMs highest position seen, not counting writes that repairs caused
     * @param filling live entries of each replica that was empty and is being filled
     */
    public record Holdings(String root, long entries, long mostEntries, long watermarkMs, Map<String, Long> filling) {}

    /**
     * What was compared and found.
     *
     * @param segments segments whose entries were compared
     * @param keys keys compared one by one
     * @param divergences divergent keys by kind, each key and target counted once
     * @param conflicts keys for which a person must decide
     * @param waits why divergences wait, by target and reason
     * @param needsPerson keys for which a person must decide, by reason
     * @param sample some of the divergences
     */
    public record Comparison(
            int segments,
            long keys,
            Map<Divergence, Long> divergences,
            long conflicts,
            List<Wait> waits,
            Map<Conflict.Reason, Long> needsPerson,
            List<DivergentKey> sample) {}

    /**
     * Divergences of one target that wait for one reason.
     *
     * @param target the replica that differs
     * @param reason why no action is taken yet
     * @param keys how many keys
     * @param sinceMs time of the earliest write concerned
     */
    public record Wait(String target, Waiting.Reason reason, long keys, long sinceMs) {

        Wait and(Wait other) {
            return new Wait(target, reason, keys + other.keys, Math.min(sinceMs, other.sinceMs));
        }

        /** One key less; null if none is left. The time stays. */
        Wait less() {
            return keys == 1 ? null : new Wait(target, reason, keys - 1, sinceMs);
        }
    }

    /**
     * What was repaired, and what was not.
     *
     * @param sent repair events emitted since the last report, by target
     * @param waiting divergences left for later
     * @param verified repairs of this replica answered with the winning or a newer entry since the last report
     * @param declined repairs of this replica answered with another entry since the last report
     * @param failed divergences that still stand after the configured attempts
     * @param guarded repairs that the flood guard held back in this round, estimated, by target
     * @param suspicious for each replica that the flood guard has weighed, keys to repair that may be a sign of a mistake,
     *     whether they are held back or not
     * @param resting owners whose repairs rest or are slowed down
     */
    public record Repairs(
            Map<String, Long> sent,
            long waiting,
            long verified,
            long declined,
            long failed,
            Map<String, Long> guarded,
            Map<String, Long> suspicious,
            Resting resting) {

        /** Owners to which no repair is sent, because a person has paused that, with the time of the command. */
        public Map<String, Long> pausedSinceMs() {
            return resting.pausedSinceMs();
        }
    }

    /**
     * Owners whose repairs rest or are slowed down.
     *
     * @param pausedSinceMs those to which no repair is sent, because a person has paused that, with the time of the command
     * @param windows those for which a maintenance window is open
     */
    public record Resting(Map<String, Long> pausedSinceMs, Map<String, RepairWindows.Window> windows) {}

    /**
     * What happened beside the comparison, since the last report.
     *
     * @param probes keys compared by probes
     * @param forgotten tombstones and expired entries forgotten
     * @param dropped entries dropped because a scan of the datastore did not find them
     * @param clamped write events with a position ahead of their append time
     */
    public record Upkeep(long probes, long forgotten, long dropped, long clamped) {}

    /**
     * Control messages sent in this round.
     *
     * @param messages how many
     * @param bytes their encoded size
     */
    public record Control(long messages, long bytes) {}

    /**
     * How long the round took.
     *
     * @param sealedAfterMs from due to sealed
     * @param durationMs from sealed to this report
     */
    public record Timing(long sealedAfterMs, long durationMs) {}

    /** How a round ended. */
    public enum Outcome {
        /** All peers heard have the same tree. */
        EQUAL,
        /** Some peers differ. */
        DIVERGENT,
        /** The only peers that differ lag behind this replica, or this replica lags behind them: they are waited for. */
        LAGGING,
        /** No peer was heard. */
        ALONE,
        /** The cut was not sealed. */
        SKIPPED
    }

    /** What was done about a divergent key. */
    public enum Action {
        /** This reconciler emitted a repair. */
        EMITTED,
        /** Another replica supplies the repair. */
        LEFT_TO_SUPPLIER,
        /**
         * For later: a repair is under way, the flood guard awaits reports of other partitions, or a probe found it before a round
         * has compared all owners since the start.
         */
        WAITING,
        /** For later: this round has emitted as many repairs as it may. */
        PACED,
        /** Held back by the flood guard. */
        GUARDED,
        /** Only reported, because a person has paused the repairs of the target, or in a maintenance window. */
        PAUSED,
        /** Only reported, by configuration. */
        OBSERVED,
        /** No entry wins. */
        LEFT_TO_PERSON,
        /** Still divergent after the configured attempts; emitted once more or waiting. */
        FAILED
    }

    /**
     * One divergent key on one target.
     *
     * @param keyHash keyed hash of the key in hexadecimal
     * @param key the key, or null if this replica does not hold it
     * @param target the replica that differs
     * @param kind how
     * @param supplier the replica that supplies the repair, or null
     * @param action what was done
     * @param waitsFor why it waits; null if it does not
     * @param reason why a person must decide; null if a rule decides
     */
    public record DivergentKey(
            String keyHash,
            byte[] key,
            String target,
            Divergence kind,
            String supplier,
            Action action,
            Waiting waitsFor,
            Conflict.Reason reason) {}
}

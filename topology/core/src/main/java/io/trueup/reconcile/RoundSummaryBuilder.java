package io.trueup.reconcile;

import io.trueup.reconcile.RoundSummary.Action;
import io.trueup.reconcile.RoundSummary.DivergentKey;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.Finding;
import io.trueup.reconcile.rule.Waiting;
import io.trueup.reconcile.sent.RepairAnswers;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Counts what a reconciler finds and does between two reports, and makes the next report of it. Some of that happens between
 * rounds, so one builder serves all rounds. The number of rounds without a comparison is noted beside the entries: a process that is
 * started again and again would never reach the number at which an operator is warned. Not thread-safe.
 */
final class RoundSummaryBuilder {

    // The name of the note is part of the stored state.
    private static final String WITHOUT_COMPARISON = "rounds without comparison";
    private static final byte VERSION = 1;

    private static final int MAX_SAMPLES = 32;
    /** So many divergences, and so many of them in percent, must have equal values to be a sign of unsuitable settings. */
    private static final int MIN_SAME_VALUES = 10;

    private static final int MIN_PERCENT_SAME_VALUES = 80;

    private final EntryTable table;
    private final EnumMap<Divergence, Long> divergences = new EnumMap<>(Divergence.class);
    private final TreeMap<String, Long> repairsSent = new TreeMap<>();
    private final TreeSet<String> disagreeing = new TreeSet<>();
    private final TreeSet<String> rebuilding = new TreeSet<>();
    private final TreeMap<String, RoundSummary.Wait> waits = new TreeMap<>();
    private final EnumMap<Conflict.Reason, Long> needsPerson = new EnumMap<>(Conflict.Reason.class);
    private final List<DivergentKey> sample = new ArrayList<>();
    private long sameValues;
    private long waiting;
    private long failed;
    private long probes;
    private long forgotten;
    private long dropped;
    private long clampedReported;
    private int roundsWithoutComparison;
    private int noted;

    /** Reads what was noted. */
    RoundSummaryBuilder(EntryTable table) {
        this.table = table;
        byte[] note = table.note(WITHOUT_COMPARISON);
        if (note != null) {
            NoteReader in = new NoteReader(WITHOUT_COMPARISON, note, VERSION);
            roundsWithoutComparison = Math.toIntExact(in.number());
            in.end();
            noted = roundsWithoutComparison;
        }
    }

    /** A divergence was found. */
    void found(Divergence kind) {
        divergences.merge(kind, 1L, Long::sum);
    }

    /** Something was done about a divergence; the first few are kept as examples. */
    void did(Action action, Hash128 keyHash, byte[] key, Finding finding, String supplier) {
        if (action == Action.WAITING || action == Action.PACED) {
            waiting++;
        }
        if (finding.isOfSameValue()) {
            sameValues++;
        }
        Waiting wait = finding.waitsFor();
        if (wait != null) {
            waits.merge(
                    finding.target() + ' ' + wait.reason(),
                    new RoundSummary.Wait(finding.target(), wait.reason(), 1, wait.sinceMs()),
                    RoundSummary.Wait::and);
        }
        if (finding.isConflict()) {
            needsPerson.merge(finding.conflict().reason(), 1L, Long::sum);
        }
        if (sample.size() < MAX_SAMPLES) {
            sample.add(new DivergentKey(
                    keyHash.toString(),
                    key,
                    finding.target(),
                    finding.kind(),
                    supplier,
                    action,
                    wait,
                    finding.isConflict() ? finding.conflict().reason() : null));
        }
    }

    /** A divergence is judged again in the same round: takes back what was counted of it. */
    void takeBack(Action action, Hash128 keyHash, Finding finding) {
        decrement(divergences, finding.kind());
        if (action == Action.WAITING || action == Action.PACED) {
            waiting--;
        }
        if (action == Action.FAILED) {
            failed--;
        }
        if (finding.isOfSameValue()) {
            sameValues--;
        }
        Waiting wait = finding.waitsFor();
        if (wait != null) {
            waits.computeIfPresent(finding.target() + ' ' + wait.reason(), (target, all) -> all.less());
        }
        if (finding.isConflict()) {
            decrement(needsPerson, finding.conflict().reason());
        }
        String text = keyHash.toString();
        sample.removeIf(key ->
                key.keyHash().equals(text) && key.target().equals(finding.target()) && key.kind() == finding.kind());
    }

    private static <K> void decrement(Map<K, Long> counts, K key) {
        counts.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
    }

    /** A repair event was emitted. */
    void emitted(String target) {
        repairsSent.merge(target, 1L, Long::sum);
    }

    /** A divergence of this supplier still stands after the configured attempts. */
    void failed() {
        failed++;
    }

    /** A key was compared by a probe. */
    void probed() {
        probes++;
    }

    /** Tombstones and expired entries were forgotten. */
    void forgot(long count) {
        forgotten += count;
    }

    /** Entries were dropped because a scan did not find them. */
    void dropped(long count) {
        dropped += count;
    }

    /** A peer's message carried another fingerprint. */
    void disagreed(String peer) {
        disagreeing.add(peer);
    }

    /** A peer has said that it rebuilds its state. */
    void rebuilding(String peer) {
        rebuilding.add(peer);
    }

    /** Rounds were never due, because time has stood still or has jumped. */
    void missed(long rounds) {
        roundsWithoutComparison = (int) Math.min(Integer.MAX_VALUE - 1, roundsWithoutComparison + rounds);
    }

    /**
     * What the report takes from elsewhere.
     *
     * @param heard peers whose root was heard
     * @param silent peers whose root was not heard
     * @param lagging peers left out because they lag behind as a whole
     * @param holdings what this replica and the others hold
     * @param segments segments whose entries were compared
     * @param keys keys compared one by one
     * @param conflicts keys of which no entry wins
     * @param guarded repairs that the flood guard holds back, by target
     * @param suspicious keys to repair that may be a sign of a mistake, by target
     * @param resting owners whose repairs rest or are slowed down
     * @param control control messages sent in this round
     * @param timing how long the round took
     */
    record Observed(
            List<String> heard,
            List<String> silent,
            List<String> lagging,
            RoundSummary.Holdings holdings,
            int segments,
            long keys,
            long conflicts,
            Map<String, Long> guarded,
            Map<String, Long> suspicious,
            RoundSummary.Resting resting,
            RoundSummary.Control control,
            RoundSummary.Timing timing) {

        /** A round that compares nothing. */
        static Observed nothing(
                RoundSummary.Holdings holdings,
                Map<String, Long> guarded,
                RoundSummary.Resting resting,
                RoundSummary.Timing timing) {
            return new Observed(
                    List.of(),
                    List.of(),
                    List.of(),
                    holdings,
                    0,
                    0,
                    0,
                    guarded,
                    Map.of(),
                    resting,
                    new RoundSummary.Control(0, 0),
                    timing);
        }
    }

    /**
     * The report of a round; counting starts anew.
     *
     * @param answers how repairs of this replica were answered
     * @param clamped write events so far with a position ahead of their append time
     */
    RoundSummary build(
            long round,
            long cutMs,
            Outcome outcome,
            String note,
            Observed observed,
            RepairAnswers answers,
            long clamped) {
        boolean compared = outcome == Outcome.EQUAL || outcome == Outcome.DIVERGENT;
        missed(1);
        roundsWithoutComparison = compared ? 0 : roundsWithoutComparison;
        noteRoundsWithoutComparison();
        RoundSummary summary = new RoundSummary(
                round,
                cutMs,
                outcome,
                note == null ? hint() : note,
                roundsWithoutComparison,
                new RoundSummary.Peers(
                        observed.heard(),
                        observed.silent(),
                        observed.lagging(),
                        List.copyOf(disagreeing),
                        List.copyOf(rebuilding)),
                observed.holdings(),
                new RoundSummary.Comparison(
                        observed.segments(),
                        observed.keys(),
                        Collections.unmodifiableMap(new EnumMap<>(divergences)),
                        observed.conflicts(),
                        List.copyOf(waits.values()),
                        Collections.unmodifiableMap(new EnumMap<>(needsPerson)),
                        List.copyOf(sample)),
                new RoundSummary.Repairs(
                        Collections.unmodifiableMap(new TreeMap<>(repairsSent)),
                        waiting,
                        answers.takeVerified(),
                        answers.takeDeclined(),
                        failed,
                        observed.guarded(),
                        observed.suspicious(),
                        observed.resting()),
                new RoundSummary.Upkeep(probes, forgotten, dropped, clamped - clampedReported),
                observed.control(),
                observed.timing());
        clampedReported = clamped;
        reset();
        return summary;
    }

    private void noteRoundsWithoutComparison() {
        if (roundsWithoutComparison != noted) {
            noted = roundsWithoutComparison;
            table.note(
                    WITHOUT_COMPARISON,
                    noted == 0
                            ? null
                            : new FieldWriter().tag(VERSION).number(noted).toBytes());
        }
    }

    /** The usual cause of what was found, if it looks like one that is no lost write; null otherwise. */
    private String hint() {
        long all = divergences.values().stream().mapToLong(Long::longValue).sum();
        return sameValues >= MIN_SAME_VALUES && 100 * sameValues >= MIN_PERCENT_SAME_VALUES * all
                ? sameValues + " of " + all
                        + " divergences are of equal values, under other versions or with another expiry: if"
                        + " each side gives versions of its own, set compare=value"
                : null;
    }

    private void reset() {
        sameValues = 0;
        divergences.clear();
        repairsSent.clear();
        disagreeing.clear();
        rebuilding.clear();
        waits.clear();
        needsPerson.clear();
        sample.clear();
        waiting = 0;
        failed = 0;
        probes = 0;
        forgotten = 0;
        dropped = 0;
    }
}

package io.trueup.report;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.rule.Waiting;
import io.trueup.reconcile.settings.RepairWindows;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Wait;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Converts the reconciler's summary of a round to the public report and to a line for the log. */
public final class RoundReports {

    private RoundReports() {}

    public static RoundReport report(
            String dataset, String replica, int partition, RoundSummary round, long malformed) {
        return RoundReport.newBuilder()
                .setDataset(dataset)
                .setReplica(replica)
                .setPartition(partition)
                .setRound(round.round())
                .setCut(round.cutMs())
                .setOutcome(Outcome.valueOf(round.outcome().name()))
                .setNote(round.note())
                .setHeard(round.peers().heard())
                .setSilent(round.peers().silent())
                .setLagging(round.peers().lagging())
                .setDisagreeing(round.peers().disagreeing())
                .setRebuilding(round.peers().rebuilding())
                .setRoundsWithoutComparison(round.roundsWithoutComparison())
                .setWaits(round.comparison().waits().stream()
                        .map(wait -> new Wait(wait.target(), wait.reason().name(), wait.keys(), wait.sinceMs()))
                        .toList())
                .setNeedsPerson(byReason(round))
                .setRoot(round.holdings().root())
                .setEntries(round.holdings().entries())
                .setWatermark(round.holdings().watermarkMs())
                .setSegments(round.comparison().segments())
                .setKeys(round.comparison().keys())
                .setDivergences(byName(round))
                .setRepairs(round.repairs().sent())
                .setWaiting(round.repairs().waiting())
                .setVerified(round.repairs().verified())
                .setDeclined(round.repairs().declined())
                .setFailed(round.repairs().failed())
                .setGuarded(round.repairs().guarded())
                .setPaused(round.repairs().pausedSinceMs())
                .setWindows(windows(round, RepairWindows.Window::untilMs))
                .setWindowRates(windows(round, RepairWindows.Window::perSecond))
                .setSuspicious(round.repairs().suspicious())
                .setFilling(List.copyOf(round.holdings().filling().keySet()))
                .setFillingEntries(round.holdings().filling())
                .setMostEntries(round.holdings().mostEntries())
                .setConflicts(round.comparison().conflicts())
                .setProbes(round.upkeep().probes())
                .setForgotten(round.upkeep().forgotten())
                .setDropped(round.upkeep().dropped())
                .setClamped(round.upkeep().clamped())
                .setMalformed(malformed)
                .setControlMessages(round.control().messages())
                .setControlBytes(round.control().bytes())
                .setSealedAfterMs(round.timing().sealedAfterMs())
                .setDurationMs(round.timing().durationMs())
                .setSample(round.comparison().sample().stream()
                        .map(RoundReports::divergentKey)
                        .toList())
                .build();
    }

    private static Map<String, Long> byName(RoundSummary round) {
        Map<String, Long> byName = new TreeMap<>();
        round.comparison().divergences().forEach((kind, count) -> byName.put(kind.name(), count));
        return byName;
    }

    private static <T> Map<String, T> windows(RoundSummary round, Function<RepairWindows.Window, T> value) {
        Map<String, T> values = new TreeMap<>();
        round.repairs().resting().windows().forEach((target, window) -> values.put(target, value.apply(window)));
        return values;
    }

    private static Map<String, Long> byReason(RoundSummary round) {
        Map<String, Long> byReason = new TreeMap<>();
        round.comparison().needsPerson().forEach((reason, count) -> byReason.put(reason.name(), count));
        return byReason;
    }

    private static DivergentKey divergentKey(RoundSummary.DivergentKey key) {
        return new DivergentKey(
                key.keyHash(),
                key.key() == null ? null : ByteBuffer.wrap(key.key()),
                key.target(),
                key.kind().name(),
                key.supplier(),
                key.action().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                reason(key),
                key.waitsFor() == null ? null : key.waitsFor().sinceMs());
    }

    private static String reason(RoundSummary.DivergentKey key) {
        if (key.waitsFor() != null) {
            return key.waitsFor().reason().name();
        }
        return key.reason() == null ? null : key.reason().name();
    }

    /**
     * The line that announces that a replica is filled.
     *
     * @param where replica and partition of the reconciler that has found it
     * @param held whether its repairs wait for an approval
     */
    public static String filling(
            TrueupConfig config, String where, String target, long lacking, long entries, boolean held) {
        String lacks = where + ": replica " + target + " lacks about " + lacking + " of " + entries
                + " entries of this partition, ";
        return held
                ? lacks
                        + "and its repairs are held back. Look for the reason. If the replica is meant to be filled, approve it: "
                        + FloodAlarm.approveCommand(config, target)
                : lacks + "and is filled now, at " + config.repairRate()
                        + " repairs per second in all partitions at most.";
    }

    /** Whether the round should be logged for an operator. */
    public static boolean noteworthy(RoundSummary round, long malformed) {
        return round.repairs().failed() > 0
                || malformed > 0
                || round.comparison().divergences().values().stream().anyMatch(count -> count > 0)
                || !round.peers().disagreeing().isEmpty()
                || !round.repairs().guarded().isEmpty()
                || !round.holdings().filling().isEmpty()
                || round.comparison().conflicts() > 0
                || round.upkeep().dropped() > 0;
    }

    public static String line(String replica, int partition, RoundSummary round, long malformed) {
        StringBuilder line = new StringBuilder(160)
                .append(replica)
                .append('/')
                .append(partition)
                .append(" round ")
                .append(round.round())
                .append(": ")
                .append(round.outcome());
        if (round.note() != null) {
            line.append(" (").append(round.note()).append(')');
        }
        line.append(", ").append(round.holdings().entries()).append(" entries");
        if (round.roundsWithoutComparison() > 1) {
            append(line, "rounds in a row without a comparison", round.roundsWithoutComparison());
        }
        append(line, "divergent", byName(round));
        append(line, "repairs sent", round.repairs().sent());
        append(line, "waiting", round.repairs().waiting());
        round.comparison().waits().stream()
                .filter(wait -> isProof(wait.reason()))
                .forEach(wait -> line.append(", ")
                        .append(wait.target())
                        .append(' ')
                        .append(wait.reason())
                        .append(' ')
                        .append(wait.keys())
                        .append(" since ")
                        .append(Instant.ofEpochMilli(wait.sinceMs())));
        append(line, "left to a person", byReason(round));
        append(line, "verified", round.repairs().verified());
        append(line, "declined", round.repairs().declined());
        append(line, "failed", round.repairs().failed());
        append(line, "held back by the flood guard", round.repairs().guarded());
        append(line, "paused", List.copyOf(round.repairs().pausedSinceMs().keySet()));
        append(
                line,
                "in a maintenance window",
                List.copyOf(round.repairs().resting().windows().keySet()));
        append(
                line,
                "being filled, of " + round.holdings().mostEntries() + " entries",
                round.holdings().filling());
        append(line, "probed", round.upkeep().probes());
        append(line, "forgotten", round.upkeep().forgotten());
        append(line, "dropped after a scan", round.upkeep().dropped());
        append(line, "malformed", malformed);
        append(line, "silent", round.peers().silent());
        append(line, "lagging", round.peers().lagging());
        append(line, "settings differ", round.peers().disagreeing());
        append(line, "rebuilding", round.peers().rebuilding());
        return line.toString();
    }

    /** A warning that several rounds in a row have compared nothing. */
    public static String notCompared(String replica, int partition, RoundSummary round) {
        StringBuilder line = new StringBuilder(160)
                .append(replica)
                .append('/')
                .append(partition)
                .append(": ")
                .append(round.roundsWithoutComparison())
                .append(" rounds in a row have compared nothing; the last one is ")
                .append(round.outcome());
        append(line, "silent", round.peers().silent());
        append(line, "lagging", round.peers().lagging());
        append(line, "settings differ", round.peers().disagreeing());
        append(line, "rebuilding", round.peers().rebuilding());
        if (round.note() != null) {
            line.append(": ").append(round.note());
        }
        return line.append(
                        ". Divergences are neither found nor repaired meanwhile. Check whether the other reconcilers run"
                                + " and are not behind, and whether all machines have the right time")
                .toString();
    }

    /** Whether time alone does not end the wait. */
    private static boolean isProof(Waiting.Reason reason) {
        return reason == Waiting.Reason.NOT_SEEN || reason == Waiting.Reason.ABSENCE_UNKNOWN;
    }

    private static void append(StringBuilder line, String what, long count) {
        if (count > 0) {
            line.append(", ").append(what).append(' ').append(count);
        }
    }

    private static void append(StringBuilder line, String what, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            line.append(", ").append(what).append(' ').append(new TreeMap<>(counts));
        }
    }

    private static void append(StringBuilder line, String what, List<String> names) {
        if (!names.isEmpty()) {
            line.append(", ").append(what).append(' ').append(names);
        }
    }
}

package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** From the reconciler's summary of a round to the public report, and to a line for the log. */
final class RoundReports {

    private RoundReports() {}

    static RoundReport report(String dataset, String replica, int partition, RoundSummary round, long malformed) {
        return RoundReport.newBuilder()
                .setDataset(dataset)
                .setReplica(replica)
                .setPartition(partition)
                .setRound(round.round())
                .setCut(round.cutMs())
                .setOutcome(Outcome.valueOf(round.outcome().name()))
                .setNote(round.note())
                .setHeard(round.heard())
                .setSilent(round.silent())
                .setLagging(round.lagging())
                .setDisagreeing(round.disagreeing())
                .setRoot(round.root())
                .setEntries(round.entries())
                .setWatermark(round.watermarkMs())
                .setSegments(round.segments())
                .setKeys(round.keys())
                .setDivergences(byName(round))
                .setRepairs(round.repairs())
                .setWaiting(round.waiting())
                .setVerified(round.verified())
                .setDeclined(round.declined())
                .setFailed(round.failed())
                .setGuarded(round.guarded())
                .setSeeding(List.copyOf(round.seeding().keySet()))
                .setSeedingEntries(round.seeding())
                .setMostEntries(round.mostEntries())
                .setConflicts(round.conflicts())
                .setProbes(round.probes())
                .setForgotten(round.forgotten())
                .setDropped(round.dropped())
                .setClamped(round.clamped())
                .setMalformed(malformed)
                .setControlMessages(round.controlMessages())
                .setControlBytes(round.controlBytes())
                .setSealedAfterMs(round.sealedAfterMs())
                .setDurationMs(round.durationMs())
                .setSample(
                        round.sample().stream().map(RoundReports::divergentKey).toList())
                .build();
    }

    private static Map<String, Long> byName(RoundSummary round) {
        Map<String, Long> byName = new TreeMap<>();
        round.divergences().forEach((kind, count) -> byName.put(kind.name(), count));
        return byName;
    }

    private static DivergentKey divergentKey(RoundSummary.DivergentKey key) {
        return new DivergentKey(
                key.keyHash(),
                key.key() == null ? null : ByteBuffer.wrap(key.key()),
                key.target(),
                key.kind().name(),
                key.supplier(),
                key.action().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    }

    /** Whether a person may want to see the round in the log. */
    static boolean noteworthy(RoundSummary round, long malformed) {
        return round.failed() > 0
                || malformed > 0
                || round.divergences().values().stream().anyMatch(count -> count > 0)
                || !round.disagreeing().isEmpty()
                || !round.guarded().isEmpty()
                || !round.seeding().isEmpty()
                || round.conflicts() > 0
                || round.dropped() > 0;
    }

    static String line(String replica, int partition, RoundSummary round, long malformed) {
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
        line.append(", ").append(round.entries()).append(" entries");
        append(line, "divergent", byName(round));
        append(line, "repairs sent", round.repairs());
        append(line, "waiting", round.waiting());
        append(line, "verified", round.verified());
        append(line, "declined", round.declined());
        append(line, "failed", round.failed());
        append(line, "held back by the flood guard", round.guarded());
        append(line, "being filled, of " + round.mostEntries() + " entries", round.seeding());
        append(line, "conflicts", round.conflicts());
        append(line, "probed", round.probes());
        append(line, "forgotten", round.forgotten());
        append(line, "dropped after a scan", round.dropped());
        append(line, "malformed", malformed);
        append(line, "silent", round.silent());
        append(line, "lagging", round.lagging());
        append(line, "settings differ", round.disagreeing());
        return line.toString();
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

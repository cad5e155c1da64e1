package io.trueup.cli;

import io.trueup.history.Event;
import io.trueup.history.Round;
import io.trueup.history.Rounds;
import io.trueup.schema.Approval;
import io.trueup.schema.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.RoundReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rounds for people, a line each. */
final class HistoryText implements Rounds.Listener {

    private static final List<String> KINDS = List.of("Root", "Level", "Segment", "Probe", "Held");

    private final StreamedTable table;

    HistoryText(PrintWriter out) {
        table = new StreamedTable(
                out,
                "CUT                     ",
                "PARTITION",
                "OUTCOME  ",
                "REPORTED BY",
                "SEGMENTS",
                "KEYS",
                "DIFFER   ",
                "REPAIRS SENT",
                "VERIFIED     ",
                "CONTROL                  ",
                "NOTES");
    }

    boolean isEmpty() {
        return table.isEmpty();
    }

    @Override
    public void round(Round round) {
        table.row(
                RepairLine.time(round.cutMs()),
                Integer.toString(round.partition()),
                round.outcome().name(),
                String.join(",", round.reporters()),
                count(round.segments()),
                count(round.keys()),
                counts(round.divergences()),
                counts(round.repairs()),
                verified(round),
                control(round),
                String.join("; ", notes(round)));
    }

    @Override
    public void remark(Event event) {
        String partition = "";
        String what;
        String words;
        if (event instanceof Event.ControlSent told) {
            partition = Integer.toString(told.message().getPartition());
            what = told.message().getBody() instanceof Approval ? "APPROVED" : "CHOSEN";
            words = told.message().getBody() instanceof Approval approval
                    ? approved(approval)
                    : chosen((Choice) told.message().getBody());
        } else {
            Event.ConflictUpdated disputed = (Event.ConflictUpdated) event;
            what = disputed.conflict() == null ? "SETTLED" : "CONFLICT";
            partition = disputed.conflict() == null
                    ? ""
                    : Integer.toString(disputed.conflict().getPartition());
            words = RepairLine.key(disputed.key())
                    + (disputed.conflict() == null ? "" : ": " + sides(disputed.conflict()));
        }
        table.row(RepairLine.time(event.place().timeMs()), partition, what, "", "", "", "", "", "", "", words);
    }

    static String approved(Approval approval) {
        return "a person approved the repairs of " + approval.getTarget() + " until "
                + RepairLine.time(approval.getUntil());
    }

    static String chosen(Choice choice) {
        byte[] key = new byte[choice.getKey().remaining()];
        choice.getKey().duplicate().get(key);
        return "a person chose for " + RepairLine.key(key) + " what " + choice.getChosen() + " holds, version "
                + choice.getVersion();
    }

    /** The sides of a conflict: {@code eu,ap hold version 7, digest 01234567; us holds …}. */
    static String sides(ConflictEvent conflict) {
        return conflict.getSides().stream().map(HistoryText::side).collect(Collectors.joining("; "));
    }

    private static String side(ConflictSide side) {
        String version = side.getVector() == null
                ? Long.toString(side.getVersion())
                : new TreeMap<>(side.getVector())
                        .entrySet().stream().map(Object::toString).collect(Collectors.joining(","));
        return String.join(",", side.getReplicas())
                + (side.getReplicas().size() == 1 ? " holds " : " hold ")
                + (side.getDeleted() ? "deleted, " : "")
                + "version " + version
                + (side.getDigest() == null ? "" : ", digest " + start(side.getDigest()));
    }

    /** The begin of a digest: enough to tell two apart. */
    static String start(String digest) {
        return digest.substring(0, Math.min(8, digest.length()));
    }

    /** {@code MISSING 2, STALE 1}; empty if there is nothing. */
    static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + " " + AuditText.number(count.getValue()))
                .collect(Collectors.joining(", "));
    }

    static String seconds(long ms) {
        return String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
    }

    /** {@code us 3 in 0.4-2.1 s}: measured to the answers; {@code us 3 within 2.1 s}: to the report. */
    private static String verified(Round round) {
        Map<String, Round.Took> took = round.took();
        return round.verified().entrySet().stream()
                .map(count ->
                        count.getKey() + " " + AuditText.number(count.getValue()) + time(took.get(count.getKey())))
                .collect(Collectors.joining(", "));
    }

    private static String time(Round.Took took) {
        if (took == null) {
            return "";
        }
        if (!took.exact()) {
            return " within " + seconds(took.mostMs());
        }
        String least = seconds(took.leastMs());
        return " in " + (least.equals(seconds(took.mostMs())) ? "" : least.replace(" s", "-")) + seconds(took.mostMs());
    }

    private static String control(Round round) {
        String kinds = KINDS.stream()
                .filter(round.control()::containsKey)
                .map(kind -> round.control().get(kind) + " " + kind)
                .collect(Collectors.joining(", "));
        return (kinds.isEmpty() ? AuditText.number(round.controlMessages()) + " messages" : kinds) + ": "
                + RepairLine.bytes(round.controlBytes());
    }

    static List<String> notes(Round round) {
        List<String> notes = new ArrayList<>();
        for (RoundReport report : round.reports()) {
            if (report.getNote() != null) {
                notes.add(report.getReplica() + ": " + report.getNote());
            } else if (report.getOutcome() != round.outcome()) {
                notes.add(report.getReplica() + ": " + report.getOutcome());
            }
        }
        add(notes, "silent", round.silent());
        add(notes, "lagging", round.lagging());
        add(notes, "settings differ", round.disagreeing());
        add(notes, "being filled", round.seeding());
        add(notes, "declined", round.declined());
        add(notes, "held back by the flood guard", round.guarded());
        add(notes, "waiting", round.waiting());
        add(notes, "failed", round.failed());
        add(notes, "conflicts", round.conflicts());
        add(notes, "probed", round.total(RoundReport::getProbes));
        add(notes, "forgotten", round.total(RoundReport::getForgotten));
        add(notes, "dropped after a scan", round.total(RoundReport::getDropped));
        add(notes, "positions ahead of time", round.total(RoundReport::getClamped));
        add(notes, "malformed", round.total(RoundReport::getMalformed));
        return notes;
    }

    private static void add(List<String> notes, String what, Collection<String> names) {
        if (!names.isEmpty()) {
            notes.add(what + " " + String.join(",", names));
        }
    }

    private static void add(List<String> notes, String what, Map<String, Long> counts) {
        if (!counts.isEmpty()) {
            notes.add(what + " " + counts(counts));
        }
    }

    private static void add(List<String> notes, String what, long count) {
        if (count > 0) {
            notes.add(what + " " + AuditText.number(count));
        }
    }

    private static String count(long count) {
        return count == 0 ? "" : AuditText.number(count);
    }
}

package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.StreamedTable;
import io.trueup.history.Event;
import io.trueup.history.Round;
import io.trueup.history.Rounds;
import io.trueup.schema.Approval;
import io.trueup.schema.Choice;
import io.trueup.schema.Complete;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.schema.Pause;
import io.trueup.schema.RoundReport;
import io.trueup.tree.Entry;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rounds for people, a line each. Not thread-safe. */
final class HistoryText implements Rounds.Listener {

    private static final List<String> KINDS = List.of("Root", "Level", "Segment", "Probe", "ProbeAnswer", "Rebuilding");

    private final StreamedTable table;

    HistoryText(PrintWriter out) {
        table = new StreamedTable(out)
                .column("CUT", 24)
                .column("PARTITION")
                .column("OUTCOME", 9)
                .column("REPORTED BY")
                .column("SEGMENTS")
                .column("KEYS")
                .column("DIFFER", 9)
                .column("REPAIRS SENT")
                .column("VERIFIED", 13)
                .column("CONTROL", 25)
                .column("NOTES");
    }

    boolean isEmpty() {
        return table.isEmpty();
    }

    @Override
    public void round(Round round) {
        table.row(
                Formats.time(round.cutMs()),
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
    public void command(Event.ControlSent command) {
        String partition = Integer.toString(command.message().getPartition());
        Object body = command.message().getBody();
        betweenRounds(command, partition, kind(body), command(body));
    }

    private static String kind(Object body) {
        if (body instanceof Pause pause) {
            return pause.getPaused() ? "PAUSED" : "RESUMED";
        }
        return body instanceof Approval ? "APPROVED" : body instanceof Choice ? "CHOSEN" : "COMPLETE";
    }

    @Override
    public void conflict(Event.ConflictUpdated conflict) {
        String key = RepairText.key(conflict.key());
        if (conflict.conflict() == null) {
            betweenRounds(conflict, "", "SETTLED", key);
        } else {
            String partition = Integer.toString(conflict.conflict().getPartition());
            betweenRounds(conflict, partition, "CONFLICT", key + ": " + sides(conflict.conflict()));
        }
    }

    private void betweenRounds(Event event, String partition, String kind, String text) {
        table.row(Formats.time(event.place().timeMs()), partition, kind, "", "", "", "", "", "", "", text);
    }

    /** What a person has commanded. */
    static String command(Object body) {
        if (body instanceof Approval approval) {
            return approved(approval);
        }
        if (body instanceof Pause pause) {
            return "a person " + (pause.getPaused() ? "paused" : "resumed") + " the repairs of "
                    + (pause.getTarget().isEmpty() ? "all replicas" : pause.getTarget());
        }
        return body instanceof Choice choice
                ? chosen(choice)
                : "a person said that the writes topic of " + ((Complete) body).getReplica() + " is complete";
    }

    private static String approved(Approval approval) {
        return "a person approved the repairs of " + approval.getTarget()
                + (approval.getScope().equals("UNPROVEN") ? " without a proof" : "") + " until "
                + Formats.time(approval.getUntil());
    }

    static String chosen(Choice choice) {
        byte[] key = new byte[choice.getKey().remaining()];
        choice.getKey().duplicate().get(key);
        return "a person chose for " + RepairText.key(key) + " what " + choice.getReplica() + " holds, "
                + (choice.getVersion() == null ? "nothing" : "version " + choice.getVersion());
    }

    /** The conflicting entries: {@code eu,ap hold version 7, digest 01234567; us holds …}. */
    static String sides(ConflictEvent conflict) {
        return conflict.getSides().stream().map(HistoryText::side).collect(Collectors.joining("; "));
    }

    private static String side(ConflictSide side) {
        if (side.getDeleted() && side.getVersion() == Long.MIN_VALUE) {
            return String.join(",", side.getReplicas())
                    + (side.getReplicas().size() == 1 ? " holds nothing" : " hold nothing");
        }
        if (Entry.isUnread(side.getVersion(), side.getDeleted())) {
            return String.join(",", side.getReplicas()) + ": " + Formats.UNREAD;
        }
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

    /** The beginning of a digest: enough to see whether two are equal. */
    static String start(String digest) {
        return digest.substring(0, Math.min(8, digest.length()));
    }

    /** {@code MISSING 2, STALE 1}; empty if there is nothing. */
    static String counts(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(count -> count.getKey() + " " + Formats.number(count.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** A duration in milliseconds, in seconds: {@code 1.2 s}. */
    static String seconds(long ms) {
        return Formats.seconds(ms / 1000.0);
    }

    /** {@code us 3 in 0.4-2.1 s}: the time to the answers; {@code us 3 within 2.1 s}: the time to the report. */
    private static String verified(Round round) {
        Map<String, Round.Took> took = round.took();
        return round.verified().entrySet().stream()
                .map(count -> count.getKey() + " " + Formats.number(count.getValue()) + time(took.get(count.getKey())))
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
        return (kinds.isEmpty() ? Formats.number(round.controlMessages()) + " messages" : kinds) + ": "
                + Formats.bytes(round.controlBytes());
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
            notes.add(what + " " + Formats.number(count));
        }
    }

    private static String count(long count) {
        return count == 0 ? "" : Formats.number(count);
    }
}

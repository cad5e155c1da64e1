package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.history.Event;
import io.trueup.history.KeyHistory;
import io.trueup.repair.EmittedRepair;
import io.trueup.schema.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.RoundReport;
import io.trueup.schema.SegmentEntry;
import io.trueup.topic.Place;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The events of a key as lines of text. */
final class KeyHistoryLines implements KeyHistory.Listener {

    /** Prints events. */
    interface Printer {

        /**
         * Prints an event.
         *
         * @param place the record that it was read from
         * @param kind REPAIR, ANSWER, WRITE, HELD, PROBE, CHOSEN, DIFFERS, CONFLICT or SETTLED
         * @param replica the replica that it is about; empty: none
         * @param text what happened
         */
        void print(Place place, String kind, String replica, String text);
    }

    private final Printer printer;

    KeyHistoryLines(Printer printer) {
        this.printer = printer;
    }

    @Override
    public void repair(Event.RepairEmitted event) {
        EmittedRepair repair = event.repair();
        String value = RepairText.value(repair);
        printer.print(
                event.place(),
                "REPAIR",
                repair.target(),
                repair.kind() + ": " + RepairText.winning(repair) + " wins over " + RepairText.observed(repair)
                        + "; sent by " + repair.supplier() + (value.isEmpty() ? "" : ", " + value) + ", attempt "
                        + repair.attempt() + ", as of " + Formats.time(repair.cutMs()) + ", valid until "
                        + Formats.time(repair.validUntilMs()));
    }

    @Override
    public void wrote(Event.EntryWritten event, Event.RepairEmitted answered) {
        Write write = event.write();
        boolean answer = write.repairId() != null;
        printer.print(
                event.place(),
                answer ? "ANSWER" : "WRITE",
                event.replica(),
                (answer ? verdict(write, answered) : event.scanned() ? "a scan found " : "holds ")
                        + held(event)
                        + (answered == null
                                ? ""
                                : ", "
                                        + HistoryText.seconds(Math.max(
                                                0,
                                                event.place().timeMs()
                                                        - answered.place().timeMs()))
                                        + " after " + answered.place()));
    }

    /** Whether a target applied a repair, by the entry in its answer. */
    static String verdict(Write write, Event.RepairEmitted answered) {
        if (answered == null) {
            return "answered a repair, holds ";
        }
        EmittedRepair.Held winning = answered.repair().winning();
        boolean same = write.version() == winning.version()
                && write.deleted() == winning.deleted()
                && (winning.vector() == null
                        || VersionVector.of(winning.vector()).equals(write.vector()));
        if (same) {
            return "applied, holds ";
        }
        return write.version() > winning.version() ? "declined, has a newer entry, holds " : "declined, holds ";
    }

    private static String held(Event.EntryWritten event) {
        Write write = event.write();
        if (write.deleted() && write.version() == Long.MIN_VALUE) {
            return "nothing";
        }
        String version = write.vector() == null
                ? Long.toString(write.version())
                : write.vector().toString();
        return (write.deleted() ? "deleted, " : "") + "version " + version
                + (write.deleted() ? "" : ", " + Formats.bytes(event.valueBytes()))
                + (write.expiryMs() == Entry.NEVER ? "" : ", expires " + Formats.time(write.expiryMs()));
    }

    @Override
    public void shown(Place place, ControlMessage message, SegmentEntry entry) {
        printer.print(
                place,
                "HELD",
                message.getReplica(),
                (entry == null ? "nothing" : held(entry)) + "; sent for the cut " + Formats.time(message.getCut()));
    }

    private static String held(SegmentEntry entry) {
        String version = entry.getVector() == null
                ? Long.toString(entry.getVersion())
                : new TreeMap<>(entry.getVector())
                        .entrySet().stream().map(Object::toString).collect(Collectors.joining(","));
        String digest = entry.getDigest() == null
                ? ""
                : ", digest "
                        + HistoryText.start(
                                Hash128.fromBytes(entry.getDigest().bytes()).toString());
        return (entry.getDigest() == null ? "deleted, " : "") + "version " + version + digest
                + (entry.getExpiry() == null ? "" : ", expires " + Formats.time(entry.getExpiry()));
    }

    @Override
    public void probed(Place place, ControlMessage message) {
        String by = message.getReplica().isEmpty() ? "a person" : message.getReplica();
        printer.print(place, "PROBE", "", by + " asked to compare it as of " + Formats.time(message.getCut()));
    }

    @Override
    public void chosen(Place place, Choice choice) {
        printer.print(place, "CHOSEN", choice.getReplica(), HistoryText.chosen(choice));
    }

    @Override
    public void differs(Place place, RoundReport report, DivergentKey finding) {
        printer.print(
                place,
                "DIFFERS",
                finding.getTarget(),
                finding.getKind() + " at the cut " + Formats.time(report.getCut()) + ": " + finding.getAction()
                        + (finding.getSupplier() == null ? "" : ", supplier " + finding.getSupplier())
                        + (finding.getReason() == null ? "" : ", " + finding.getReason())
                        + (finding.getSince() == null ? "" : " since " + Formats.time(finding.getSince()))
                        + " (reported by "
                        + report.getReplica() + ")");
    }

    @Override
    public void disputed(Place place, ConflictEvent conflict) {
        printer.print(
                place,
                conflict == null ? "SETTLED" : "CONFLICT",
                "",
                conflict == null
                        ? "the conflict is settled"
                        : "no entry wins: " + HistoryText.sides(conflict) + "; as of " + Formats.time(conflict.getCut())
                                + ", reported by " + conflict.getReporter());
    }
}

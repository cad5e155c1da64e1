package io.trueup.ops.key;

import io.trueup.command.EntryView;
import io.trueup.ops.key.KeyLine.What;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.repair.EmittedRepair;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.RoundReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Makes lines of events, and leaves out what a round only repeats. Not thread-safe. */
final class KeyTimeline implements KeyEvent.Visitor {

    private static final String LEFT_TO_SUPPLIER = "left to supplier";

    private final List<KeyLine> lines = new ArrayList<>();
    private final Map<String, KeyEvent.Repaired> repairs = new HashMap<>();
    private final Map<String, String> last = new HashMap<>();

    /**
     * Returns lines in order of time.
     *
     * @param events in order of time
     * @param findings in order of time
     */
    static List<KeyLine> of(List<KeyEvent> events, List<KeyFinding> findings) {
        KeyTimeline timeline = new KeyTimeline();
        events.forEach(event -> event.accept(timeline));
        findings.forEach(finding -> timeline.differed(finding.report(), finding.key()));
        timeline.lines.sort(Comparator.comparingLong(KeyLine::timeMs));
        return timeline.lines;
    }

    private void add(Place place, What what, String replica, String text) {
        lines.add(new KeyLine(place.timeMs(), Optional.of(place), what, replica, text));
    }

    private boolean isNew(String about, String state) {
        return !Objects.equals(last.put(about, state), state);
    }

    @Override
    public void repaired(KeyEvent.Repaired event) {
        EmittedRepair repair = event.repair();
        repairs.put(repair.id(), event);
        add(
                event.place(),
                What.REPAIR,
                repair.target(),
                repair.kind() + ": " + KeyWords.held(repair.winning()) + " wins over "
                        + KeyWords.held(repair.observed()) + "; sent by " + repair.supplier() + ", attempt "
                        + repair.attempt() + (repair.reference() == null ? "" : ", value at " + repair.reference()));
    }

    @Override
    public void wrote(KeyEvent.Wrote event) {
        boolean answers = event.repairId() != null;
        KeyEvent.Repaired repair = answers ? repairs.get(event.repairId()) : null;
        String did = answers ? verdict(event, repair) : event.scanned() ? "a scan found " : "holds ";
        String after = repair == null
                ? ""
                : ", " + Math.max(0, event.place().timeMs() - repair.place().timeMs()) + " ms after the repair";
        String size = event.valueBytes() == 0 ? "" : ", " + event.valueBytes() + " bytes";
        add(
                event.place(),
                answers ? What.ANSWER : What.WRITE,
                event.replica(),
                did + text(event.entry()) + size + after);
    }

    /** Whether a target has applied a repair, by the entry in its answer. */
    private static String verdict(KeyEvent.Wrote event, KeyEvent.Repaired repair) {
        if (repair == null) {
            return "answered a repair, holds ";
        }
        EmittedRepair.Held winning = repair.repair().winning();
        if (event.entry().version() == winning.version() && event.entry().deleted() == winning.deleted()) {
            return "applied, holds ";
        }
        return event.entry().version() > winning.version() ? "declined, has a newer entry, holds " : "declined, holds ";
    }

    @Override
    public void compared(KeyEvent.Compared event) {
        String held = event.entry() == null ? "nothing" : text(event.entry());
        if (isNew("holds " + event.replica(), held)) {
            add(
                    event.place(),
                    What.HELD,
                    event.replica(),
                    held + (event.probe() ? ", as it answered a probe" : ", as it sent for a comparison"));
        }
    }

    @Override
    public void probed(KeyEvent.Probed event) {
        String by = event.by().equals(Message.PERSON) ? "a person" : "the reconciler of " + event.by();
        add(event.place(), What.PROBE, "", by + " asked to compare the key at once");
    }

    @Override
    public void chosen(KeyEvent.Chosen event) {
        String replica = event.choice().replica();
        add(event.place(), What.CHOSEN, replica, "a person chose what " + replica + " holds");
    }

    private void differed(RoundReport report, DivergentKey finding) {
        String state = finding.getKind() + ": " + KeyWords.action(finding);
        String repeated = finding.getKind() + ' ' + (isUnderWay(finding) ? "is repaired" : state);
        if (!finding.getAction().equals(LEFT_TO_SUPPLIER) && isNew("differs " + finding.getTarget(), repeated)) {
            lines.add(new KeyLine(
                    report.getCut(),
                    Optional.empty(),
                    What.DIFFERS,
                    finding.getTarget(),
                    state + " (reported by " + report.getReplica() + ")"));
        }
    }

    /** Whether a repair is sent or awaited: each one has a line of its own. */
    private static boolean isUnderWay(DivergentKey finding) {
        return finding.getReason() == null
                && (finding.getAction().equals("emitted") || finding.getAction().equals("waiting"));
    }

    private static String text(EntrySummary entry) {
        EntryView view = EntryView.of(entry);
        if (view.isAbsence()) {
            return "nothing";
        }
        if (view.isUnread()) {
            return "what cannot be read";
        }
        return view.deleted()
                ? "a delete of version " + view.shownVersion()
                : "version " + view.shownVersion() + ", digest " + view.digest();
    }
}

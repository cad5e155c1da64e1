package io.trueup.history;

import io.trueup.bounded.BoundedMap;
import io.trueup.schema.Approval;
import io.trueup.schema.Choice;
import io.trueup.schema.Complete;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Pause;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Assembles rounds from events in order of time, and reports them in order of their cuts; between them the commands that people
 * sent to the reconcilers, and the conflicts that arose and ended.
 *
 * <p>A round is reported once every participant has reported it, or an interval after its last report;
 * a later report becomes a round of its own. At most {@value #MAX_OPEN}
 * rounds are open at a time, {@value #MAX_CONFLICTS} conflicts are remembered, so memory is bounded. Not thread-safe.
 */
public final class Rounds {

    /** Receives rounds, and what happens between them. */
    public interface Listener {

        /** A round has ended. */
        void round(Round round);

        /** A person approved, paused or resumed repairs, or chose an entry. */
        void command(Event.ControlSent command);

        /** A conflict arose or ended. */
        void conflict(Event.ConflictUpdated conflict);
    }

    private static final int MAX_OPEN = 20_000;
    private static final int MAX_CONFLICTS = 10_000;

    /** A round without a report, such as one whose reconcilers stopped, is forgotten this long after its cut. */
    private static final int FORGOTTEN_INTERVALS = 3;

    private static final long FORGOTTEN_MS = 60_000;

    private record Slot(long timeMs, int partition, long number) {}

    private record Open(Round round, Runnable betweenRounds) {}

    /** A key that is or was in conflict, and the replicas that report it. */
    private static final class Disputed {
        private final Set<String> reporters = new HashSet<>();
        private int partition = -1;
        private boolean settled;
    }

    private final String replica;
    private final Integer partition;
    private final TimeRange range;
    private final long intervalMs;
    private final Listener listener;
    private final RepairTimes times = new RepairTimes();
    private final TreeMap<Slot, Open> open = new TreeMap<>(Comparator.comparingLong(Slot::timeMs)
            .thenComparing(Slot::partition)
            .thenComparing(Slot::number));
    private final Map<Integer, Long> lastReported = new HashMap<>();
    private final Map<ByteBuffer, Disputed> conflicts = BoundedMap.oldestFirst(MAX_CONFLICTS);
    private final Event.Visitor<Void> handler = new Handler();
    private long eventsBetweenRounds;
    private long nowMs;

    /**
     * @param replica the only replica whose reports and control messages are taken; null: all
     * @param partition the only partition; null: all
     * @param range only rounds whose cuts are in it
     * @param intervalMs interval of rounds in milliseconds
     */
    public Rounds(String replica, Integer partition, TimeRange range, long intervalMs, Listener listener) {
        this.replica = replica;
        this.partition = partition;
        this.range = range;
        this.intervalMs = intervalMs;
        this.listener = listener;
    }

    /** Takes the next event. */
    public void take(Event event) {
        event.accept(handler);
        tick(event.place().timeMs());
    }

    private final class Handler implements Event.Visitor<Void> {

        @Override
        public Void repairEmitted(Event.RepairEmitted emitted) {
            times.emitted(emitted.repair(), emitted.place().timeMs());
            return null;
        }

        @Override
        public Void roundReported(Event.RoundReported reported) {
            addReport(reported.report(), reported.place().timeMs());
            return null;
        }

        @Override
        public Void controlSent(Event.ControlSent sent) {
            addControl(sent);
            return null;
        }

        @Override
        public Void conflictUpdated(Event.ConflictUpdated updated) {
            addConflict(updated);
            return null;
        }

        @Override
        public Void entryWritten(Event.EntryWritten written) {
            if (written.write().repairId() != null) {
                times.answered(
                        written.replica(),
                        written.place().partition(),
                        written.write().repairId(),
                        written.place().timeMs());
            }
            return null;
        }
    }

    /** Reports what is due at a time. */
    public void tick(long nowMs) {
        this.nowMs = Math.max(this.nowMs, nowMs);
        while (!open.isEmpty()
                && (open.size() > MAX_OPEN || isDue(open.firstEntry().getValue()))) {
            report(open.pollFirstEntry().getValue());
        }
    }

    /** Reports what is left: no more events will come. */
    public void end() {
        while (!open.isEmpty()) {
            report(open.pollFirstEntry().getValue());
        }
    }

    /** Number of repairs without a known answer, by target. */
    public Map<String, Long> unanswered() {
        return new TreeMap<>(times.unanswered());
    }

    private void addReport(RoundReport report, long timeMs) {
        long answers = report.getVerified() + report.getDeclined();
        Round.Took took = times.reported(report.getReplica(), report.getPartition(), answers, timeMs);
        if (range.contains(report.getCut()) && isWanted(report.getPartition(), report.getReplica())) {
            round(report.getCut(), report.getPartition()).add(report, timeMs, took);
        }
    }

    private void addControl(Event.ControlSent sent) {
        ControlMessage message = sent.message();
        Object body = message.getBody();
        if (body instanceof Approval || body instanceof Choice || body instanceof Complete || body instanceof Pause) {
            addBetweenRounds(sent, message.getPartition(), () -> listener.command(sent));
        } else if (range.contains(message.getCut()) && isWanted(message.getPartition(), message.getReplica())) {
            Slot slot = new Slot(message.getCut(), message.getPartition(), 0);
            String kind = body.getClass().getSimpleName();
            boolean over = lastReported.getOrDefault(message.getPartition(), Long.MIN_VALUE) >= message.getCut();
            if (kind.equals("Root") && !over || open.containsKey(slot)) {
                round(message.getCut(), message.getPartition()).addControl(kind);
            }
        }
    }

    /** A conflict arises with the first report, and ends when the last one is withdrawn. */
    private void addConflict(Event.ConflictUpdated updated) {
        Disputed disputed = conflicts.computeIfAbsent(ByteBuffer.wrap(updated.key()), key -> new Disputed());
        if (updated.conflict() == null) {
            disputed.reporters.remove(updated.reporter());
            if (disputed.reporters.isEmpty() && !disputed.settled) {
                disputed.settled = true;
                addBetweenRounds(updated, disputed.partition, () -> listener.conflict(updated));
            }
            return;
        }
        boolean arises = disputed.reporters.isEmpty();
        disputed.partition = updated.conflict().getPartition();
        disputed.settled = false;
        disputed.reporters.add(updated.reporter());
        if (arises) {
            addBetweenRounds(updated, disputed.partition, () -> listener.conflict(updated));
        }
    }

    /** @param of the partition that the event is about; -1: not known */
    private void addBetweenRounds(Event event, int of, Runnable report) {
        if (range.contains(event.place().timeMs()) && (partition == null || of < 0 || of == partition)) {
            open.put(new Slot(event.place().timeMs(), of, ++eventsBetweenRounds), new Open(null, report));
        }
    }

    private boolean isWanted(int of, String by) {
        return (partition == null || partition == of) && (replica == null || replica.equals(by));
    }

    private Round round(long cutMs, int of) {
        return open.computeIfAbsent(new Slot(cutMs, of, 0), slot -> new Open(new Round(cutMs, of), null))
                .round();
    }

    /** Control messages come before the first report, so a round without a report is not due until it is forgotten. */
    private boolean isDue(Open entry) {
        Round round = entry.round();
        if (round == null) {
            return true;
        }
        boolean complete = replica == null ? round.isComplete() : round.isReported();
        return complete
                || round.isReported() && nowMs > round.lastReportMs() + intervalMs
                || nowMs > round.cutMs() + FORGOTTEN_INTERVALS * intervalMs + FORGOTTEN_MS;
    }

    private void report(Open entry) {
        if (entry.betweenRounds() != null) {
            entry.betweenRounds().run();
        } else if (entry.round().isReported()) {
            lastReported.merge(entry.round().partition(), entry.round().cutMs(), Math::max);
            listener.round(entry.round());
        }
    }
}

package io.trueup.history;

import io.trueup.schema.Approval;
import io.trueup.schema.Choice;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Puts together rounds, from events in order of time, and tells them in order of their cuts; between them what people told
 * the reconcilers, and which conflicts arose and ended.
 *
 * <p>A round is told once everyone has reported who takes part, or an interval after its last report;
 * a report that comes later is told as a round of its own. At most {@value #MOST_OPEN}
 * rounds are open at a time, {@value #MOST_CONFLICTS} conflicts are remembered, so memory is bounded. Not thread-safe.
 */
public final class Rounds {

    /** Who is told. */
    public interface Listener {

        /** A round has ended. */
        void round(Round round);

        /** A person approved of repairs or chose an entry, or a conflict arose or ended. */
        void remark(Event event);
    }

    private static final int MOST_OPEN = 20_000;
    private static final int MOST_CONFLICTS = 10_000;

    /** A round that nobody reports, such as one whose reconcilers stopped, is given up this long after its cut. */
    private static final int FORGOTTEN_INTERVALS = 3;

    private static final long FORGOTTEN_MS = 60_000;

    private record Slot(long timeMs, int partition, long number) {}

    private record Open(Round round, Event remark) {}

    private final String replica;
    private final Integer partition;
    private final TimeRange span;
    private final long patienceMs;
    private final Listener listener;
    private final RepairTimes times = new RepairTimes();
    private final TreeMap<Slot, Open> open = new TreeMap<>(Comparator.comparingLong(Slot::timeMs)
            .thenComparing(Slot::partition)
            .thenComparing(Slot::number));
    private final Map<Integer, Long> lastTold = new HashMap<>();
    private final Map<ByteBuffer, Integer> conflicts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Integer> eldest) {
            return size() > MOST_CONFLICTS;
        }
    };
    private long remarks;
    private long nowMs;

    /**
     * @param replica only what its reconciler reports and sends, and what is told of it; null: of all
     * @param partition only this one; null: all
     * @param span rounds whose cuts lie in it
     * @param intervalMs between two rounds
     */
    public Rounds(String replica, Integer partition, TimeRange span, long intervalMs, Listener listener) {
        this.replica = replica;
        this.partition = partition;
        this.span = span;
        patienceMs = intervalMs;
        this.listener = listener;
    }

    /** Takes the next event. */
    public void take(Event event) {
        if (event instanceof Event.Reported reported) {
            take(reported);
        } else if (event instanceof Event.Told told) {
            take(told);
        } else if (event instanceof Event.Emitted emitted) {
            times.emitted(emitted.repair(), emitted.place().timeMs());
        } else if (event instanceof Event.Wrote wrote && wrote.write().repairId() != null) {
            times.answered(
                    wrote.replica(),
                    wrote.place().partition(),
                    wrote.write().repairId(),
                    wrote.place().timeMs());
        } else if (event instanceof Event.Disputed disputed) {
            take(disputed);
        }
        tick(event.place().timeMs());
    }

    /** Time has passed. */
    public void tick(long nowMs) {
        this.nowMs = Math.max(this.nowMs, nowMs);
        while (!open.isEmpty()
                && (open.size() > MOST_OPEN || isDue(open.firstEntry().getValue()))) {
            tell(open.pollFirstEntry().getValue());
        }
    }

    /** Nothing more will come. */
    public void end() {
        while (!open.isEmpty()) {
            tell(open.pollFirstEntry().getValue());
        }
    }

    /** Repairs that nobody is known to have answered, by target. */
    public Map<String, Long> unanswered() {
        return new TreeMap<>(times.unanswered());
    }

    private void take(Event.Reported reported) {
        RoundReport report = reported.report();
        long answers = report.getVerified() + report.getDeclined();
        Round.Took took = times.reported(
                report.getReplica(),
                report.getPartition(),
                answers,
                reported.place().timeMs());
        if (span.contains(report.getCut()) && isWanted(report.getPartition(), report.getReplica())) {
            round(report.getCut(), report.getPartition())
                    .add(report, reported.place().timeMs(), took);
        }
    }

    private void take(Event.Told told) {
        ControlMessage message = told.message();
        Object body = message.getBody();
        if (body instanceof Approval || body instanceof Choice) {
            remark(told, message.getPartition());
        } else if (span.contains(message.getCut()) && isWanted(message.getPartition(), message.getReplica())) {
            Slot slot = new Slot(message.getCut(), message.getPartition(), 0);
            String kind = body.getClass().getSimpleName();
            boolean over = lastTold.getOrDefault(message.getPartition(), Long.MIN_VALUE) >= message.getCut();
            if (kind.equals("Root") && !over || open.containsKey(slot)) {
                round(message.getCut(), message.getPartition()).addControl(kind);
            }
        }
    }

    private void take(Event.Disputed disputed) {
        ByteBuffer key = ByteBuffer.wrap(disputed.key());
        if (disputed.conflict() == null) {
            remark(disputed, conflicts.getOrDefault(key, -1));
            conflicts.remove(key);
        } else if (conflicts.put(key, disputed.conflict().getPartition()) == null) {
            remark(disputed, disputed.conflict().getPartition());
        }
    }

    /** @param of the partition that it is about; -1: not known */
    private void remark(Event event, int of) {
        if (span.contains(event.place().timeMs()) && (partition == null || of < 0 || of == partition)) {
            open.put(new Slot(event.place().timeMs(), of, ++remarks), new Open(null, event));
        }
    }

    private boolean isWanted(int of, String by) {
        return (partition == null || partition == of) && (replica == null || replica.equals(by));
    }

    private Round round(long cutMs, int of) {
        return open.computeIfAbsent(new Slot(cutMs, of, 0), slot -> new Open(new Round(cutMs, of), null))
                .round();
    }

    /** Control messages come before the first report, and a round that nobody has reported is not told. */
    private boolean isDue(Open entry) {
        Round round = entry.round();
        if (round == null) {
            return true;
        }
        boolean complete = replica == null ? round.isComplete() : round.isReported();
        return complete
                || round.isReported() && nowMs > round.lastReportMs() + patienceMs
                || nowMs > round.cutMs() + FORGOTTEN_INTERVALS * patienceMs + FORGOTTEN_MS;
    }

    private void tell(Open entry) {
        if (entry.remark() != null) {
            listener.remark(entry.remark());
        } else if (entry.round().isReported()) {
            lastTold.merge(entry.round().partition(), entry.round().cutMs(), Math::max);
            listener.round(entry.round());
        }
    }
}

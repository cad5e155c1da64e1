package io.trueup.history;

import io.trueup.bounded.BoundedMap;
import io.trueup.schema.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Entries;
import io.trueup.schema.Hash;
import io.trueup.schema.Probe;
import io.trueup.schema.ProbeAnswer;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Segment;
import io.trueup.schema.SegmentEntry;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The history of one key: selects the events that concern it from events in order of time, and leaves out what a round only
 * repeats. Memory does not grow with the topics. Not thread-safe.
 */
public final class KeyHistory {

    /** Receives the history, in order of time. */
    public interface Listener {

        /** A repair event was emitted. */
        void repair(Event.RepairEmitted event);

        /**
         * A replica sent a write event for the key.
         *
         * @param answered the repair event that it answers; null: none, or one that was not read
         */
        void wrote(Event.EntryWritten event, Event.RepairEmitted answered);

        /** In a comparison, a replica sent another entry than before; null: it holds nothing. */
        void shown(Place place, ControlMessage message, SegmentEntry entry);

        /** A reconciler or a person asked to compare the key at once. */
        void probed(Place place, ControlMessage message);

        /** A person chose an entry for a conflict. */
        void chosen(Place place, Choice choice);

        /** A round found that the replicas differ; the finding contains the action. */
        void differs(Place place, RoundReport report, DivergentKey finding);

        /** A replica reports that no entry wins; null: the conflict is settled. */
        void disputed(Place place, ConflictEvent conflict);
    }

    private static final int MAX_REPAIRS = 1_000;
    private static final String DIFFERS = "differs ";
    private static final String REPORT = "report ";
    private static final String LEFT_TO_SUPPLIER = "left to supplier";

    private final byte[] key;
    private final Hash128 keyHash;
    private final String hashText;
    private final boolean allWrites;
    private final Listener listener;
    private final Map<String, Event.RepairEmitted> repairs = BoundedMap.oldestFirst(MAX_REPAIRS);
    private final Map<String, Object> last = new HashMap<>();
    private final Event.Visitor<Void> handler = new Handler();

    /**
     * @param key the record key
     * @param keyHash its keyed hash
     * @param allWrites true: all write events of the key; false: only those that answer a repair
     */
    public KeyHistory(byte[] key, Hash128 keyHash, boolean allWrites, Listener listener) {
        this.key = key.clone();
        this.keyHash = keyHash;
        hashText = keyHash.toString();
        this.allWrites = allWrites;
        this.listener = listener;
    }

    /** Takes the next event. */
    public void take(Event event) {
        event.accept(handler);
    }

    private final class Handler implements Event.Visitor<Void> {

        @Override
        public Void repairEmitted(Event.RepairEmitted emitted) {
            if (Arrays.equals(emitted.repair().key(), key)) {
                repairs.put(emitted.repair().id(), emitted);
                String findings = " " + emitted.repair().target();
                last.keySet().removeIf(about -> about.startsWith(DIFFERS) && about.endsWith(findings));
                listener.repair(emitted);
            }
            return null;
        }

        @Override
        public Void roundReported(Event.RoundReported reported) {
            for (DivergentKey finding : reported.report().getSample()) {
                addFinding(reported.place(), reported.report(), finding);
            }
            return null;
        }

        @Override
        public Void controlSent(Event.ControlSent sent) {
            addControl(sent.place(), sent.message());
            return null;
        }

        @Override
        public Void conflictUpdated(Event.ConflictUpdated updated) {
            if (Arrays.equals(updated.key(), key)) {
                addConflict(updated);
            }
            return null;
        }

        @Override
        public Void entryWritten(Event.EntryWritten written) {
            String id = written.write().repairId();
            if (Arrays.equals(written.write().key(), key) && (allWrites || id != null)) {
                listener.wrote(written, id == null ? null : repairs.get(id));
            }
            return null;
        }
    }

    private void addControl(Place place, ControlMessage message) {
        Object body = message.getBody();
        if (body instanceof Segment segment) {
            segment.getEntries().stream()
                    .filter(entry -> isKey(entry.getKeyHash()))
                    .forEach(entry -> show(place, message, entry));
        } else if (body instanceof Entries entries) {
            entries.getEntries().stream()
                    .filter(entry -> isKey(entry.getKeyHash()))
                    .forEach(entry -> show(place, message, entry));
            if (entries.getAbsent().stream().anyMatch(this::mayBeKey)) {
                show(place, message, null);
            }
        } else if (body instanceof ProbeAnswer answer && isKey(answer.getKeyHash())) {
            show(place, message, answer.getEntry());
        } else if (body instanceof Probe probe && isKey(probe.getKeyHash())) {
            listener.probed(place, message);
        } else if (body instanceof Choice choice && choice.getKey().equals(ByteBuffer.wrap(key))) {
            listener.chosen(place, choice);
        }
    }

    private void addConflict(Event.ConflictUpdated updated) {
        ConflictEvent conflict = updated.conflict();
        String report = REPORT + updated.reporter();
        if (conflict == null) {
            last.remove(report);
            boolean settled = last.keySet().stream().noneMatch(about -> about.startsWith(REPORT));
            if (settled && isNew("conflict", "settled")) {
                listener.disputed(updated.place(), null);
            }
        } else {
            last.put("conflict", "open");
            if (isNew(report, conflict.getSides())) {
                listener.disputed(updated.place(), conflict);
            }
        }
    }

    private void show(Place place, ControlMessage message, SegmentEntry entry) {
        if (isNew("holds " + message.getReplica(), entry == null ? "nothing" : entry)) {
            listener.shown(place, message, entry);
        }
    }

    private void addFinding(Place place, RoundReport report, DivergentKey finding) {
        String outcome = finding.getKind() + " " + finding.getAction();
        if (finding.getKeyHash().equals(hashText)
                && !finding.getAction().equals(LEFT_TO_SUPPLIER)
                && isNew(DIFFERS + report.getReplica() + " " + finding.getTarget(), outcome)) {
            listener.differs(place, report, finding);
        }
    }

    private boolean isNew(String about, Object state) {
        return !Objects.equals(last.put(about, state), state);
    }

    /** Of a key that a sketch has shown, only the upper lane of the hash is known. */
    private boolean mayBeKey(Hash hash) {
        return Hash128.fromBytes(hash.bytes()).hi() == keyHash.hi();
    }

    private boolean isKey(Hash hash) {
        return Hash128.fromBytes(hash.bytes()).equals(keyHash);
    }
}

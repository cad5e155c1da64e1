package io.trueup.history;

import io.trueup.schema.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Hash;
import io.trueup.schema.Held;
import io.trueup.schema.Probe;
import io.trueup.schema.RoundReport;
import io.trueup.schema.Segment;
import io.trueup.schema.SegmentEntry;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What happened to one key: picks from events in order of time those that concern it, and of what is told round after round only
 * what is new. Memory does not grow with the topics. Not thread-safe.
 */
public final class KeyHistory {

    /** Who is told. */
    public interface Listener {

        /** A repair event was emitted. */
        void repair(Event.Emitted event);

        /**
         * A replica told what it holds now.
         *
         * @param answered the repair event that it answers; null: none, or one that was not read
         */
        void wrote(Event.Wrote event, Event.Emitted answered);

        /** A replica showed another entry in a comparison than before; null: it holds nothing. */
        void shown(Place place, ControlMessage message, SegmentEntry entry);

        /** Someone asked to compare the key at once. */
        void probed(Place place, ControlMessage message);

        /** A person settled a conflict. */
        void chosen(Place place, Choice choice);

        /** A round found that it differs, and this is what was done. */
        void differs(Place place, RoundReport report, DivergentKey finding);

        /** No entry wins; null: that is settled. */
        void disputed(Place place, ConflictEvent conflict);
    }

    private static final int MOST_REPAIRS = 1_000;
    private static final String DIFFERS = "differs ";
    private static final String LEFT_TO_SUPPLIER = "left to supplier";

    private final byte[] key;
    private final Hash128 keyHash;
    private final String hashText;
    private final boolean allWrites;
    private final Listener listener;
    private final Map<String, Event.Emitted> repairs = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Event.Emitted> eldest) {
            return size() > MOST_REPAIRS;
        }
    };
    private final Map<String, Object> last = new HashMap<>();

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
        if (event instanceof Event.Emitted emitted) {
            take(emitted);
        } else if (event instanceof Event.Wrote wrote) {
            take(wrote);
        } else if (event instanceof Event.Told told) {
            take(told.place(), told.message());
        } else if (event instanceof Event.Reported reported) {
            take(reported.place(), reported.report());
        } else if (event instanceof Event.Disputed disputed) {
            take(disputed);
        }
    }

    private void take(Event.Emitted emitted) {
        if (Arrays.equals(emitted.repair().key(), key)) {
            repairs.put(emitted.repair().id(), emitted);
            String findings = " " + emitted.repair().target();
            last.keySet().removeIf(about -> about.startsWith(DIFFERS) && about.endsWith(findings));
            listener.repair(emitted);
        }
    }

    private void take(Event.Wrote wrote) {
        String id = wrote.write().repairId();
        if (Arrays.equals(wrote.write().key(), key) && (allWrites || id != null)) {
            listener.wrote(wrote, id == null ? null : repairs.get(id));
        }
    }

    private void take(Place place, ControlMessage message) {
        Object body = message.getBody();
        if (body instanceof Segment segment) {
            segment.getEntries().stream()
                    .filter(entry -> isKey(entry.getKeyHash()))
                    .forEach(entry -> show(place, message, entry));
        } else if (body instanceof Held held && isKey(held.getKeyHash())) {
            show(place, message, held.getEntry());
        } else if (body instanceof Probe probe && isKey(probe.getKeyHash())) {
            listener.probed(place, message);
        } else if (body instanceof Choice choice && choice.getKey().equals(ByteBuffer.wrap(key))) {
            listener.chosen(place, choice);
        }
    }

    private void show(Place place, ControlMessage message, SegmentEntry entry) {
        if (isNew("holds " + message.getReplica(), entry == null ? "nothing" : entry)) {
            listener.shown(place, message, entry);
        }
    }

    private void take(Place place, RoundReport report) {
        for (DivergentKey finding : report.getSample()) {
            String seen = finding.getKind() + " " + finding.getAction();
            if (finding.getKeyHash().equals(hashText)
                    && !finding.getAction().equals(LEFT_TO_SUPPLIER)
                    && isNew(DIFFERS + report.getReplica() + " " + finding.getTarget(), seen)) {
                listener.differs(place, report, finding);
            }
        }
    }

    private void take(Event.Disputed disputed) {
        if (Arrays.equals(disputed.key(), key)) {
            ConflictEvent conflict = disputed.conflict();
            if (isNew("conflict", conflict == null ? "settled" : conflict.getSides())) {
                listener.disputed(disputed.place(), conflict);
            }
        }
    }

    private boolean isNew(String about, Object told) {
        return !Objects.equals(last.put(about, told), told);
    }

    private boolean isKey(Hash hash) {
        return Hash128.fromBytes(hash.bytes()).equals(keyHash);
    }
}

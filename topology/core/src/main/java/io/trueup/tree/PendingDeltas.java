package io.trueup.tree;

import java.util.Map;
import java.util.TreeMap;

/** The deltas of windows that are not sealed yet. Not thread-safe. */
final class PendingDeltas {

    private final TreeMap<Long, Delta> deltas = new TreeMap<>();
    private long slots;

    void add(long window, int segment, long hi, long lo, int count) {
        Delta delta = deltas.get(window);
        if (delta == null) {
            delta = new Delta();
            deltas.put(window, delta);
        } else {
            slots -= delta.slots();
        }
        delta.add(segment, hi, lo, count);
        slots += delta.slots();
    }

    /** Takes out the deltas of all windows up to one, in order. */
    void drain(long lastWindow, Delta.Visitor visitor) {
        while (!deltas.isEmpty() && deltas.firstKey() <= lastWindow) {
            poll(deltas.pollFirstEntry()).forEach(visitor);
        }
    }

    /** Drops the delta of the last window. */
    void dropLast() {
        poll(deltas.pollLastEntry());
    }

    private Delta poll(Map.Entry<Long, Delta> window) {
        slots -= window.getValue().slots();
        return window.getValue();
    }

    /** The last window that has a delta; {@link Long#MIN_VALUE} if there is none. */
    long lastWindow() {
        return deltas.isEmpty() ? Long.MIN_VALUE : deltas.lastKey();
    }

    /** Slots of all deltas, see {@link Delta#slots}. */
    long slots() {
        return slots;
    }
}

package io.trueup.tree;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The deltas of windows that are not sealed yet. Not thread-safe. */
final class PendingDeltas {

    private final TreeMap<Long, Delta> deltas = new TreeMap<>();
    private final KeyedHash hash;
    private final int symbols;
    private long slots;

    /** @param symbols symbols of the sketch of each window */
    PendingDeltas(KeyedHash hash, int symbols) {
        this.hash = hash;
        this.symbols = symbols;
    }

    /** Adds an entry from a window on, or removes it; see {@link Delta#add}. */
    void add(long window, Hash128 keyHash, int segment, Hash128 digest, int times) {
        Delta delta = deltas.get(window);
        if (delta == null) {
            delta = new Delta(hash, symbols);
            deltas.put(window, delta);
        } else {
            slots -= delta.slots();
        }
        delta.add(keyHash, segment, digest, times);
        slots += delta.slots();
    }

    /** Takes out the deltas of all windows up to one, in order. */
    void drain(long lastWindow, Consumer<Delta> consumer) {
        while (!deltas.isEmpty() && deltas.firstKey() <= lastWindow) {
            consumer.accept(poll(deltas.pollFirstEntry()));
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

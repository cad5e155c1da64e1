package io.trueup.reconcile.exchange;

import io.trueup.sketch.Decoding;
import io.trueup.sketch.Sketch;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** The symbols that were heard of one sketch of a peer. Not thread-safe. */
final class PeerSketch {

    /** Messages may overlap. */
    private static final int MAX_OVERLAPS = 4;

    private final int maxBytes;
    private final int maxWaitingBytes;

    /** Symbols that follow on some that were not heard, by the index of their first. */
    private final TreeMap<Integer, byte[]> waiting = new TreeMap<>();

    private int waitingBytes;
    private byte[] prefix = new byte[0];

    /** How many symbols were tried last, in vain. */
    int tried;
    /** How often symbols were tried. */
    int tries;
    /** Whether the difference is decoded, or will not be. */
    boolean ended;
    /** What is decoded; null if nothing is. */
    Decoding decoding;

    /** @param limit how many of the first symbols can be of use */
    PeerSketch(int limit) {
        maxBytes = limit * Sketch.SYMBOL_BYTES;
        maxWaitingBytes = MAX_OVERLAPS * maxBytes;
    }

    /** What is kept takes up so many bytes. */
    int bytes() {
        return prefix.length + waitingBytes;
    }

    /** No more symbols are needed: none are kept. */
    void forget() {
        waiting.clear();
        waitingBytes = 0;
        prefix = new byte[0];
    }

    /** Takes in symbols; those heard before do not change. */
    void add(int first, byte[] symbols) {
        if (first <= length()) {
            append(first, symbols);
            while (!waiting.isEmpty() && waiting.firstKey() <= length()) {
                Map.Entry<Integer, byte[]> next = waiting.pollFirstEntry();
                waitingBytes -= next.getValue().length;
                append(next.getKey(), next.getValue());
            }
        } else if (first < maxBytes / Sketch.SYMBOL_BYTES && waitingBytes + symbols.length <= maxWaitingBytes) {
            byte[] before = waiting.get(first);
            if (before == null || before.length < symbols.length) {
                waiting.put(first, symbols);
                waitingBytes += symbols.length - (before == null ? 0 : before.length);
            }
        }
    }

    private void append(int first, byte[] symbols) {
        int from = (length() - first) * Sketch.SYMBOL_BYTES;
        int before = prefix.length;
        int more = Math.min(symbols.length - from, maxBytes - before);
        if (more > 0) {
            prefix = Arrays.copyOf(prefix, before + more);
            System.arraycopy(symbols, from, prefix, before, more);
        }
    }

    /** How many of the first symbols were heard without a gap. */
    int length() {
        return prefix.length / Sketch.SYMBOL_BYTES;
    }

    /** The first symbols. */
    Sketch prefix(int symbols) {
        return Sketch.decode(Arrays.copyOf(prefix, symbols * Sketch.SYMBOL_BYTES));
    }
}

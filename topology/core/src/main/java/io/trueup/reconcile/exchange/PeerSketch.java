package io.trueup.reconcile.exchange;

import io.trueup.sketch.Decoding;
import io.trueup.sketch.Sketch;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** The symbols that were heard of one sketch of a peer. Not thread-safe. */
final class PeerSketch {

    private static final int MAX_WAITING_BYTES = MessageCheck.MAX_SYMBOLS * Sketch.SYMBOL_BYTES;

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

    /** Takes in symbols; those heard before do not change. */
    void add(int first, byte[] symbols) {
        if (first <= length()) {
            append(first, symbols);
            while (!waiting.isEmpty() && waiting.firstKey() <= length()) {
                Map.Entry<Integer, byte[]> next = waiting.pollFirstEntry();
                waitingBytes -= next.getValue().length;
                append(next.getKey(), next.getValue());
            }
        } else if (waitingBytes + symbols.length <= MAX_WAITING_BYTES) {
            byte[] before = waiting.get(first);
            if (before == null || before.length < symbols.length) {
                waiting.put(first, symbols);
                waitingBytes += symbols.length - (before == null ? 0 : before.length);
            }
        }
    }

    private void append(int first, byte[] symbols) {
        int from = (length() - first) * Sketch.SYMBOL_BYTES;
        if (from < symbols.length) {
            int before = prefix.length;
            prefix = Arrays.copyOf(prefix, before + symbols.length - from);
            System.arraycopy(symbols, from, prefix, before, symbols.length - from);
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

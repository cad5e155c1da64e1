package io.trueup.reconcile.exchange;

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
    /** Whether the difference is decoded, or will not be. */
    boolean ended;

    /** Takes in symbols; those heard before do not change. */
    void add(int first, byte[] symbols) {
        if (waitingBytes + symbols.length > MAX_WAITING_BYTES || waiting.putIfAbsent(first, symbols) != null) {
            return;
        }
        waitingBytes += symbols.length;
        while (!waiting.isEmpty() && waiting.firstKey() <= length()) {
            Map.Entry<Integer, byte[]> next = waiting.pollFirstEntry();
            waitingBytes -= next.getValue().length;
            append(next.getValue(), (length() - next.getKey()) * Sketch.SYMBOL_BYTES);
        }
    }

    private void append(byte[] symbols, int from) {
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

package io.trueup.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The events of a schedule: always as a fingerprint, so that two runs can be compared, and as text only if requested, because
 * writing the text costs more than the schedule itself.
 */
final class Trace {

    private record Line(Predicate<String> concerns, String text) {}

    private final boolean written;
    private final List<Line> lines = new ArrayList<>();
    private long fingerprint;

    Trace(boolean written) {
        this.written = written;
    }

    /** Adds an event of a key; null stands for all keys. */
    void add(long nowMs, String key, Supplier<String> text) {
        if (written) {
            add(nowMs, other -> key == null || key.equals(other), text);
        }
    }

    /** Adds an event of the keys that a predicate matches. */
    void add(long nowMs, Predicate<String> concerns, Supplier<String> text) {
        if (written) {
            lines.add(new Line(concerns, String.format("%11s  %s", seconds(nowMs), text.get())));
        }
    }

    /** Time since the beginning of the schedule. */
    static String seconds(long timeMs) {
        return String.format("%.3f s", (timeMs - Timeline.START_MS) / 1000.0);
    }

    /** Adds to the fingerprint. */
    void mix(long value) {
        fingerprint = (fingerprint ^ value) * 0x9E3779B97F4A7C15L;
        fingerprint ^= fingerprint >>> 29;
    }

    long fingerprint() {
        return fingerprint;
    }

    /** The lines that concern a key; all lines if the key is null. */
    List<String> about(String key) {
        return lines.stream()
                .filter(line -> key == null || line.concerns().test(key))
                .map(Line::text)
                .toList();
    }
}

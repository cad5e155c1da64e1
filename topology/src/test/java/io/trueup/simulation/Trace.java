package io.trueup.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What happened in a schedule: always as a fingerprint, so that two runs can be compared, and as text if asked for, because
 * writing it costs more than the schedule itself.
 */
final class Trace {

    private record Line(String key, String text) {}

    private final boolean written;
    private final List<Line> lines = new ArrayList<>();
    private long fingerprint;

    Trace(boolean written) {
        this.written = written;
    }

    /** Something happened to a key; null for what concerns no key alone. */
    void add(long nowMs, String key, Supplier<String> text) {
        if (written) {
            lines.add(new Line(key, String.format("%9.3f s  %s", (nowMs - Timeline.START_MS) / 1000.0, text.get())));
        }
    }

    /** Adds to the fingerprint. */
    void mix(long value) {
        fingerprint = (fingerprint ^ value) * 0x9E3779B97F4A7C15L;
        fingerprint ^= fingerprint >>> 29;
    }

    long fingerprint() {
        return fingerprint;
    }

    /** The lines about a key and about no key; all lines if the key is null. */
    List<String> about(String key) {
        return lines.stream()
                .filter(line -> key == null || line.key() == null || line.key().equals(key))
                .map(Line::text)
                .toList();
    }
}

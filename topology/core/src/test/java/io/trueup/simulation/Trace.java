package io.trueup.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
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
    /** Whether no repair arrives, and findings are kept. */
    private final boolean isolated;
    /** Repairs and conflicts as text, by key and cut. */
    private final TreeMap<String, TreeMap<Long, TreeSet<String>>> findings = new TreeMap<>();
    /** When write events of each key were appended. */
    private final Map<String, TreeSet<Long>> appended = new HashMap<>();

    Trace(boolean written) {
        this(written, false);
    }

    private Trace(boolean written, boolean isolated) {
        this.written = written;
        this.isolated = isolated;
    }

    /** Of a schedule in which no repair arrives: nothing that reconcilers find has an effect. What they find is kept. */
    static Trace isolated() {
        return new Trace(false, true);
    }

    boolean isIsolated() {
        return isolated;
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

    /** A repair was emitted, or a conflict reported. */
    void found(String key, long cutMs, String finding) {
        if (isolated) {
            findings.computeIfAbsent(key, k -> new TreeMap<>())
                    .computeIfAbsent(cutMs, c -> new TreeSet<>())
                    .add(finding);
        }
    }

    /** Repairs and conflicts as text, by key and cut. */
    TreeMap<String, TreeMap<Long, TreeSet<String>>> findings() {
        return findings;
    }

    /** A write event of a key was appended somewhere. */
    void appended(String key, long nowMs) {
        if (isolated) {
            appended.computeIfAbsent(key, k -> new TreeSet<>()).add(nowMs);
        }
    }

    /** Whether a write event of a key was appended somewhere from one time until before another. */
    boolean isAppended(String key, long fromMs, long untilMs) {
        return !appendedBefore(key, untilMs).tailSet(fromMs).isEmpty();
    }

    /** When write events of a key were appended before a time. */
    SortedSet<Long> appendedBefore(String key, long untilMs) {
        return appended.getOrDefault(key, new TreeSet<>()).headSet(untilMs);
    }

    /** The lines that concern a key; all lines if the key is null. */
    List<String> about(String key) {
        return lines.stream()
                .filter(line -> key == null || line.concerns().test(key))
                .map(Line::text)
                .toList();
    }
}

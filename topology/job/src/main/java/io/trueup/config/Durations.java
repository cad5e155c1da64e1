package io.trueup.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations in text form: {@code 500ms}, {@code 60s}, {@code 5m}, {@code 2h}, {@code 7d}. Thread-safe. */
public final class Durations {

    private static final Pattern FORM = Pattern.compile("(\\d{1,12}) ?(ms|s|m|h|d)");
    private static final Map<String, Long> UNITS_MS = unitsMs();

    private Durations() {}

    /**
     * Reads a duration.
     *
     * @throws IllegalArgumentException if the text is not a duration; the message describes the form
     */
    public static Duration parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "not a duration; write a whole number and one of ms, s, m, h, d, such as 500ms, 60s or 2h");
        }
        try {
            return Duration.ofMillis(
                    Math.multiplyExact(Long.parseLong(matcher.group(1)), (long) UNITS_MS.get(matcher.group(2))));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("too long for a duration; write less, such as 60s or 7d", e);
        }
    }

    /** Writes a duration of whole milliseconds in the largest unit that needs no fraction. */
    public static String format(Duration duration) {
        long ms = duration.toMillis();
        for (Map.Entry<String, Long> unit : UNITS_MS.entrySet()) {
            if (ms != 0 && ms % unit.getValue() == 0) {
                return ms / unit.getValue() + unit.getKey();
            }
        }
        return ms + "ms";
    }

    private static Map<String, Long> unitsMs() {
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("d", 86_400_000L);
        units.put("h", 3_600_000L);
        units.put("m", 60_000L);
        units.put("s", 1_000L);
        units.put("ms", 1L);
        return units;
    }
}

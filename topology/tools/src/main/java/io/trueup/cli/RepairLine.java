package io.trueup.cli;

import io.trueup.history.EmittedRepair;
import io.trueup.history.EmittedRepair.Held;
import java.time.Instant;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Repair events in words. */
final class RepairLine {

    private static final int SHOWN_KEY = 80;

    private RepairLine() {}

    /** A key, shortened if it is long. */
    static String key(byte[] key) {
        String text = KeyText.of(key);
        return text.length() <= SHOWN_KEY ? text : text.substring(0, SHOWN_KEY) + "…";
    }

    /** What a replica is to hold: {@code version 12}, {@code deleted, version 12}. */
    static String winning(EmittedRepair repair) {
        return held(repair.winning());
    }

    /** What it held: {@code nothing}, {@code version 11}. */
    static String observed(EmittedRepair repair) {
        return repair.observed() == null ? "nothing" : held(repair.observed());
    }

    static String held(Held held) {
        if (held.version() == Long.MIN_VALUE) {
            return "nothing";
        }
        return (held.deleted() ? "deleted, " : "") + "version " + version(held);
    }

    /** The vector as {@code eu=3,us=1}, or else the version. */
    static String version(Held held) {
        return held.vector() == null
                ? Long.toString(held.version())
                : new TreeMap<>(held.vector())
                        .entrySet().stream().map(Object::toString).collect(Collectors.joining(","));
    }

    /** What it brings along: {@code 95 bytes}, or where to fetch them. */
    static String value(EmittedRepair repair) {
        if (repair.reference() != null) {
            return "at " + repair.reference();
        }
        return repair.winning().deleted() ? "" : bytes(repair.valueBytes());
    }

    static String bytes(long count) {
        return AuditText.number(count) + (count == 1 ? " byte" : " bytes");
    }

    static String time(long ms) {
        return Instant.ofEpochMilli(ms).toString();
    }
}

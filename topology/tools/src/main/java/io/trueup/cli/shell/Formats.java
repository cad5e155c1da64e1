package io.trueup.cli.shell;

import java.time.Instant;
import java.util.Locale;

/** How numbers, sizes, durations and times are printed. The same in every locale. */
public final class Formats {

    /** Stands for an entry whose write event cannot be read. */
    public static final String UNREAD = "unknown: its record cannot be read";

    private Formats() {}

    /** Digits in groups of three: {@code 12 345}. */
    public static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }

    /** A size in bytes: {@code 1 byte}, {@code 12 345 bytes}. */
    public static String bytes(long count) {
        return number(count) + (count == 1 ? " byte" : " bytes");
    }

    /** A duration in seconds with one digit after the point: {@code 1.2 s}. */
    public static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f s", seconds);
    }

    /** A time in milliseconds since the epoch, as ISO 8601 in UTC. */
    public static String time(long ms) {
        return Instant.ofEpochMilli(ms).toString();
    }
}

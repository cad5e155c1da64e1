package io.trueup.cli.audit;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size of memory on the command line, such as 512m or 4g. */
final class MemorySize {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmg]?)", Pattern.CASE_INSENSITIVE);

    /** Memory of the smallest tables of a replica. */
    private static final long MIN_TABLE_BYTES = 32 << 10;

    private MemorySize() {}

    /**
     * Returns the number of bytes, which suffice for tables.
     *
     * @param replicas replicas that are compared
     * @param partitions partitions that are read at the same time
     * @throws IllegalArgumentException if the text is no size, or too small
     */
    static long forTables(String text, int replicas, int partitions) {
        long bytes = bytes(text);
        long required = MIN_TABLE_BYTES * replicas * partitions;
        if (bytes < required) {
            throw new IllegalArgumentException(text + " is too little for the tables of " + replicas + " replicas and "
                    + partitions + (partitions == 1 ? " partition" : " partitions") + " at the same time: give "
                    + (required >> 10) + "k or more" + (partitions == 1 ? "" : ", or fewer --threads"));
        }
        return bytes;
    }

    private static long bytes(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a size such as 512m or 4g");
        }
        long number = Long.parseLong(size.group(1));
        return switch (size.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> number << 10;
            case "m" -> number << 20;
            case "g" -> number << 30;
            default -> number;
        };
    }
}

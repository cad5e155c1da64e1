package io.trueup.cli;

import java.io.PrintWriter;
import java.util.Arrays;

/**
 * Rows in columns, each printed as it comes. A column is as wide as the widest of its cells so far. Not thread-safe.
 */
final class StreamedTable {

    private final PrintWriter out;
    private final String[] headings;
    private final int[] widths;
    private boolean begun;

    /** @param headings may be padded with spaces, to the width that most cells have */
    StreamedTable(PrintWriter out, String... headings) {
        this.out = out;
        this.headings = headings.clone();
        widths = Arrays.stream(headings).mapToInt(StreamedTable::length).toArray();
    }

    /** Prints a row, and the headings before the first. */
    void row(String... cells) {
        if (!begun) {
            begun = true;
            print(headings);
        }
        print(cells);
        out.flush();
    }

    boolean isEmpty() {
        return !begun;
    }

    private void print(String... cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.length; column++) {
            int length = length(cells[column]);
            widths[column] = Math.max(widths[column], length);
            line.append(cells[column]).append(" ".repeat(widths[column] - length + 2));
        }
        out.println(line.toString().stripTrailing());
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}

package io.trueup.cli.shell;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of text in columns, each printed at once. A column is as wide as the widest of its cells so far. Not thread-safe.
 */
public final class StreamedTable {

    private final PrintWriter out;
    private final List<String> headings = new ArrayList<>();
    private final List<Integer> widths = new ArrayList<>();
    private boolean begun;

    /** Columns are added before the first row. */
    public StreamedTable(PrintWriter out) {
        this.out = out;
    }

    /** Adds a column. */
    public StreamedTable column(String heading) {
        return column(heading, 0);
    }

    /**
     * Adds a column.
     *
     * @param minWidth the width in characters that most cells have
     */
    public StreamedTable column(String heading, int minWidth) {
        headings.add(heading);
        widths.add(Math.max(length(heading), minWidth));
        return this;
    }

    /** Prints a row, and the headings before the first. */
    public void row(String... cells) {
        if (!begun) {
            begun = true;
            print(headings);
        }
        print(List.of(cells));
        out.flush();
    }

    /** Whether no row was printed so far. */
    public boolean isEmpty() {
        return !begun;
    }

    private void print(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            int length = length(cells.get(column));
            widths.set(column, Math.max(widths.get(column), length));
            line.append(cells.get(column)).append(" ".repeat(widths.get(column) - length + 2));
        }
        out.println(line.toString().stripTrailing());
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}

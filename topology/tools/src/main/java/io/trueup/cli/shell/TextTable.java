package io.trueup.cli.shell;

import java.util.ArrayList;
import java.util.List;

/** Rows of text in columns, under headings. Not thread-safe. */
public final class TextTable {

    private final List<List<String>> rows = new ArrayList<>();

    /** @param headings one for each column; none: the table has rows only */
    public TextTable(String... headings) {
        if (headings.length > 0) {
            rows.add(List.of(headings));
        }
    }

    /** Adds a row. */
    public void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** Lines without trailing spaces, each with a line feed. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                line.append(row.get(column)).append(" ".repeat(width(column) - length(row.get(column)) + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream()
                .mapToInt(row -> column < row.size() ? length(row.get(column)) : 0)
                .max()
                .orElse(0);
    }

    private static int length(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}

package io.trueup.cli.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.TextTable;
import io.trueup.failure.KeyFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The values of a divergent key for people: a line per field that is not the same, a column per replica that holds a value. */
final class ValueText {

    private static final int MAX_FIELDS = 20;
    private static final int MAX_LENGTH = 60;
    /** How much is shown before the first character that is not the same, where values are cut off. */
    private static final int CONTEXT = 20;

    private static final String CUT_OFF = "…";
    private static final String ABSENT = "absent";

    private ValueText() {}

    /** Lines with two blanks before them. */
    static String of(FieldComparison comparison) {
        StringBuilder text = new StringBuilder();
        List<String> replicas = List.copyOf(comparison.values().keySet());
        if (comparison.fields().isEmpty() && replicas.size() > 1) {
            text.append("  The values are the same, field by field.\n");
        } else if (!replicas.isEmpty()) {
            text.append(table(comparison, replicas));
        }
        if (comparison.fields().size() > MAX_FIELDS) {
            text.append("  … and ")
                    .append(Formats.number(comparison.fields().size() - MAX_FIELDS))
                    .append(" more fields: --output json or html prints them.\n");
        }
        if (!comparison.leftOut().isEmpty()) {
            text.append("  Left out, because it is not compared: ")
                    .append(printable(String.join(", ", comparison.leftOut())))
                    .append(".\n");
        }
        comparison
                .unknown()
                .forEach(replica ->
                        text.append("  The write event of ").append(replica).append(" contains no value.\n"));
        return text.toString();
    }

    private static TextTable table(FieldComparison comparison, List<String> replicas) {
        List<String> headings = new ArrayList<>(List.of("  FIELD"));
        headings.addAll(replicas);
        TextTable table = new TextTable(headings.toArray(String[]::new));
        comparison.fields().stream().limit(MAX_FIELDS).forEach(field -> {
            List<String> row = new ArrayList<>(List.of("  " + printable(field.path())));
            row.addAll(cells(field.values(), replicas));
            table.row(row.toArray(String[]::new));
        });
        return table;
    }

    /** The cells of one line. Long ones are cut off around the first character that is not the same. */
    private static List<String> cells(Map<String, JsonNode> contents, List<String> replicas) {
        List<String> cells = replicas.stream()
                .map(replica -> contents.containsKey(replica)
                        ? printable(contents.get(replica).toString())
                        : ABSENT)
                .toList();
        int from = Math.max(0, common(cells) - CONTEXT);
        return cells.stream().map(cell -> cut(cell, from)).toList();
    }

    /** How many characters at the beginning are the same in all cells. */
    private static int common(List<String> cells) {
        String first = cells.get(0);
        int common = 0;
        while (common < first.length() && hasAll(cells, common, first.charAt(common))) {
            common++;
        }
        return common;
    }

    private static boolean hasAll(List<String> cells, int at, char character) {
        return cells.stream().allMatch(cell -> at < cell.length() && cell.charAt(at) == character);
    }

    private static String cut(String cell, int from) {
        if (cell.length() <= MAX_LENGTH) {
            return cell;
        }
        int begin = whole(cell, Math.min(from, cell.length() - MAX_LENGTH));
        int end = whole(cell, begin + MAX_LENGTH);
        return (begin == 0 ? "" : CUT_OFF) + cell.substring(begin, end) + (end == cell.length() ? "" : CUT_OFF);
    }

    /** An index that does not lie within a character of two. */
    private static int whole(String text, int index) {
        return index < text.length() && Character.isLowSurrogate(text.charAt(index)) ? index - 1 : index;
    }

    /** A text in quotes, with escapes as in JSON. */
    static String quoted(String text) {
        return printable(TextNode.valueOf(text).toString());
    }

    /** Escapes what a terminal would not show as it is. */
    private static String printable(String json) {
        StringBuilder text = new StringBuilder(json.length());
        json.codePoints().forEach(character -> {
            if (KeyFormat.isPrintable(character)) {
                text.appendCodePoint(character);
            } else {
                for (char unit : Character.toChars(character)) {
                    text.append(String.format("\\u%04x", (int) unit));
                }
            }
        });
        return text.toString();
    }
}

package io.trueup.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Draws charts as SVG, to stand in a page that gives the colours by class: {@code a}, {@code b}, {@code c}. Stateless. */
final class Picture {

    private static final int WIDTH = 860;
    private static final int HEIGHT = 220;
    private static final int LEFT = 56;
    private static final int BOTTOM = 34;
    private static final int TOP = 12;
    private static final int LINES = 4;
    private static final int MAX_LABELS = 10;

    private Picture() {}

    /**
     * A quantity that changes at some times, and stays in between.
     *
     * @param style class of its line
     * @param atMs the times, ascending
     * @param values its value from each of these times on
     */
    record Steps(String name, String style, List<Long> atMs, List<Long> values) {}

    /**
     * A bar whose parts stand on each other.
     *
     * @param label below the bar
     * @param parts height of each part, in the order of the styles
     */
    record Bar(String label, List<Long> parts) {

        private long height() {
            return parts.stream().mapToLong(Long::longValue).sum();
        }
    }

    /** Quantities over time, from 0 to an end. */
    static String steps(String title, List<Steps> all, long endMs) {
        long highest = all.stream()
                .flatMap(one -> one.values().stream())
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
        Svg svg = new Svg(title, highest);
        for (Steps one : all) {
            StringBuilder path = new StringBuilder("M" + svg.x(0, endMs) + " " + svg.y(0));
            for (int i = 0; i < one.values().size(); i++) {
                path.append('H').append(svg.x(one.atMs().get(i), endMs));
                path.append('V').append(svg.y(one.values().get(i)));
            }
            path.append('H').append(svg.x(endMs, endMs));
            svg.add("<path class=\"line " + one.style() + "\" d=\"" + path + "\"/>");
        }
        for (int i = 0; i <= MAX_LABELS; i++) {
            long ms = endMs * i / MAX_LABELS;
            svg.label(Double.parseDouble(svg.x(ms, endMs)), ms / 1_000 + " s");
        }
        return svg.text();
    }

    /** Bars beside each other. */
    static String bars(String title, List<Bar> bars, List<String> styles) {
        Svg svg = new Svg(title, bars.stream().mapToLong(Bar::height).max().orElse(0));
        double width = (double) (WIDTH - LEFT) / Math.max(1, bars.size());
        int every = Math.max(1, (bars.size() + MAX_LABELS - 1) / MAX_LABELS);
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double left = LEFT + i * width;
            long below = 0;
            for (int part = 0; part < bar.parts().size(); part++) {
                long height = bar.parts().get(part);
                if (height > 0) {
                    svg.add(String.format(
                            Locale.ROOT,
                            "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" y=\"%s\" height=\"%.1f\"/>",
                            styles.get(part),
                            left + width * 0.1,
                            width * 0.8,
                            svg.y(below + height),
                            Double.parseDouble(svg.y(below)) - Double.parseDouble(svg.y(below + height))));
                }
                below += height;
            }
            if (i % every == 0) {
                svg.label(left + width / 2, bar.label());
            }
        }
        return svg.text();
    }

    /**
     * How many of some times lie in each of a number of equal spans, from 0 to the longest.
     *
     * @param spans how many spans
     */
    static List<Bar> spans(List<Long> timesMs, int spans) {
        long longest = timesMs.stream().mapToLong(Long::longValue).max().orElse(0);
        long[] counts = new long[spans];
        timesMs.forEach(ms -> counts[(int) Math.min(spans - 1L, ms * spans / Math.max(1, longest))]++);
        List<Bar> bars = new ArrayList<>();
        for (int i = 0; i < spans; i++) {
            bars.add(new Bar(
                    String.format(Locale.ROOT, "%.1f s", longest * (i + 0.5) / spans / 1_000), List.of(counts[i])));
        }
        return bars;
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** The frame of a chart: lines of the vertical axis, and labels. */
    private static final class Svg {

        private final List<String> elements = new ArrayList<>();
        private final String title;
        private final long top;

        Svg(String title, long highest) {
            this.title = title;
            top = Math.max(1, highest);
            LongStream.rangeClosed(0, Math.min(LINES, top)).forEach(line -> {
                long value = top * line / Math.min(LINES, top);
                add("<line class=\"grid\" x1=\"" + LEFT + "\" x2=\"" + WIDTH + "\" y1=\"" + y(value) + "\" y2=\""
                        + y(value) + "\"/>");
                add("<text class=\"axis\" text-anchor=\"end\" x=\"" + (LEFT - 6) + "\" y=\"" + y(value) + "\">" + value
                        + "</text>");
            });
        }

        void add(String element) {
            elements.add(element);
        }

        void label(double x, String text) {
            add(String.format(
                    Locale.ROOT,
                    "<text class=\"axis\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>",
                    Math.min(WIDTH - 18, x),
                    HEIGHT - 10,
                    escaped(text)));
        }

        String x(long ms, long endMs) {
            return String.format(Locale.ROOT, "%.1f", LEFT + (double) (WIDTH - LEFT) * ms / Math.max(1, endMs));
        }

        String y(long value) {
            return String.format(Locale.ROOT, "%.1f", HEIGHT - BOTTOM - (double) (HEIGHT - BOTTOM - TOP) * value / top);
        }

        String text() {
            return "<svg viewBox=\"0 0 " + WIDTH + " " + HEIGHT + "\" role=\"img\" aria-label=\"" + escaped(title)
                    + "\">\n" + elements.stream().collect(Collectors.joining("\n")) + "\n</svg>\n";
        }
    }
}

package io.trueup.demo;

import io.trueup.demo.cluster.JobOutput.RoundCounts;
import io.trueup.demo.console.Figures;
import io.trueup.demo.fault.FaultTracker.Repaired;
import io.trueup.demo.fault.Injection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The report of a run as a page with pictures: rows that differ over time, rounds by outcome, and how long repairs took. One file
 * without scripts, which refers to nothing else. Immutable.
 *
 * @param report the figures
 * @param verdict the lines of the verdict, as the demo prints them
 * @param course what happened when
 */
record HtmlReport(DemoReport report, List<String> verdict, Course course) {

    private static final int SPANS = 20;

    /**
     * What happened when.
     *
     * @param startMs start of the run, in milliseconds since the epoch
     * @param endMs its end
     * @param injected the faults of single rows, as they happened
     * @param repaired those whose row is correct again
     * @param rounds the rounds in order
     */
    record Course(
            long startMs, long endMs, List<Injection> injected, List<Repaired> repaired, List<RoundCounts> rounds) {}

    void write(Path file) {
        try {
            Files.writeString(file, html());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the report to " + file, e);
        }
    }

    String html() {
        StringBuilder page = new StringBuilder(HEAD);
        page.append("<h1 class=\"")
                .append(report.good() ? "good" : "bad")
                .append("\">")
                .append(report.good() ? "Equal again" : "Not as it should be")
                .append("</h1>\n<p>Trueup demo: ")
                .append(report.setup().replicas())
                .append(" replicas, ")
                .append(report.setup().partitions())
                .append(" partitions, ")
                .append(Figures.number(report.setup().keys()))
                .append(" keys, seed ")
                .append(report.setup().seed())
                .append(", faults: ")
                .append(escaped(String.join(", ", report.setup().faults())))
                .append(".</p>\n");
        figure(
                page,
                "Rows with a fault",
                "<b class=\"a\">injected</b> so far, and <b class=\"b\">still unequal</b>: what the databases hold, not what the job"
                        + " reports.",
                Picture.steps("Rows with a fault", List.of(injected(), unequal()), course.endMs() - course.startMs()));
        figure(
                page,
                "Rounds",
                "Reports of each round by outcome: <b class=\"a\">equal</b>, <b class=\"b\">divergent</b>, <b class=\"c\">lagging, alone"
                        + " or skipped</b>.",
                Picture.bars("Rounds by outcome", rounds(), List.of("a", "b", "c")));
        figure(
                page,
                "From fault to repaired row",
                "How many rows were correct again after how long.",
                Picture.bars(
                        "From fault to repaired row",
                        Picture.spans(
                                course.repaired().stream()
                                        .map(Repaired::afterMs)
                                        .toList(),
                                SPANS),
                        List.of("a")));
        table(page, "Repairs of each replica", "repairs", report.repairs().repairsByReplica());
        table(page, "Rows at the end", "rows", report.tables().rows());
        page.append("<h2>Verdict</h2>\n<pre>")
                .append(escaped(String.join("\n", verdict)))
                .append("</pre>\n</main>\n");
        return page.toString();
    }

    private static void figure(StringBuilder page, String title, String caption, String picture) {
        page.append("<h2>")
                .append(title)
                .append("</h2>\n<figure>\n")
                .append(picture)
                .append("<figcaption>")
                .append(caption)
                .append("</figcaption>\n</figure>\n");
    }

    private static void table(StringBuilder page, String title, String column, Map<String, Long> byReplica) {
        page.append("<h2>")
                .append(title)
                .append("</h2>\n<table><tr><th>replica</th><th>")
                .append(column);
        page.append("</th></tr>\n");
        byReplica.forEach((replica, count) -> page.append("<tr><td>")
                .append(escaped(replica))
                .append("</td><td>")
                .append(Figures.number(count))
                .append("</td></tr>\n"));
        page.append("</table>\n");
    }

    private Picture.Steps injected() {
        Map<Long, Long> changes = new TreeMap<>();
        course.injected().forEach(fault -> changes.merge(fault.atMs(), 1L, Long::sum));
        return steps("injected", "a", changes);
    }

    private Picture.Steps unequal() {
        Map<Long, Long> changes = new TreeMap<>();
        course.injected().forEach(fault -> changes.merge(fault.atMs(), 1L, Long::sum));
        course.repaired().forEach(fault -> changes.merge(fault.seenMs(), -1L, Long::sum));
        return steps("still unequal", "b", changes);
    }

    private Picture.Steps steps(String name, String style, Map<Long, Long> changes) {
        Map<Long, Long> values = new LinkedHashMap<>();
        long value = 0;
        for (Map.Entry<Long, Long> change : changes.entrySet()) {
            value += change.getValue();
            values.put(change.getKey() - course.startMs(), value);
        }
        return new Picture.Steps(name, style, List.copyOf(values.keySet()), List.copyOf(values.values()));
    }

    private List<Picture.Bar> rounds() {
        List<Picture.Bar> bars = new ArrayList<>();
        for (RoundCounts round : course.rounds()) {
            bars.add(new Picture.Bar(
                    Figures.seconds(Math.max(0, round.cutMs() - course.startMs())),
                    List.of((long) round.equal(), (long) round.divergent(), (long)
                            (round.lagging() + round.alone() + round.skipped()))));
        }
        return bars;
    }

    private static String escaped(String text) {
        return Picture.escaped(text);
    }

    private static final String HEAD = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Trueup demo</title>
            <style>
            :root { color-scheme: light dark; --a: #2f7d4f; --b: #c2410c; --c: #8a8f98; --line: #8884; }
            @media (prefers-color-scheme: dark) { :root { --a: #5fbf87; --b: #f08a4b; --c: #9aa0aa; } }
            body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem 1rem; }
            main { max-width: 56rem; margin: auto; }
            figure { margin: 0; } svg { width: 100%; height: auto; }
            .line { fill: none; stroke-width: 2; } .line.a { stroke: var(--a); } .line.b { stroke: var(--b); }
            rect.a { fill: var(--a); } rect.b { fill: var(--b); } rect.c { fill: var(--c); }
            b.a, h1.good { color: var(--a); } b.b, h1.bad { color: var(--b); } b.c { color: var(--c); }
            .grid { stroke: var(--line); } .axis { font-size: 11px; fill: currentColor; }
            td, th { padding: 0 1rem 0 0; text-align: left; } pre { overflow-x: auto; }
            </style>
            <main>
            """;
}

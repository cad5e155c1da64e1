package io.trueup.cli.bench;

import io.trueup.bench.Distribution;
import io.trueup.bench.latency.LatencyLoad;
import io.trueup.bench.latency.LatencyResult;
import io.trueup.bench.latency.LatencyResult.Counts;
import io.trueup.bench.latency.LatencyResult.Span;
import io.trueup.bench.latency.LatencyResult.Table;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import io.trueup.config.Durations;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints the result of {@code trueup bench latency}. */
final class LatencyOutput {

    private static final double P90 = 0.9;

    private LatencyOutput() {}

    static void text(LatencyResult result, PrintWriter out) {
        LatencyLoad load = result.load();
        out.println();
        out.println("Time from the cut of a round to the repair of a lost write, and to its verification. "
                + result.machine());
        out.println(
                "2 replicas (" + load.format() + ") of " + Formats.number(load.keys()) + " keys in " + load.partitions()
                        + " partitions, about 100 writes a second; round.interval " + Durations.format(load.interval())
                        + ", grace "
                        + Durations.format(load.grace()) + "; " + load.rounds() + " rounds with " + load.losses()
                        + " lost writes each" + (load.settings().isEmpty() ? "" : "; " + load.settings()));
        out.println(
                "Milliseconds between append times of the broker; a round is due at its cut + grace. Commit intervals are"
                        + " those of the job.");
        for (Table table : result.tables()) {
            out.println();
            out.println(table.guarantee().label() + ": " + counts(table.counts()));
            TextTable rows = new TextTable("SPAN, IN MS", "MEDIAN", "P90", "MAX", "COUNT");
            for (Span span : Span.values()) {
                Distribution ms = table.milliseconds(span);
                rows.row(
                        span.label(),
                        number(ms, ms.median()),
                        number(ms, ms.quantile(P90)),
                        number(ms, ms.max()),
                        Integer.toString(ms.count()));
            }
            out.print(rows);
        }
        out.flush();
    }

    private static String counts(Counts counts) {
        return counts.planted() + " writes lost, " + counts.repaired() + " repaired (" + counts.inFirstRound()
                + " by the first round that could), " + counts.answered() + " answered, " + counts.verified()
                + " verified; " + counts.repeated() + " repairs repeated, " + counts.needless() + " needless";
    }

    static void json(LatencyResult result, PrintWriter out) {
        LatencyLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "latency");
        object.put("measured", "milliseconds from the cut of a round to a repair, and to its verification");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("rounds", load.rounds());
        object.put("lossesPerRound", load.losses());
        object.put("keys", load.keys());
        object.put("partitions", load.partitions());
        object.put("intervalMs", load.interval().toMillis());
        object.put("graceMs", load.grace().toMillis());
        object.put("format", load.format());
        object.put("settings", load.settings());
        object.put(
                "guarantees", result.tables().stream().map(LatencyOutput::json).toList());
        new JsonLines(out).print(object);
    }

    private static Map<String, Object> json(Table table) {
        Counts counts = table.counts();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("guarantee", table.guarantee().label());
        object.put("planted", counts.planted());
        object.put("repaired", counts.repaired());
        object.put("inFirstRound", counts.inFirstRound());
        object.put("answered", counts.answered());
        object.put("verified", counts.verified());
        object.put("repeated", counts.repeated());
        object.put("needless", counts.needless());
        List<Object> spans = new ArrayList<>();
        for (Span span : Span.values()) {
            Distribution ms = table.milliseconds(span);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("span", span.label());
            figures.put("medianMs", ms.median());
            figures.put("p90Ms", ms.quantile(P90));
            figures.put("maxMs", ms.max());
            figures.put("count", ms.count());
            spans.add(figures);
        }
        object.put("spans", spans);
        return object;
    }

    private static String number(Distribution figures, double ms) {
        return figures.count() == 0 ? "–" : Formats.number(Math.round(ms));
    }
}

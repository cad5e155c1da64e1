package io.trueup.cli.bench;

import io.trueup.bench.Distribution;
import io.trueup.bench.process.Milestone;
import io.trueup.bench.restart.Restart;
import io.trueup.bench.restart.RestartLoad;
import io.trueup.bench.restart.RestartResult;
import io.trueup.bench.restart.RestartResult.Run;
import io.trueup.bench.restart.RestartResult.Table;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import io.trueup.config.Durations;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints the result of {@code trueup bench restart}. */
final class RestartOutput {

    private RestartOutput() {}

    static void text(RestartResult result, PrintWriter out) {
        RestartLoad load = result.load();
        out.println();
        out.println(
                "Time from the start of a process of the job until each partition was compared. " + result.machine());
        out.println(String.format(
                Locale.ROOT,
                "1 replica and its peer, %s keys (%d records per key) in %d partitions, values of %d bytes; round.interval %s, grace"
                        + " %s; runs: %d%s",
                Formats.number(load.filling().keys()),
                load.filling().recordsPerKey(),
                load.partitions(),
                load.filling().valueBytes(),
                Durations.format(load.interval()),
                Durations.format(load.grace()),
                load.runs(),
                load.settings().isEmpty() ? "" : "; " + load.settings()));
        out.println(
                "Seconds since the JVM was started. RUNNING: Kafka Streams has restored the state. TREES: all trees are built from it."
                        + " COMPARED: each partition");
        out.println(
                "was compared with all keys, which waits for rounds, too: up to an interval and grace. PER 1M KEYS: COMPARED less that"
                        + " of the restart without keys.");
        for (Table table : result.tables()) {
            out.println();
            out.println(table.guarantee().label());
            TextTable rows = new TextTable(
                    "RESTART", "RUNNING", "TREES", "COMPARED", "MIN", "MAX", "PER 1M KEYS", "RESTORED", "READ");
            for (Restart restart : Restart.values()) {
                Distribution compared = table.of(restart, run -> run.compared().ms());
                rows.row(
                        restart.label(),
                        seconds(table.of(restart, run -> run.running().ms()).median()),
                        seconds(table.of(restart, run -> run.trees().ms()).median()),
                        seconds(compared.median()),
                        seconds(compared.min()),
                        seconds(compared.max()),
                        restart == Restart.EMPTY ? "" : seconds(result.msPerMillionKeys(table, restart)),
                        number(table.of(restart, run -> run.compared().restored())),
                        number(table.of(restart, run -> run.compared().read())));
            }
            out.print(rows);
        }
        out.flush();
    }

    static void json(RestartResult result, PrintWriter out) {
        RestartLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "restart");
        object.put("measured", "milliseconds from the start of a process of the job until each partition was compared");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("keys", load.filling().keys());
        object.put("recordsPerKey", load.filling().recordsPerKey());
        object.put("valueBytes", load.filling().valueBytes());
        object.put("partitions", load.partitions());
        object.put("intervalMs", load.interval().toMillis());
        object.put("graceMs", load.grace().toMillis());
        object.put("heap", load.heap());
        object.put("runs", load.runs());
        object.put("settings", load.settings());
        object.put(
                "guarantees",
                result.tables().stream().map(table -> json(result, table)).toList());
        new JsonLines(out).print(object);
    }

    private static Map<String, Object> json(RestartResult result, Table table) {
        List<Object> restarts = new ArrayList<>();
        for (Restart restart : Restart.values()) {
            Distribution compared = table.of(restart, run -> run.compared().ms());
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("restart", restart.label());
            figures.put("comparedMs", compared.median());
            figures.put("minMs", compared.min());
            figures.put("maxMs", compared.max());
            figures.put(
                    "runningMs", table.of(restart, run -> run.running().ms()).median());
            figures.put("treesMs", table.of(restart, run -> run.trees().ms()).median());
            figures.put("msPerMillionKeys", restart == Restart.EMPTY ? null : result.msPerMillionKeys(table, restart));
            figures.put(
                    "runs",
                    table.runs().get(restart).stream().map(RestartOutput::json).toList());
            restarts.add(figures);
        }
        return Map.of("guarantee", table.guarantee().label(), "restarts", restarts);
    }

    private static Map<String, Object> json(Run run) {
        Milestone compared = run.compared();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("runningMs", run.running().ms());
        object.put("treesMs", run.trees().ms());
        object.put("comparedMs", compared.ms());
        object.put("restored", compared.restored());
        object.put("read", compared.read());
        return object;
    }

    private static String seconds(double ms) {
        return String.format(Locale.ROOT, "%.2f", ms / 1e3);
    }

    private static String number(Distribution counts) {
        return Formats.number(Math.round(counts.median()));
    }
}

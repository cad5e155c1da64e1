package io.trueup.cli.bench;

import io.trueup.bench.Distribution;
import io.trueup.bench.ingest.IngestBench;
import io.trueup.bench.ingest.IngestLoad;
import io.trueup.bench.ingest.IngestResult;
import io.trueup.bench.ingest.IngestResult.Table;
import io.trueup.bench.ingest.IngestRun;
import io.trueup.bench.ingest.Peer;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints the result of {@code trueup bench ingest}. */
final class IngestOutput {

    private IngestOutput() {}

    static void text(IngestResult result, PrintWriter out) {
        IngestLoad load = result.load();
        out.println();
        out.println("Write events taken in per second by one stream thread. " + result.machine());
        out.println(String.format(
                Locale.ROOT,
                "%s plain records in each topic, %s keys (%.2f records per key), values of %d bytes, %d partitions; runs: %d%s",
                Formats.number(load.records()),
                Formats.number(result.keysWritten()),
                result.recordsPerKey(),
                load.valueBytes(),
                load.partitions(),
                load.runs(),
                load.settings().isEmpty() ? "" : "; the job with " + load.settings()));
        out.println(
                "A rate is records / time from the first record processed until the committed offsets of the group have"
                        + " reached the ends of all");
        out.println(String.format(
                Locale.ROOT,
                "partitions, asked of the broker every few ms. Kafka Streams commits every %d ms, so that up to as much of the time"
                        + " is waiting for the",
                IngestBench.commitIntervalMs()));
        out.println(
                "last commit; PROCESSED/S ends with the last record instead (counter records-consumed-total). The consumer"
                        + " commits at once after");
        out.println(
                "its last record. The join reads both topics, and the records of both count. Ratios: median of the ratios of"
                        + " neighbouring runs.");
        for (Table table : result.tables()) {
            out.println();
            out.println(table.guarantee().label() + ", a commit every " + IngestBench.commitIntervalMs() + " ms");
            out.print(rows(table));
        }
        out.flush();
    }

    private static TextTable rows(Table table) {
        TextTable rows = new TextTable(
                "PEER", "RECORDS/S", "MIN", "MAX", "× JOIN", "× EMPTY JOB", "PROCESSED/S", "RECORDS READ");
        for (Peer peer : Peer.values()) {
            Distribution rates = table.rates(peer);
            rows.row(
                    peer.label(),
                    rate(rates.median()),
                    rate(rates.min()),
                    rate(rates.max()),
                    ratio(table.ratio(peer, Peer.JOIN)),
                    ratio(table.ratio(peer, Peer.EMPTY)),
                    rate(table.processedRates(peer).median()),
                    Formats.number(table.runs().get(peer).get(0).records()));
        }
        return rows;
    }

    static void json(IngestResult result, PrintWriter out) {
        IngestLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "ingest");
        object.put("measured", "write events per second and stream thread");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("records", load.records());
        object.put("keys", load.keys());
        object.put("keysWritten", result.keysWritten());
        object.put("recordsPerKey", result.recordsPerKey());
        object.put("valueBytes", load.valueBytes());
        object.put("partitions", load.partitions());
        object.put("streamThreads", 1);
        object.put("commitIntervalMs", IngestBench.commitIntervalMs());
        object.put("runs", load.runs());
        object.put("settings", load.settings());
        object.put(
                "guarantees", result.tables().stream().map(IngestOutput::json).toList());
        new JsonLines(out).print(object);
    }

    private static Map<String, Object> json(Table table) {
        List<Object> peers = new ArrayList<>();
        for (Peer peer : Peer.values()) {
            Distribution rates = table.rates(peer);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("peer", peer.label());
            figures.put("recordsPerSecond", rates.median());
            figures.put("min", rates.min());
            figures.put("max", rates.max());
            figures.put("ratioToJoin", table.ratio(peer, Peer.JOIN));
            figures.put("ratioToEmptyJob", table.ratio(peer, Peer.EMPTY));
            figures.put("processedPerSecond", table.processedRates(peer).median());
            figures.put(
                    "runs",
                    table.runs().get(peer).stream().map(IngestOutput::json).toList());
            peers.add(figures);
        }
        return Map.of("guarantee", table.guarantee().label(), "peers", peers);
    }

    private static Map<String, Object> json(IngestRun run) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("records", run.records());
        object.put("processedNanos", run.processedNanos());
        object.put("committedNanos", run.committedNanos());
        return object;
    }

    private static String rate(double perSecond) {
        return Formats.number(Math.round(perSecond));
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }
}

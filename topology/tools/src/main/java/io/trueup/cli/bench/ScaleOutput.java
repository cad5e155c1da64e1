package io.trueup.cli.bench;

import io.trueup.bench.scale.ScaleLoad;
import io.trueup.bench.scale.ScaleResult;
import io.trueup.bench.scale.ScaleResult.Measured;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Prints the result of {@code trueup bench scale}. */
final class ScaleOutput {

    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;

    private ScaleOutput() {}

    /** A dataset for which figures are calculated. */
    record Target(long keys, int partitions) {}

    static void text(ScaleResult result, Target target, PrintWriter out) {
        ScaleLoad load = result.load();
        out.println();
        out.println("What a process of the job takes that hosts all replicas. " + result.machine());
        out.println(String.format(
                Locale.ROOT,
                "%d replicas, values of %d bytes, round.interval %d s, grace %d s; heap of the process: %s; idle rounds: %d%s",
                load.replicas(),
                load.valueBytes(),
                load.interval().toSeconds(),
                load.grace().toSeconds(),
                load.heap(),
                load.idleRounds(),
                load.settings().isEmpty() ? "" : "; " + load.settings()));
        out.println(
                "HELD: live objects, direct buffers and RocksDB. RESIDENT contains free heap, too. MESSAGES and BYTES: control messages of all"
                        + " replicas in an idle round.");
        out.println();
        TextTable rows = new TextTable(
                "KEYS",
                "PARTITIONS",
                "COMPARED S",
                "IDLE CORES",
                "HELD MIB",
                "RESIDENT MIB",
                "MESSAGES",
                "BYTES",
                "STOPPED S",
                "RESTARTED S");
        for (Measured figures : result.measured()) {
            rows.row(
                    Formats.number(figures.size().keys()),
                    Formats.number(figures.size().partitions()),
                    decimal(figures.comparedMs() / 1e3),
                    String.format(Locale.ROOT, "%.3f", figures.idleCores()),
                    decimal(figures.heldBytes() / MIB),
                    decimal(figures.residentBytes() / MIB),
                    decimal(figures.controlMessages()),
                    decimal(figures.controlBytes()),
                    decimal(figures.stopMs() / 1e3),
                    decimal(figures.restartMs() / 1e3));
        }
        out.print(rows);
        out.println();
        calculated(result, target, out);
        out.flush();
    }

    private static void calculated(ScaleResult result, Target target, PrintWriter out) {
        ScaleLoad load = result.load();
        if (load.keys().size() > 1) {
            out.println(String.format(
                    Locale.ROOT, "For each key of a replica: %.1f bytes held.", result.perEntry(Measured::heldBytes)));
        }
        if (load.partitions().size() > 1) {
            out.println(String.format(
                    Locale.ROOT,
                    "For each partition of a replica: %.0f bytes held, %.5f cores, %.1f control messages and %.0f bytes in an idle round.",
                    result.perTask(Measured::heldBytes),
                    result.perTask(Measured::idleCores),
                    result.perTask(Measured::controlMessages),
                    result.perTask(Measured::controlBytes)));
        }
        if (load.keys().size() == 1 || load.partitions().size() == 1) {
            out.println(
                    "What a larger dataset takes is calculated from at least two numbers of --keys and of --partitions.");
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "Calculated for %s keys in %s partitions of %d replicas, in all processes together: %.1f GiB held, %.1f cores while idle,"
                        + " %.1f control messages and %.1f KiB a second.",
                Formats.number(target.keys()),
                Formats.number(target.partitions()),
                load.replicas(),
                at(result, target, Measured::heldBytes) / GIB,
                at(result, target, Measured::idleCores),
                at(result, target, Measured::controlMessages) / load.interval().toSeconds(),
                at(result, target, Measured::controlBytes) / load.interval().toSeconds() / 1_024));
    }

    private static double at(ScaleResult result, Target target, ToDoubleFunction<Measured> figure) {
        return result.at(figure, (double) target.keys(), target.partitions());
    }

    static void json(ScaleResult result, Target target, PrintWriter out) {
        ScaleLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "scale");
        object.put("measured", "a process of the job that hosts all replicas");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("replicas", load.replicas());
        object.put("valueBytes", load.valueBytes());
        object.put("intervalMs", load.interval().toMillis());
        object.put("graceMs", load.grace().toMillis());
        object.put("idleRounds", load.idleRounds());
        object.put("heap", load.heap());
        object.put("settings", load.settings());
        List<Object> sizes = new ArrayList<>();
        for (Measured figures : result.measured()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("keys", figures.size().keys());
            json.put("partitions", figures.size().partitions());
            json.put("comparedMs", figures.comparedMs());
            json.put("idleCores", figures.idleCores());
            json.put("heldBytes", figures.heldBytes());
            json.put("residentBytes", figures.residentBytes());
            json.put("controlMessagesPerRound", figures.controlMessages());
            json.put("controlBytesPerRound", figures.controlBytes());
            json.put("stopMs", figures.stopMs());
            json.put("restartMs", figures.restartMs());
            sizes.add(json);
        }
        object.put("sizes", sizes);
        Map<String, Object> perKey = new LinkedHashMap<>();
        perKey.put("heldBytes", orNull(result.perEntry(Measured::heldBytes)));
        object.put("perKeyOfAReplica", perKey);
        Map<String, Object> perPartition = new LinkedHashMap<>();
        perPartition.put("heldBytes", orNull(result.perTask(Measured::heldBytes)));
        perPartition.put("idleCores", orNull(result.perTask(Measured::idleCores)));
        perPartition.put("controlMessagesPerRound", orNull(result.perTask(Measured::controlMessages)));
        perPartition.put("controlBytesPerRound", orNull(result.perTask(Measured::controlBytes)));
        object.put("perPartitionOfAReplica", perPartition);
        Map<String, Object> calculated = new LinkedHashMap<>();
        calculated.put("keys", target.keys());
        calculated.put("partitions", target.partitions());
        calculated.put("heldBytes", orNull(at(result, target, Measured::heldBytes)));
        calculated.put("idleCores", orNull(at(result, target, Measured::idleCores)));
        calculated.put("controlMessagesPerRound", orNull(at(result, target, Measured::controlMessages)));
        calculated.put("controlBytesPerRound", orNull(at(result, target, Measured::controlBytes)));
        object.put("calculated", calculated);
        new JsonLines(out).print(object);
    }

    private static Double orNull(double figure) {
        return Double.isNaN(figure) ? null : figure;
    }

    private static String decimal(double number) {
        return String.format(Locale.ROOT, "%.1f", number);
    }
}

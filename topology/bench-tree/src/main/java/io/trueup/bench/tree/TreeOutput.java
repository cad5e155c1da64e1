package io.trueup.bench.tree;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.bench.tree.TreeResult.Figure;
import io.trueup.bench.tree.TreeResult.Measured;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints the result. */
final class TreeOutput {

    private TreeOutput() {}

    static void text(TreeResult result, PrintWriter out) {
        TreeLoad load = result.load();
        out.println();
        out.println(format(
                "Merkle trees of %d leaves with %d keys; %d keys differ. %d cores, Java %s; load average before: %.1f",
                load.leaves(), load.keys(), load.differences(), result.cores(), result.java(), result.loadAverage()));
        out.println(format(
                "Median, lowest and highest mean of %d runs of %d ms; JVMs for each measurement: %s. × TRUEUP above 1: Trueup is"
                        + " faster.",
                result.figures().get(0).runs(), load.runMs(), load.forks() == 0 ? "this one" : load.forks()));
        out.println(
                "Each tree hashes the bytes of the key and the 16 bytes of the value's digest itself, as its project does.");
        for (Measured measured : Measured.values()) {
            out.println();
            out.println(measured.method() + ": " + measured.label()
                    + (measured == Measured.UPDATE_AND_COMPLETE
                            ? format(" of %d. Cassandra's tree is built anew instead: see build", load.updates())
                            : ""));
            out.println(format("  %-10s %9s %14s %14s %14s %9s", "TREE", "HASH BITS", "NS", "MIN", "MAX", "× TRUEUP"));
            for (TreeKind tree : TreeKind.values()) {
                Figure figure = result.figure(tree, measured);
                if (figure != null) {
                    out.println(format(
                            "  %-10s %9d %14.1f %14.1f %14.1f %9.2f",
                            tree.label(),
                            tree.hashBits(),
                            figure.medianNs(),
                            figure.minNs(),
                            figure.maxNs(),
                            result.ratio(figure)));
                }
            }
        }
        out.flush();
    }

    static void json(TreeResult result, PrintWriter out) {
        TreeLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "tree");
        object.put("measured", "nanoseconds per operation of a Merkle tree");
        object.put(
                "machine",
                Map.of("cores", result.cores(), "java", result.java(), "loadAverageBefore", result.loadAverage()));
        object.put("keys", load.keys());
        object.put("leaves", load.leaves());
        object.put("differences", load.differences());
        object.put("updates", load.updates());
        object.put("forks", load.forks());
        object.put("runMs", load.runMs());
        List<Object> figures = new ArrayList<>();
        for (Figure figure : result.figures()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("tree", figure.tree().label());
            json.put("hashBits", figure.tree().hashBits());
            json.put("measured", figure.measured().method());
            json.put("medianNs", figure.medianNs());
            json.put("minNs", figure.minNs());
            json.put("maxNs", figure.maxNs());
            json.put("runs", figure.runs());
            json.put("ratioToTrueup", result.ratio(figure));
            figures.add(json);
        }
        object.put("figures", figures);
        try {
            out.println(new ObjectMapper().writeValueAsString(object));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        out.flush();
    }

    private static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}

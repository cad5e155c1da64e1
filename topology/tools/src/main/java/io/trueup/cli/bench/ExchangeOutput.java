package io.trueup.cli.bench;

import io.trueup.bench.exchange.ExchangeLoad;
import io.trueup.bench.exchange.ExchangeResult;
import io.trueup.bench.exchange.ExchangeResult.Round;
import io.trueup.bench.exchange.ExchangeResult.Table;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.TextTable;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints the result of {@code trueup bench exchange}. */
final class ExchangeOutput {

    private ExchangeOutput() {}

    static void text(ExchangeResult result, PrintWriter out) {
        ExchangeLoad load = result.load();
        out.println();
        out.println(
                "What two replicas send together in one round to find the keys that differ, half of them missing and half"
                        + " changed: keys, values and headers of control records, beyond the roots.");
        out.println(Formats.number(load.keys()) + " keys in " + load.partitions() + " partitions of "
                + Formats.number(load.segments()) + " segments; up to " + Formats.number(load.entriesPerRound())
                + " entries of a partition in a round.");
        out.println();
        TextTable rows = new TextTable("EXCHANGE", "DIFFERENCES", "BYTES", "MESSAGES", "HOPS", "ENTRIES", "REPAIRS");
        for (Table table : List.of(result.tree(), result.sketch())) {
            for (Round round : table.rounds()) {
                rows.row(
                        table.name(),
                        Formats.number(round.differences()),
                        Formats.number(round.bytes()),
                        Formats.number(round.messages()),
                        Integer.toString(round.hops()),
                        Formats.number(round.entries()),
                        Formats.number(round.repairs()));
            }
        }
        out.print(rows);
        out.println();
        out.println(String.format(
                Locale.ROOT,
                "A write event takes %.0f ns of a processor with tree, %.0f ns with sketch: %.2f times as much (medians of %d runs of %s; entries in"
                        + " memory). %d cores, Java %s",
                result.tree().writeNs().median(),
                result.sketch().writeNs().median(),
                result.writeRatio(),
                result.tree().writeNs().count(),
                Formats.number(load.writes()),
                result.machine().cores(),
                result.machine().java()));
        out.flush();
    }

    static void json(ExchangeResult result, PrintWriter out) {
        ExchangeLoad load = result.load();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", "exchange");
        object.put("measured", "bytes, messages and hops in which two replicas find the keys that differ");
        object.put("machine", MachineJson.of(result.machine()));
        object.put("keys", load.keys());
        object.put("partitions", load.partitions());
        object.put("segments", load.segments());
        object.put("entriesPerRound", load.entriesPerRound());
        object.put("writes", load.writes());
        object.put("exchanges", List.of(json(result.tree()), json(result.sketch())));
        object.put("writeRatio", result.writeRatio());
        new JsonLines(out).print(object);
    }

    private static Map<String, Object> json(Table table) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("exchange", table.name());
        object.put("rounds", table.rounds().stream().map(ExchangeOutput::json).toList());
        object.put("writeMedianNs", table.writeNs().median());
        object.put("writeMaxNs", table.writeNs().max());
        return object;
    }

    private static Map<String, Object> json(Round round) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("differences", round.differences());
        object.put("bytes", round.bytes());
        object.put("rootBytes", round.rootBytes());
        object.put("messages", round.messages());
        object.put("hops", round.hops());
        object.put("entries", round.entries());
        object.put("repairs", round.repairs());
        return object;
    }
}

package io.trueup.cli;

import io.trueup.config.TrueupConfig;
import io.trueup.history.DatasetTopics;
import io.trueup.history.EmittedRepair;
import io.trueup.history.Event;
import io.trueup.history.Replay;
import io.trueup.history.TimeRange;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup repairs}. */
@Command(
        name = "repairs",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Lists the repair events in the repairs topics: which key of which replica was to be replaced by what, why, and who"
                    + " said so; and counts them.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:listed", "1:failed", "2:the configuration or an option cannot be used"})
final class RepairsCommand implements Callable<Integer> {

    private static final Set<String> KINDS = Set.of("MISSING", "STALE", "UNDELETED", "CORRUPT", "CONFLICT");

    @Spec
    private CommandSpec spec;

    @Mixin
    private HistoryOptions options;

    @Option(names = "--target", paramLabel = "NAME", description = "Only repairs of this replica.")
    private String target;

    @Option(
            names = {"--supplier", "--replica"},
            paramLabel = "NAME",
            description = "Only repairs that this replica's reconciler emitted.")
    private String supplier;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            description = "Only repairs of this kind: missing, stale, undeleted, corrupt or conflict.")
    private String kind;

    @Option(names = "--count", description = "Count only; do not list.")
    private boolean count;

    @Override
    public Integer call() {
        HistoryOptions.Output output = options.output();
        TrueupConfig job = options.load();
        checkFilters(job);
        byte[] key = options.key();
        TimeRange span = options.span();
        RepairCounts counts = new RepairCounts();
        PrintWriter out = spec.commandLine().getOut();
        Consumer<Event.RepairEmitted> printer = count ? event -> {} : printer(output, out);
        try (Replay replay = new Replay(job, new DatasetTopics(job).repairs(options.partition()), options.patience())) {
            new Replaying(replay)
                    .run(
                            span,
                            options.follow(),
                            event -> {
                                Event.RepairEmitted emitted = (Event.RepairEmitted) event;
                                if (span.contains(event.place().timeMs()) && concerns(emitted.repair(), key)) {
                                    counts.add(emitted.repair());
                                    printer.accept(emitted);
                                }
                            },
                            () -> {},
                            () -> conclude(output, counts, replay, out));
        }
        return 0;
    }

    private void checkFilters(TrueupConfig job) {
        options.checkReplica("--target", target, job);
        options.checkReplica("--supplier", supplier, job);
        if (kind != null && !KINDS.contains(kind.toUpperCase(Locale.ROOT))) {
            throw options.unusable("--kind: '" + kind + "' is none of missing, stale, undeleted, corrupt and conflict");
        }
    }

    private boolean concerns(EmittedRepair repair, byte[] key) {
        return (key == null || Arrays.equals(repair.key(), key))
                && (target == null || target.equals(repair.target()))
                && (supplier == null || supplier.equals(repair.supplier()))
                && (kind == null || kind.equalsIgnoreCase(repair.kind()));
    }

    private static Consumer<Event.RepairEmitted> printer(HistoryOptions.Output output, PrintWriter out) {
        if (output == HistoryOptions.Output.JSON) {
            JsonLines lines = new JsonLines(out);
            return event -> lines.print(json(event));
        }
        StreamedTable table = new StreamedTable(
                out,
                "TIME                    ",
                "PLACE",
                "TARGET",
                "SUPPLIER",
                "KIND   ",
                "KEY",
                "WINS",
                "HELD",
                "VALUE",
                "CUT",
                "ATTEMPT",
                "VALID UNTIL");
        return event -> row(table, event);
    }

    private static void row(StreamedTable table, Event.RepairEmitted event) {
        EmittedRepair repair = event.repair();
        table.row(
                RepairLine.time(event.place().timeMs()),
                event.place().toString(),
                repair.target(),
                repair.supplier(),
                repair.kind(),
                RepairLine.key(repair.key()),
                RepairLine.winning(repair),
                RepairLine.observed(repair),
                RepairLine.value(repair),
                RepairLine.time(repair.cutMs()),
                Integer.toString(repair.attempt()),
                RepairLine.time(repair.validUntilMs()));
    }

    static Map<String, Object> json(Event.RepairEmitted event) {
        EmittedRepair repair = event.repair();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "repair");
        json.put("time", RepairLine.time(event.place().timeMs()));
        json.put("place", event.place().toString());
        json.put("partition", repair.partition());
        json.put("key", KeyText.of(repair.key()));
        json.put("keyHex", HexFormat.of().formatHex(repair.key()));
        json.put("target", repair.target());
        json.put("supplier", repair.supplier());
        json.put("kind", repair.kind());
        json.put("winning", held(repair.winning()));
        json.put("observed", repair.observed() == null ? null : held(repair.observed()));
        json.put("position", RepairLine.time(repair.positionMs()));
        json.put("expiry", repair.expiryMs() == null ? null : RepairLine.time(repair.expiryMs()));
        json.put("condition", repair.condition());
        json.put("cut", RepairLine.time(repair.cutMs()));
        json.put("attempt", repair.attempt());
        json.put("validUntil", RepairLine.time(repair.validUntilMs()));
        json.put("valueBytes", repair.valueBytes());
        json.put("reference", repair.reference());
        json.put("id", repair.id());
        return json;
    }

    private static Map<String, Object> held(EmittedRepair.Held held) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", held.version());
        json.put("vector", held.vector() == null ? null : JsonLines.sorted(held.vector()));
        json.put("deleted", held.deleted());
        return json;
    }

    private void conclude(HistoryOptions.Output output, RepairCounts counts, Replay replay, PrintWriter out) {
        if (output == HistoryOptions.Output.JSON) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("type", "counts");
            json.put("repairs", counts.all());
            json.put("repeated", counts.again());
            json.put("valueBytes", counts.bytes());
            counts.groups().forEach((by, group) -> json.put(by, JsonLines.sorted(group)));
            json.put("unreadable", replay.unreadable().count());
            json.put("deletedBefore", replay.deletedBefore());
            new JsonLines(out).print(json);
        } else {
            if (!count && counts.all() > 0) {
                out.println();
            }
            out.print(counts.text());
        }
        out.flush();
        Replaying.warn(replay, spec.commandLine().getErr());
    }
}

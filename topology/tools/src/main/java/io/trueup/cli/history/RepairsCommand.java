package io.trueup.cli.history;

import io.trueup.avro.RecordCodecs;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.StreamedTable;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.KeyFormat;
import io.trueup.history.DatasetTopics;
import io.trueup.history.Event;
import io.trueup.history.Replay;
import io.trueup.history.TimeRange;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.repair.EmittedRepair;
import java.io.PrintWriter;
import java.util.Arrays;
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
            "Lists the repair events in the repairs topics, and counts them: the key, the target replica, the entry that wins,"
                    + " the reason, and the supplier.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":listed",
            ExitCodes.FAILED_LINE + "; or records were deleted before they were read, or cannot be read",
            ExitCodes.INTERRUPTED_LINE + " before the topics were read to their ends"
        })
public final class RepairsCommand implements Callable<Integer> {

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
        try (RecordCodecs codecs = ConfiguredCodecs.open(job.registry(), options.patience());
                Replay replay = new Replay(
                        job, new DatasetTopics(job, codecs).repairs(options.partition()), options.patience())) {
            return new InterruptibleReplay(replay)
                    .run(
                            span,
                            options.follow(),
                            event -> {
                                Event.RepairEmitted emitted = (Event.RepairEmitted) event;
                                if (span.contains(event.place().timeMs()) && isWanted(emitted.repair(), key)) {
                                    counts.add(emitted.repair());
                                    printer.accept(emitted);
                                }
                            },
                            () -> {},
                            () -> conclude(output, counts, replay, out));
        }
    }

    private void checkFilters(TrueupConfig job) {
        options.checkReplica("--target", target, job);
        options.checkReplica("--supplier", supplier, job);
        if (kind != null && !KINDS.contains(kind.toUpperCase(Locale.ROOT))) {
            throw options.unusable("--kind: '" + kind + "' is none of missing, stale, undeleted, corrupt and conflict");
        }
    }

    private boolean isWanted(EmittedRepair repair, byte[] key) {
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
        StreamedTable table = new StreamedTable(out)
                .column("TIME", 24)
                .column("PLACE")
                .column("TARGET")
                .column("SUPPLIER")
                .column("KIND", 7)
                .column("KEY")
                .column("WINS")
                .column("HELD")
                .column("VALUE")
                .column("CUT")
                .column("ATTEMPT")
                .column("VALID UNTIL");
        return event -> row(table, event);
    }

    private static void row(StreamedTable table, Event.RepairEmitted event) {
        EmittedRepair repair = event.repair();
        table.row(
                Formats.time(event.place().timeMs()),
                event.place().toString(),
                repair.target(),
                repair.supplier(),
                repair.kind(),
                RepairText.key(repair.key()),
                RepairText.winning(repair),
                RepairText.observed(repair),
                RepairText.value(repair),
                Formats.time(repair.cutMs()),
                Integer.toString(repair.attempt()),
                Formats.time(repair.validUntilMs()));
    }

    static Map<String, Object> json(Event.RepairEmitted event) {
        EmittedRepair repair = event.repair();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "repair");
        json.put("time", Formats.time(event.place().timeMs()));
        json.put("place", event.place().toString());
        json.put("partition", repair.partition());
        json.put("key", KeyFormat.of(repair.key()));
        json.put("keyHex", KeyFormat.hex(repair.key()));
        json.put("target", repair.target());
        json.put("supplier", repair.supplier());
        json.put("kind", repair.kind());
        json.put("winning", held(repair.winning()));
        json.put("observed", repair.observed() == null ? null : held(repair.observed()));
        json.put("position", Formats.time(repair.positionMs()));
        json.put("expiry", repair.expiryMs() == null ? null : Formats.time(repair.expiryMs()));
        json.put("condition", repair.condition());
        json.put("cut", Formats.time(repair.cutMs()));
        json.put("attempt", repair.attempt());
        json.put("validUntil", Formats.time(repair.validUntilMs()));
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
            json.put("repeated", counts.repeated());
            json.put("valueBytes", counts.bytes());
            counts.groups().forEach((by, group) -> json.put(by, JsonLines.sorted(group)));
            json.put("unreadable", replay.unreadable().count());
            json.put("deletedBefore", replay.deletedBefore());
            json.put("partial", !InterruptibleReplay.isComplete(replay));
            new JsonLines(out).print(json);
        } else {
            if (!count && counts.all() > 0) {
                out.println();
            }
            out.print(counts.text());
        }
        out.flush();
        InterruptibleReplay.warn(replay, spec.commandLine().getErr());
    }
}

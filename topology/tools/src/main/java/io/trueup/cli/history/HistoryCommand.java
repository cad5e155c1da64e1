package io.trueup.cli.history;

import io.trueup.avro.RecordCodecs;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.StreamedTable;
import io.trueup.config.TrueupConfig;
import io.trueup.history.DatasetTopics;
import io.trueup.history.Event;
import io.trueup.history.KeyHistory;
import io.trueup.history.Replay;
import io.trueup.history.ReplayedTopic;
import io.trueup.history.Round;
import io.trueup.history.Rounds;
import io.trueup.history.TimeRange;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.schema.Outcome;
import io.trueup.source.DefaultPartitioner;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup history}. */
@Command(
        name = "history",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Prints what the job did, from the topics that it wrote: for each round and partition what was compared, what"
                    + " differed, what was repaired and how long that took; between the rounds the conflicts, and the"
                    + " approvals and choices of people. With --key: all events of one key.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":printed",
            ExitCodes.FAILED_LINE + "; or records were deleted before they were read, or cannot be read",
            ExitCodes.INTERRUPTED_LINE + " before the topics were read to their ends"
        })
public final class HistoryCommand implements Callable<Integer> {

    /** The outcome of a round may be written this many intervals after its cut and grace. */
    private static final int INTERVALS_AFTER = 3;

    @Spec
    private CommandSpec spec;

    @Mixin
    private HistoryOptions options;

    @Option(
            names = "--replica",
            paramLabel = "NAME",
            description = "Only what this replica's reconciler reported. With --key: only the events of this replica.")
    private String replica;

    @Option(names = "--divergent", description = "Leave out rounds in which nothing differed and nothing was repaired.")
    private boolean divergent;

    @Option(
            names = "--answers",
            description =
                    "Also read the writes topics, and measure the time from each repair to the write event that answers it."
                            + " Default: the time to the report that counts the answer.")
    private boolean answers;

    @Option(
            names = "--writes",
            description = "With --key: all write events of the key, not only those that answer a repair.")
    private boolean writes;

    @Override
    public Integer call() {
        HistoryOptions.Output output = options.output();
        TrueupConfig job = options.load();
        options.checkReplica("--replica", replica, job);
        byte[] key = options.key();
        if (writes && key == null) {
            throw options.unusable("--writes needs --key");
        }
        TimeRange span = options.span();
        return key == null ? printRounds(job, span, output) : printKey(job, span, output, key);
    }

    private int printRounds(TrueupConfig job, TimeRange span, HistoryOptions.Output output) {
        PrintWriter out = spec.commandLine().getOut();
        HistoryTotals totals = new HistoryTotals();
        boolean json = output == HistoryOptions.Output.JSON;
        Rounds.Listener printer = json ? new HistoryJson(new JsonLines(out)) : new HistoryText(out);
        Rounds rounds = new Rounds(
                replica, options.partition(), span, job.roundInterval().toMillis(), counting(totals, printer));
        try (RecordCodecs codecs = ConfiguredCodecs.open(job.registry(), options.patience());
                Replay replay = new Replay(job, feedsOfRounds(job, codecs), options.patience())) {
            return new InterruptibleReplay(replay)
                    .run(
                            span.longerBy(job.grace().toMillis()
                                    + INTERVALS_AFTER * job.roundInterval().toMillis()),
                            options.follow(),
                            rounds::take,
                            () -> rounds.tick(System.currentTimeMillis()),
                            () -> {
                                rounds.end();
                                if (json) {
                                    new JsonLines(out)
                                            .print(totals.json(
                                                    rounds.unanswered(),
                                                    replay.deletedBefore(),
                                                    !InterruptibleReplay.isComplete(replay)));
                                } else {
                                    out.print(((HistoryText) printer).isEmpty() ? "" : "\n");
                                    out.print(totals.text(rounds.unanswered()));
                                }
                                conclude(replay, out);
                            });
        }
    }

    private List<ReplayedTopic> feedsOfRounds(TrueupConfig job, RecordCodecs codecs) {
        DatasetTopics feeds = new DatasetTopics(job, codecs);
        Integer partition = options.partition();
        List<ReplayedTopic> all = new ArrayList<>(feeds.control(partition));
        all.addAll(feeds.repairs(partition));
        all.add(feeds.rounds());
        all.add(feeds.conflicts());
        if (answers) {
            all.addAll(feeds.writes(partition, null));
        }
        return all;
    }

    private Rounds.Listener counting(HistoryTotals totals, Rounds.Listener printer) {
        return new Rounds.Listener() {
            @Override
            public void round(Round round) {
                totals.add(round);
                if (!divergent || hasDifferences(round)) {
                    printer.round(round);
                }
            }

            @Override
            public void command(Event.ControlSent command) {
                printer.command(command);
            }

            @Override
            public void conflict(Event.ConflictUpdated conflict) {
                printer.conflict(conflict);
            }
        };
    }

    private static boolean hasDifferences(Round round) {
        return round.outcome() == Outcome.DIVERGENT
                || !round.repairs().isEmpty()
                || !round.verified().isEmpty()
                || !round.declined().isEmpty();
    }

    private int printKey(TrueupConfig job, TimeRange span, HistoryOptions.Output output, byte[] key) {
        PrintWriter out = spec.commandLine().getOut();
        Hash128 keyHash = new KeyedHash(job.settings(job.replicas().get(0)).secret()).key(key);
        KeyHistoryLines.Printer printer = printer(output, out);
        long[] printed = new long[1];
        KeyHistory history = new KeyHistory(key, keyHash, writes, new KeyHistoryLines((place, kind, about, text) -> {
            if (span.contains(place.timeMs()) && (replica == null || about.isEmpty() || about.equals(replica))) {
                printed[0]++;
                printer.print(place, kind, about, text);
            }
        }));
        int partition = options.partition() == null ? partitionOf(job, key) : options.partition();
        try (RecordCodecs codecs = ConfiguredCodecs.open(job.registry(), options.patience());
                Replay replay = new Replay(job, feedsOfKey(job, codecs, partition, key), options.patience())) {
            return new InterruptibleReplay(replay).run(span, options.follow(), history::take, () -> {}, () -> {
                if (printed[0] == 0 && InterruptibleReplay.isComplete(replay) && output == HistoryOptions.Output.TEXT) {
                    out.println("No events of key " + RepairText.key(key) + " in partition " + partition + ".");
                }
                conclude(replay, out);
            });
        }
    }

    private static List<ReplayedTopic> feedsOfKey(TrueupConfig job, RecordCodecs codecs, int partition, byte[] key) {
        DatasetTopics feeds = new DatasetTopics(job, codecs);
        List<ReplayedTopic> all = new ArrayList<>(feeds.control(partition));
        all.addAll(feeds.repairs(partition));
        all.addAll(feeds.writes(partition, key));
        all.add(feeds.rounds());
        all.add(feeds.conflicts());
        return all;
    }

    /** The partition that Kafka's default partitioner chooses for a key. */
    private int partitionOf(TrueupConfig job, byte[] key) {
        try (Replay topics = new Replay(job, List.of(), options.patience())) {
            return DefaultPartitioner.partitionOf(key, topics.partitionsOf(job.controlTopic()));
        }
    }

    private static KeyHistoryLines.Printer printer(HistoryOptions.Output output, PrintWriter out) {
        if (output == HistoryOptions.Output.JSON) {
            JsonLines lines = new JsonLines(out);
            return (place, kind, about, text) -> {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("type", kind.toLowerCase(Locale.ROOT));
                json.put("time", Formats.time(place.timeMs()));
                json.put("place", place.toString());
                json.put("replica", about.isEmpty() ? null : about);
                json.put("words", text);
                lines.print(json);
            };
        }
        StreamedTable table = new StreamedTable(out)
                .column("TIME", 24)
                .column("PLACE")
                .column("WHAT", 7)
                .column("REPLICA")
                .column("WORDS");
        return (place, kind, about, text) ->
                table.row(Formats.time(place.timeMs()), place.toString(), kind, about, text);
    }

    private void conclude(Replay replay, PrintWriter out) {
        out.flush();
        InterruptibleReplay.warn(replay, spec.commandLine().getErr());
    }
}

package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.bench.Distribution;
import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import io.trueup.bench.ingest.IngestLoad;
import io.trueup.bench.ingest.IngestResult;
import io.trueup.bench.ingest.IngestRun;
import io.trueup.bench.ingest.Peer;
import io.trueup.bench.latency.LatencyLoad;
import io.trueup.bench.latency.LatencyResult;
import io.trueup.bench.memory.MemoryLoad;
import io.trueup.bench.memory.MemoryResult;
import io.trueup.bench.process.Filling;
import io.trueup.bench.process.MemoryFigures;
import io.trueup.bench.process.MemoryFigures.Part;
import io.trueup.bench.process.Milestone;
import io.trueup.bench.process.Milestone.Kind;
import io.trueup.bench.restart.Restart;
import io.trueup.bench.restart.RestartLoad;
import io.trueup.bench.restart.RestartResult;
import io.trueup.bench.scale.ScaleLoad;
import io.trueup.bench.scale.ScaleResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchOutputTest {

    private static final Machine MACHINE = new Machine(2, "17.0.1", 512L << 20, 0.25);
    private static final long SECOND = 1_000_000_000L;
    private static final Duration SECONDS = Duration.ofSeconds(1);

    @Test
    void shouldLabelTheIngestFiguresAndPrintMedianSpreadAndRatios() {
        Map<Peer, List<IngestRun>> runs = new EnumMap<>(Peer.class);
        runs.put(Peer.CONSUMER, runs(1_000, 1, 1, 1));
        runs.put(Peer.EMPTY, runs(1_000, 2, 2, 4));
        runs.put(Peer.JOIN, runs(2_000, 20, 10, 20));
        runs.put(Peer.JOB, runs(1_000, 5, 4, 2));
        runs.put(Peer.JOB_IN_MEMORY, runs(1_000, 1, 2, 2));
        IngestLoad load = new IngestLoad(
                1_000, 500, 4, 100, 3, Map.of("tree.segments", "1024"), List.of(Guarantee.AT_LEAST_ONCE));
        StringWriter out = new StringWriter();

        IngestOutput.text(
                new IngestResult(MACHINE, load, 400, List.of(new IngestResult.Table(Guarantee.AT_LEAST_ONCE, runs))),
                new PrintWriter(out));

        assertThat(out.toString())
                .contains("by one stream thread. 2 cores, shared with the broker; Java 17.0.1")
                .contains("1 000 plain records in each topic, 400 keys (2.50 records per key), values of 100 bytes,")
                .contains("runs: 3; the job with {tree.segments=1024}\n")
                .contains("at_least_once, a commit every 1000 ms")
                .containsPattern("KTable outer join +100 +100 +200 +1\\.00 +0\\.40 +200 +2 000")
                .containsPattern("trueup job, state\\.store=memory +500 +500 +1 000 +5\\.00 +2\\.00 +1 000 +1 000")
                .containsPattern("trueup job, state\\.store=rocksdb +250 +200 +500 +2\\.00 +0\\.50 +500 +1 000");
    }

    @Test
    void shouldLabelTheLatenciesAndSayWhatIsMissing() {
        long missing = Long.MIN_VALUE;
        LatencyLoad load = new LatencyLoad(
                10,
                1,
                100,
                4,
                Duration.ofSeconds(2),
                Duration.ofMillis(500),
                "plain",
                Map.of(),
                List.of(Guarantee.AT_LEAST_ONCE));
        LatencyResult.Table table = new LatencyResult.Table(
                Guarantee.AT_LEAST_ONCE,
                new LatencyResult.Counts(3, 2, 1, 1, 0, 4, 0),
                List.of(
                        new LatencyResult.RepairedLoss(1_000, 1_500, 1_510, 1_520, 1_530, missing),
                        new LatencyResult.RepairedLoss(1_000, 1_500, 1_710, 1_740, missing, missing)));
        StringWriter out = new StringWriter();

        LatencyOutput.text(new LatencyResult(MACHINE, load, List.of(table)), new PrintWriter(out));

        assertThat(out.toString())
                .contains("2 cores, shared with the broker; Java 17.0.1")
                .contains("at_least_once: 3 writes lost, 2 repaired (1 by the first round that could), 1 answered, 0"
                        + " verified; 4 repairs repeated, 0 needless")
                .containsPattern("cut to repair +610 +710 +710 +2\n")
                .containsPattern("due to repair +110 +210 +210 +2\n")
                .containsPattern("repair to read by the replica +20 +30 +30 +2\n")
                .containsPattern("repair to answering write event +20 +20 +20 +1\n")
                .containsPattern("repair to round report that verifies it +– +– +– +0\n");
    }

    @Test
    void shouldPrintTheBytesThatTheKeysMakeTheDifferenceOf() {
        MemoryFigures without = figures(10_000, 500, 1_000);
        MemoryLoad load =
                new MemoryLoad(new Filling(100, 2, 50), 4, SECONDS, SECONDS, "1g", 3, Map.of("tree.segments", "1024"));
        MemoryResult result = new MemoryResult(
                MACHINE,
                load,
                List.of(
                        new MemoryResult.Run(without, figures(12_000, 700, 2_000), figures(11_000, 500, 1_100)),
                        new MemoryResult.Run(without, figures(14_000, 700, 2_000), figures(11_000, 500, 1_200)),
                        new MemoryResult.Run(without, figures(13_000, 700, 2_000), figures(11_000, 500, 1_300))));
        StringWriter out = new StringWriter();

        MemoryOutput.text(result, new PrintWriter(out));

        assertThat(out.toString())
                .contains(
                        "1 replica, 100 keys (2 records per key) in 4 partitions, keys of up to 8 bytes, values of 50 bytes;"
                                + " heap of the process: 1g; runs: 3; {tree.segments=1024}")
                .containsPattern("after writes\\n.*\\nJava heap +30\\.0 +20\\.0 +40\\.0 +13 000 +10 000 +live objects")
                .containsPattern("RocksDB memtables +10\\.0 +10\\.0 +10\\.0 +2 000 +1 000 +sum of")
                .contains("of the Java heap: [J 2.0, [B 0.0\n")
                .containsPattern("after restart\\n.*\\nJava heap +10\\.0 +10\\.0 +10\\.0 +11 000")
                .containsPattern("RocksDB memtables +2\\.0 +1\\.0 +3\\.0 +1 200 +1 000")
                .doesNotContain("block cache");
    }

    private static MemoryFigures figures(long heap, long longs, long memtables) {
        return new MemoryFigures(Map.of(Part.HEAP, heap, Part.MEMTABLES, memtables), Map.of("[J", longs, "[B", 300L));
    }

    @Test
    void shouldCalculateFromTheSlopesWhatALargerDatasetTakes() {
        ScaleLoad load = new ScaleLoad(
                List.of(1_000, 3_000), List.of(4, 8), 2, 50, Duration.ofSeconds(10), SECONDS, 3, "1g", Map.of());
        ScaleResult result = new ScaleResult(
                MACHINE,
                load,
                List.of(
                        scale(1_000, 4, 0.1, 8, 600, 1L << 30),
                        scale(1_000, 8, 0.2, 16, 1_200, 3L << 29),
                        scale(3_000, 4, 0.1, 8, 600, 2L << 30)));
        StringWriter out = new StringWriter();

        ScaleOutput.text(result, new ScaleOutput.Target(5_000, 16), new PrintWriter(out));

        assertThat(out.toString())
                .contains(
                        "2 replicas, values of 50 bytes, round.interval 10 s, grace 1 s; heap of the process: 1g; idle rounds: 3\n")
                .containsPattern("1 000 +4 +2\\.0 +0\\.100 +1024\\.0 +2\\.0 +8\\.0 +600\\.0 +1\\.5 +3\\.0")
                .contains(
                        "For each key of a replica: 268435.5 bytes held.\nFor each partition of a replica: 67108864 bytes held,"
                                + " 0.01250 cores, 1.0 control messages and 75 bytes in an idle round.")
                .contains(
                        "Calculated for 5 000 keys in 16 partitions of 2 replicas, in all processes together: 4.5 GiB held, 0.4 cores"
                                + " while idle, 3.2 control messages and 0.2 KiB a second.");
    }

    private static ScaleResult.Measured scale(
            int keys, int partitions, double cores, double messages, double bytes, long heap) {
        return new ScaleResult.Measured(
                new ScaleLoad.Size(keys, partitions),
                2_000,
                new ScaleResult.Idle(cores, messages, bytes),
                new MemoryFigures(Map.of(Part.HEAP, heap, Part.RESIDENT, 2L << 20, Part.DISK, 7L << 40), Map.of()),
                1_500,
                3_000);
    }

    @Test
    void shouldPrintTheTimesOfRestartsAndWhatTheKeysAdd() {
        Map<Restart, List<RestartResult.Run>> runs = new EnumMap<>(Restart.class);
        for (Restart restart : Restart.values()) {
            runs.put(restart, List.of(restart(1_000), restart(3_000), restart(2_000)));
        }
        runs.put(Restart.STATE_LOST, List.of(restart(4_000), restart(5_500), restart(5_000)));
        RestartLoad load = new RestartLoad(
                new Filling(2_000_000, 1, 50),
                4,
                SECONDS,
                SECONDS,
                "1g",
                3,
                Map.of(),
                List.of(Guarantee.EXACTLY_ONCE_V2));
        StringWriter out = new StringWriter();

        RestartOutput.text(
                new RestartResult(MACHINE, load, List.of(new RestartResult.Table(Guarantee.EXACTLY_ONCE_V2, runs))),
                new PrintWriter(out));

        assertThat(out.toString())
                .contains(
                        "1 replica and its peer, 2 000 000 keys (1 records per key) in 4 partitions, values of 50 bytes;"
                                + " round.interval 1s, grace 1s; runs: 3\n")
                .containsPattern("clean, without keys +1\\.00 +1\\.50 +2\\.00 +1\\.00 +3\\.00 +7 +9\n")
                .containsPattern("state directory lost +2\\.50 +3\\.75 +5\\.00 +4\\.00 +5\\.50 +1\\.50 +7 +9\n");
    }

    private static RestartResult.Run restart(double comparedMs) {
        return new RestartResult.Run(
                new Milestone(Kind.RUNNING, comparedMs / 2, 7, 8),
                new Milestone(Kind.TREES, comparedMs * 3 / 4, 7, 8),
                new Milestone(Kind.COMPARED, comparedMs, 7, 9));
    }

    @Test
    void shouldRefuseUnknownGuaranteesAndOutputs() {
        assertThat(errors("--guarantee=exactly_once"))
                .contains("--guarantee: 'exactly_once' is not one of at_least_once, exactly_once_v2");
        assertThat(errors("--output=csv")).contains("--output: 'csv' is neither text nor json");
        assertThat(errors("--runs=0")).contains("Use numbers from 1 up");
        assertThat(errors("--set=state.store=memory")).contains("the job is measured with each state.store");
        assertThat(errors(new MemoryBenchCommand(), "--keys=0")).contains("Use numbers from 1 up");
        assertThat(errors(new MemoryBenchCommand(), "--heap=much"))
                .contains("--heap: 'much' is no size such as 1g or 512m");
        assertThat(errors(new RestartBenchCommand(), "--runs=0")).contains("--runs: use a number from 1 up");
        assertThat(errors(new RestartBenchCommand(), "--set=mode")).contains("--set");
    }

    @Test
    void shouldTakeTheLowestFigureThatTheShareDoesNotExceed() {
        Distribution ten = Distribution.of(List.of(10, 1, 9, 2, 8, 3, 7, 4, 6, 5));

        assertThat(ten.quantile(0.9)).isEqualTo(9);
        assertThat(ten.median()).isEqualTo(5.5);
        assertThat(ten.min()).isEqualTo(1);
        assertThat(ten.max()).isEqualTo(10);
        assertThat(Distribution.of(List.<Long>of()).median()).isNaN();
    }

    /** Seconds until committed; processed in half of that. */
    private static List<IngestRun> runs(long records, long first, long second, long third) {
        return List.of(run(records, first), run(records, second), run(records, third));
    }

    private static IngestRun run(long records, long seconds) {
        return new IngestRun(records, seconds * SECOND / 2, seconds * SECOND);
    }

    private static String errors(String option) {
        return errors(new IngestBenchCommand(), option);
    }

    private static String errors(Object command, String option) {
        StringWriter err = new StringWriter();
        int exitCode = new CommandLine(command).setErr(new PrintWriter(err)).execute(option);
        assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
        return err.toString();
    }
}

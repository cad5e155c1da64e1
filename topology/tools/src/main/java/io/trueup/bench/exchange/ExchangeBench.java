package io.trueup.bench.exchange;

import io.trueup.bench.Distribution;
import io.trueup.bench.Machine;
import io.trueup.bench.exchange.ExchangeResult.Round;
import io.trueup.bench.exchange.ExchangeResult.Table;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Measures what two replicas send to find the keys in which they differ, with trees alone and with sketches, and what it costs a
 * write event to keep the symbols. The reconcilers and the encoding are those of the job, the entries lie in memory, and time is
 * simulated: bytes, messages and hops do not depend on the machine.
 */
public final class ExchangeBench {

    /** How often the time of write events is measured; one more run before that is for the JIT compiler. */
    public static final int RUNS = 9;

    /** Time of the processor, which other processes do not lengthen as they do the time that passes. */
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    private final ExchangeLoad load;
    private final Consumer<String> progress;

    /** @param progress takes lines for people */
    public ExchangeBench(ExchangeLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Runs everything: first the rounds, then the write events, for which both exchanges take turns. */
    public ExchangeResult run() {
        Machine machine = Machine.current();
        List<Round> tree = rounds(false);
        List<Round> sketch = rounds(true);
        progress.accept("write events ...");
        List<Double> treeNs = new ArrayList<>();
        List<Double> sketchNs = new ArrayList<>();
        ExchangeLoad few =
                new ExchangeLoad(load.writes(), 1, load.segments(), List.of(), load.entriesPerRound(), load.writes());
        Pair trees = new Pair(few, false);
        Pair sketches = new Pair(few, true);
        for (int run = 0; run <= RUNS; run++) {
            double ofTrees = nsPerWrite(trees, 2 + run);
            double ofSketches = nsPerWrite(sketches, 2 + run);
            if (run > 0) {
                treeNs.add(ofTrees);
                sketchNs.add(ofSketches);
            }
        }
        return new ExchangeResult(
                machine,
                load,
                new Table("tree", tree, Distribution.of(treeNs)),
                new Table("sketch", sketch, Distribution.of(sketchNs)));
    }

    private List<Round> rounds(boolean sketches) {
        progress.accept((sketches ? "sketch" : "tree") + ": " + load.keys() + " keys at two replicas ...");
        Pair pair = new Pair(load, sketches);
        return load.differences().stream().map(pair::diverge).toList();
    }

    private double nsPerWrite(Pair pair, long version) {
        long from = threads.getCurrentThreadCpuTime();
        pair.update(0, load.writes(), version);
        double ns = (double) (threads.getCurrentThreadCpuTime() - from) / load.writes();
        pair.catchUp(0, load.writes(), version);
        return ns;
    }
}

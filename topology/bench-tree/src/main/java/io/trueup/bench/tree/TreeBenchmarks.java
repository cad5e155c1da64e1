package io.trueup.bench.tree;

import io.trueup.bench.tree.Rows.Row;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What JMH measures, for one kind of tree at a time. {@link TreeBench} sets the parameters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TreeBenchmarks {

    @Param
    private TreeKind tree;

    @Param("1000")
    private int keys;

    @Param("16")
    private int leaves;

    @Param("1")
    private int differences;

    @Param("10")
    private int updates;

    private MeasuredTree filled;
    private MeasuredTree other;
    private Rows rows;
    private List<Row> updated;
    private int next;
    /** Whether each row is changed, or changed back. */
    private boolean back;

    /** Two trees of the same keys, of which the given number differ. */
    @Setup(Level.Trial)
    public void fill() {
        filled = tree.empty(leaves);
        rows = Rows.of(keys, filled);
        rows.fill(filled);
        other = tree.empty(leaves);
        rows.changed(differences).fill(other);
        updated = rows.shuffled();
        next = 0;
        back = false;
    }

    /** One value changes, in the leaf of a random key. */
    @Benchmark
    public MeasuredTree update() {
        replaceNext();
        return filled;
    }

    /** So many values change, then the tree can be compared. */
    @Benchmark
    public MeasuredTree updateAndComplete() {
        for (int update = 0; update < updates; update++) {
            replaceNext();
        }
        filled.complete();
        return filled;
    }

    private void replaceNext() {
        Row row = updated.get(next);
        if (back) {
            filled.replace(row.key(), row.after(), row.before());
        } else {
            filled.replace(row.key(), row.before(), row.after());
        }
        if (++next == updated.size()) {
            next = 0;
            back = !back;
        }
    }

    /** A tree of all keys is built, and can be compared. */
    @Benchmark
    public MeasuredTree build() {
        MeasuredTree built = tree.empty(leaves);
        rows.fill(built);
        return built;
    }

    /** The leaves are found in which two trees differ. */
    @Benchmark
    public Object diff() {
        return filled.diff(other);
    }
}

package io.trueup.cli;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.Terminal;
import io.trueup.replica.Scrub;
import java.io.PrintWriter;

/** Prints the progress of a scrub: a line per partition, and on a terminal a line that is updated in place. Not thread-safe. */
final class ScrubReport implements Scrub.Listener {

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean terminal;
    private int partitions;
    private long rows;

    /** @param terminal whether to show the current progress on {@code err} */
    ScrubReport(PrintWriter out, PrintWriter err, boolean terminal) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void progress(int partition, long done, long expected) {
        if (terminal) {
            err.print(Terminal.CLEAR_LINE + "partition " + partition + ": " + Formats.number(done) + " of "
                    + Formats.number(Math.max(done, expected)) + " rows");
            err.flush();
        }
    }

    @Override
    public void scanned(Scrub.Summary summary) {
        clear();
        partitions++;
        rows += summary.rows();
        String leftOut =
                summary.leftOut() == 0 ? "" : "; " + Formats.number(summary.leftOut()) + " damaged rows left out";
        out.println("partition " + summary.partition() + ": " + Formats.number(summary.rows()) + " rows in "
                + Formats.seconds(summary.took().toMillis() / 1000.0) + ", sent as offsets "
                + summary.since() + " to " + summary.end() + leftOut);
        out.flush();
    }

    /** @param complete whether every partition was scanned */
    void end(boolean complete) {
        clear();
        out.println((complete ? "Scanned " : "Stopped after ") + Formats.number(rows) + " rows in " + partitions
                + (partitions == 1 ? " partition." : " partitions.")
                + (complete ? "" : " The other partitions count as not scanned."));
        out.flush();
    }

    /** Clears the line that is updated in place. */
    void clear() {
        if (terminal) {
            err.print(Terminal.CLEAR_LINE);
            err.flush();
        }
    }
}

package io.trueup.cli;

import io.trueup.replica.Scrub;
import java.io.PrintWriter;
import java.util.Locale;

/** Tells a person how a scrub gets on: a line per partition, and on a terminal one that moves. Not thread-safe. */
final class ScrubReport implements Scrub.Listener {

    private static final String START_OF_CLEARED_LINE = "\r\u001b[K";

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean terminal;
    private int partitions;
    private long rows;

    /** @param terminal whether to show on {@code err} what is going on */
    ScrubReport(PrintWriter out, PrintWriter err, boolean terminal) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void progress(int partition, long done, long expected) {
        if (terminal) {
            err.print(START_OF_CLEARED_LINE + "partition " + partition + ": " + number(done) + " of "
                    + number(Math.max(done, expected)) + " rows");
            err.flush();
        }
    }

    @Override
    public void scanned(Scrub.Summary summary) {
        clear();
        partitions++;
        rows += summary.rows();
        String leftOut = summary.leftOut() == 0 ? "" : "; " + number(summary.leftOut()) + " damaged rows left out";
        out.println("partition " + summary.partition() + ": " + number(summary.rows()) + " rows in "
                + String.format(Locale.ROOT, "%.1f s", summary.took().toMillis() / 1000.0) + ", told at offsets "
                + summary.since() + " to " + summary.end() + leftOut);
        out.flush();
    }

    /** @param whole whether every partition was scanned */
    void end(boolean whole) {
        clear();
        out.println((whole ? "Scanned " : "Stopped after ") + number(rows) + " rows in " + partitions
                + (partitions == 1 ? " partition." : " partitions.")
                + (whole ? "" : " The others count as not scanned."));
        out.flush();
    }

    /** Leaves nothing of the moving line. */
    void clear() {
        if (terminal) {
            err.print(START_OF_CLEARED_LINE);
            err.flush();
        }
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }
}

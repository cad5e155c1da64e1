package io.trueup.cli.audit;

import io.trueup.audit.Audit;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.Terminal;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A line that shows the progress of an audit on a terminal. Prints nothing where there is no terminal. Thread-safe. */
final class AuditProgress implements AutoCloseable {

    private static final int BAR_LENGTH = 30;
    private static final long INTERVAL_MS = 250;

    private final Audit audit;
    private final PrintWriter err;
    private final long startNanos = System.nanoTime();
    private final ScheduledExecutorService timer;
    private boolean shown;

    private AuditProgress(Audit audit, PrintWriter err, boolean terminal) {
        this.audit = audit;
        this.err = err;
        timer = terminal ? Executors.newSingleThreadScheduledExecutor(AuditProgress::daemon) : null;
    }

    /** Shows the progress of an audit until it is closed. */
    static AuditProgress show(Audit audit, PrintWriter err) {
        AuditProgress progress = new AuditProgress(audit, err, Terminal.isInteractive());
        if (progress.timer != null) {
            ScheduledFuture<?> unused =
                    progress.timer.scheduleAtFixedRate(progress::tick, INTERVAL_MS, INTERVAL_MS, TimeUnit.MILLISECONDS);
        }
        return progress;
    }

    private synchronized void tick() {
        err.print(Terminal.CLEAR_LINE + line(audit.progress(), System.nanoTime() - startNanos));
        err.flush();
        shown = true;
    }

    /** A bar, the share in percent, the rate and the remaining time. */
    static String line(Audit.Progress progress, long nanos) {
        double share = progress.expected() == 0 ? 0 : Math.min(1, (double) progress.passed() / progress.expected());
        int filled = (int) (share * BAR_LENGTH);
        double seconds = nanos / 1e9;
        String left = share < 0.01 ? "" : String.format(Locale.ROOT, ", %.0f s left", seconds / share - seconds);
        return "[" + "#".repeat(filled) + "-".repeat(BAR_LENGTH - filled) + "] "
                + String.format(
                        Locale.ROOT,
                        "%.0f %%  %s records/s%s",
                        100 * share,
                        Formats.number(Math.round(progress.records() / Math.max(seconds, 0.001))),
                        left);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-progress");
        thread.setDaemon(true);
        return thread;
    }

    /** Clears the line. */
    @Override
    public synchronized void close() {
        if (timer != null) {
            timer.shutdownNow();
        }
        if (shown) {
            err.print(Terminal.CLEAR_LINE);
            err.flush();
            shown = false;
        }
    }
}

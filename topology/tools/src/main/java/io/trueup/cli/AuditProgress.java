package io.trueup.cli;

import io.trueup.audit.Audit;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A line on the terminal that tells how far an audit has come. Nothing where nobody looks on. */
final class AuditProgress implements AutoCloseable {

    private static final String START_OF_CLEARED_LINE = "\r\u001b[K";
    private static final int BAR = 30;
    private static final long EVERY_MS = 250;

    private final Audit audit;
    private final PrintWriter err;
    private final long startNanos = System.nanoTime();
    private final ScheduledExecutorService ticking;
    private boolean shown;

    private AuditProgress(Audit audit, PrintWriter err, boolean terminal) {
        this.audit = audit;
        this.err = err;
        ticking = terminal ? Executors.newSingleThreadScheduledExecutor(AuditProgress::daemon) : null;
    }

    static AuditProgress show(Audit audit, PrintWriter err) {
        AuditProgress progress = new AuditProgress(audit, err, Terminal.isThere());
        if (progress.ticking != null) {
            ScheduledFuture<?> unused =
                    progress.ticking.scheduleAtFixedRate(progress::tick, EVERY_MS, EVERY_MS, TimeUnit.MILLISECONDS);
        }
        return progress;
    }

    private synchronized void tick() {
        err.print(START_OF_CLEARED_LINE + line(audit.progress(), System.nanoTime() - startNanos));
        err.flush();
        shown = true;
    }

    /** A bar, the share, the rate and the time that is left. */
    static String line(Audit.Progress progress, long nanos) {
        double share = progress.expected() == 0 ? 0 : Math.min(1, (double) progress.passed() / progress.expected());
        int filled = (int) (share * BAR);
        double seconds = nanos / 1e9;
        String left = share < 0.01 ? "" : String.format(Locale.ROOT, ", %.0f s left", seconds / share - seconds);
        return "[" + "#".repeat(filled) + "-".repeat(BAR - filled) + "] "
                + String.format(
                        Locale.ROOT,
                        "%.0f %%  %s records/s%s",
                        100 * share,
                        AuditText.number(Math.round(progress.records() / Math.max(seconds, 0.001))),
                        left);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-progress");
        thread.setDaemon(true);
        return thread;
    }

    /** Leaves nothing of the line. */
    @Override
    public synchronized void close() {
        if (ticking != null) {
            ticking.shutdownNow();
        }
        if (shown) {
            err.print(START_OF_CLEARED_LINE);
            err.flush();
            shown = false;
        }
    }
}

package io.trueup.cli;

import io.trueup.replica.ReplicaConfig;
import io.trueup.replica.Scrub;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup scrub}. */
@Command(
        name = "scrub",
        mixinStandardHelpOptions = true,
        description = {
            "Reads what the table of a reference replica really holds and tells it in the replica's writes topic, so that"
                    + " rows changed, lost or added behind its back are found and repaired.",
            "The replica may run meanwhile. Needs writes.format=trueup."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every partition is scanned",
            "1:failed",
            "2:the configuration or an option cannot be used",
            "130, 143:stopped by Ctrl-C or SIGTERM; what was not scanned whole has no effect beyond the rows already sent"
        })
final class ScrubCommand implements Callable<Integer> {

    private static final int STOPPED = 130;
    private static final long LONGEST_FAREWELL_S = 5;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            description = "Properties file of the replica.")
    private Path file;

    @Option(
            names = "--partition",
            paramLabel = "N",
            arity = "1..*",
            description = "Scan this partition only; may be given several times. Default: all, one after the other.")
    private List<Integer> partitions = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "ROWS_PER_SECOND",
            description = "Read no more rows per second. Default: as fast as database and broker allow.")
    private long rate = Integer.MAX_VALUE;

    @Override
    public Integer call() {
        if (rate < 1) {
            throw new ParameterException(spec.commandLine(), "--rate: use at least one row per second, not " + rate);
        }
        Scrub scrub = new Scrub(ReplicaConfig.load(file), partitions, rate);
        CountDownLatch ended = new CountDownLatch(1);
        Thread stopper = new Thread(() -> stop(scrub, ended), "trueup-stop");
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            return run(scrub);
        } finally {
            ended.countDown();
            remove(stopper);
        }
    }

    private int run(Scrub scrub) {
        ScrubReport report =
                new ScrubReport(spec.commandLine().getOut(), spec.commandLine().getErr(), Terminal.isThere());
        try {
            boolean whole = scrub.run(report);
            report.end(whole);
            return whole ? 0 : STOPPED;
        } catch (RuntimeException e) {
            report.clear();
            throw e;
        }
    }

    private static void stop(Scrub scrub, CountDownLatch ended) {
        scrub.stop();
        try {
            var unused = ended.await(LONGEST_FAREWELL_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread stopper) {
        try {
            Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException e) {
            // the Java machine is shutting down already
        }
    }
}

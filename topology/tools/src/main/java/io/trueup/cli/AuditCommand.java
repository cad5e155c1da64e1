package io.trueup.cli;

import io.trueup.audit.Audit;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup audit}. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Replays the writes topics of all replicas and says whether the replicas hold the same, now or at an earlier"
                    + " time; of each key that differs: who holds what, what wins, and since which write they differ.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka. What lies in the topics is judged"
                    + " whole, writes that are still on their way to a replica too.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the replicas are equal",
            "1:they differ",
            "2:it cannot be told, or an option cannot be used; the output says why"
        })
final class AuditCommand implements Callable<Integer> {

    private static final int UNKNOWN = AuditResult.Verdict.UNKNOWN.exitCode();
    private static final long LONGEST_FAREWELL_S = 60;

    @Spec
    private CommandSpec spec;

    @Mixin
    private AuditOptions options;

    @Option(
            names = "--output",
            arity = "1..2",
            paramLabel = "FORMAT",
            description =
                    "text, json, csv or html, and then the file to write it to: --output html audit.html. Default: text.")
    private List<String> output = List.of("text");

    @Option(
            names = "--roots",
            paramLabel = "FILE",
            description =
                    "Write the root of every replica and partition, and up to which offset it was read, to this file.")
    private Path roots;

    @Option(
            names = "--verify",
            paramLabel = "FILE",
            description =
                    "Compare the roots with those of an earlier audit, or of one of another cluster. They must have been"
                            + " made with the same secret, tree.segments and compare.")
    private Path verify;

    @Override
    public Integer call() {
        try {
            return audit(format(), options.request());
        } catch (ParameterException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // 1 would say that the replicas differ
            new Failures(() -> false).handleExecutionException(e, spec.commandLine(), null);
            return UNKNOWN;
        }
    }

    private int audit(AuditFormat format, AuditRequest request) throws IOException {
        Audit audit = new Audit(request);
        CountDownLatch ended = new CountDownLatch(1);
        Thread stopper = new Thread(() -> stop(audit, ended), "trueup-stop");
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            AuditResult result = run(audit);
            tell(format, result);
            if (roots != null) {
                RootsFile.write(result, roots);
            }
            return verify == null ? result.verdict().exitCode() : verify(result);
        } finally {
            ended.countDown();
            remove(stopper);
        }
    }

    @SuppressWarnings("try") // the progress is shown as long as it is open
    private AuditResult run(Audit audit) {
        try (AuditProgress progress =
                AuditProgress.show(audit, spec.commandLine().getErr())) {
            return audit.run();
        }
    }

    /** Returns the worse of both verdicts. */
    private int verify(AuditResult result) throws IOException {
        RootsFile.Comparison comparison = RootsFile.read(verify).compare(result);
        PrintWriter out = output.get(0).equals("text") || output.size() > 1
                ? spec.commandLine().getOut()
                : spec.commandLine().getErr();
        out.println(comparison.words());
        out.flush();
        return Math.max(result.verdict().exitCode(), comparison.verdict().exitCode());
    }

    private AuditFormat format() {
        return AuditFormat.of(output.get(0))
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "--output: '" + output.get(0) + "' is not one of " + AuditFormat.NAMES));
    }

    private void tell(AuditFormat format, AuditResult result) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (output.size() > 1) {
            Path file = Path.of(output.get(1));
            try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(file))) {
                format.write(result, writer);
            }
            AuditText.verdict(result, out);
            out.println("Written to " + file + ".");
        } else {
            format.write(result, out);
        }
        out.flush();
    }

    /** Lets the audit end with what it knows so far, and be told. A shutdown hook ends with Java's own exit code unless it halts. */
    private static void stop(Audit audit, CountDownLatch ended) {
        audit.stop();
        try {
            var unused = ended.await(LONGEST_FAREWELL_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(UNKNOWN);
    }

    private static void remove(Thread stopper) {
        try {
            Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException e) {
            // the Java machine is shutting down already
        }
    }
}

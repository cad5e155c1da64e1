package io.trueup.cli.audit;

import io.trueup.audit.Audit;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.result.AuditResult;
import io.trueup.avro.RecordCodecs;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.ShutdownHook;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup audit}. It ends with the exit code of its verdict; Ctrl-C prints partial results and marks them as partial. */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Replays the writes topics of all replicas and reports whether the replicas hold the same, now or at an earlier"
                    + " time. For each key that differs: the entry of each replica, the entry that wins, and the write since"
                    + " which they differ.",
            "Reads only: it joins no group, commits nothing and writes nothing to Kafka. Writes in flight are no differences: see"
                    + " --settle.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":the replicas are equal",
            ExitCodes.NO + ":the replicas differ",
            ExitCodes.FAILED + ":the audit could not tell, or could not run; the output says why",
            ExitCodes.INTERRUPTED_LINE + "; the results so far are printed, and marked as partial"
        })
public final class AuditCommand implements Callable<Integer> {

    private static final Duration MAX_STOP_WAIT = Duration.ofSeconds(60);

    @Spec
    private CommandSpec spec;

    @Mixin
    private AuditOptions options;

    @Option(
            names = "--output",
            arity = "1..2",
            paramLabel = "FORMAT",
            description =
                    "text, json, csv or html; then the file to write, such as --output html audit.html. In csv, an apostrophe"
                            + " stands before text that a spreadsheet would run as a formula, and before text that begins with an"
                            + " apostrophe. Default: text.")
    private List<String> output = List.of("text");

    @Option(
            names = "--roots",
            paramLabel = "FILE",
            description =
                    "Write to this file the root of every replica and partition, and the offset up to which it was read.")
    private Path roots;

    @Option(
            names = "--verify",
            paramLabel = "FILE",
            description =
                    "Compare the roots with those of an earlier audit, or of an audit of another cluster. Both audits need the"
                            + " same secret, tree.segments and compare.")
    private Path verify;

    @Option(
            names = "--plan",
            paramLabel = "FILE",
            description = {
                "Write to this new file the repairs that would make the replicas equal, one JSON object a line. Remove the lines that you do"
                        + " not want, and run `trueup repair`. Needs --config. Only keys that are listed have repairs; see --limit."
            })
    private Path plan;

    @Override
    public Integer call() throws IOException {
        AuditOutput to = new AuditOutput(output, options.values(), spec);
        Optional<RootsFile> earlier = Optional.ofNullable(verify).map(this::earlierRoots);
        if (roots != null) {
            new OptionFile(spec, "--roots", roots).checkWritable();
        }
        Optional<OptionFile> planFile = Optional.ofNullable(plan).map(path -> new OptionFile(spec, "--plan", path));
        planFile.ifPresent(file -> {
            options.checkPlannable();
            file.checkNew();
        });
        AuditRequest request = options.request();
        Optional<AuditPlanOutput> planned = planFile.map(file -> new AuditPlanOutput(file, request.settings()));
        options.checkRepairsTopics(request);
        return audit(request, to, earlier, planned);
    }

    private RootsFile earlierRoots(Path path) {
        OptionFile file = new OptionFile(spec, "--verify", path);
        try {
            return RootsFile.read(path, file.lines());
        } catch (IllegalArgumentException e) {
            throw file.unusable("is not a file of --roots: " + e.getMessage());
        }
    }

    @SuppressWarnings("try") // the codecs are open as long as the audit
    private int audit(
            AuditRequest request, AuditOutput to, Optional<RootsFile> earlier, Optional<AuditPlanOutput> planned)
            throws IOException {
        try (RecordCodecs codecs = request.codecs()) {
            return auditBy(request, to, earlier, planned);
        }
    }

    private int auditBy(
            AuditRequest request, AuditOutput to, Optional<RootsFile> earlier, Optional<AuditPlanOutput> planned)
            throws IOException {
        Audit audit = new Audit(request);
        ShutdownHook hook = ShutdownHook.register(audit::stop, MAX_STOP_WAIT, OptionalInt.empty());
        try {
            AuditResult result = run(audit);
            to.write(result, request.replicas().get(0).form(), request.codecs());
            if (roots != null) {
                RootsFile.write(result, roots);
            }
            if (planned.isPresent()) {
                PrintWriter notes = notes(to);
                notes.println(planned.get().write(result));
                notes.flush();
            }
            audit.removeCheckpoint();
            int exitCode = result.verdict().exitCode();
            return earlier.isEmpty() ? exitCode : Math.max(exitCode, verify(result, earlier.get(), to));
        } finally {
            hook.release();
        }
    }

    @SuppressWarnings("try") // the progress is shown while it is open
    private AuditResult run(Audit audit) {
        try (AuditProgress progress =
                AuditProgress.show(audit, spec.commandLine().getErr())) {
            return audit.run();
        }
    }

    /** Compares the roots with those of an earlier audit, and returns the exit code of that. */
    private int verify(AuditResult result, RootsFile earlier, AuditOutput to) {
        RootsFile.Comparison comparison = earlier.compare(result);
        PrintWriter out = notes(to);
        out.println(comparison.text());
        out.flush();
        return comparison.verdict().exitCode();
    }

    /** Where lines go that are no part of the result. */
    private PrintWriter notes(AuditOutput to) {
        return to.isText() ? spec.commandLine().getOut() : spec.commandLine().getErr();
    }
}

package io.trueup.cli.plan;

import io.trueup.avro.RecordCodecs;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.cli.shell.ShutdownHook;
import io.trueup.config.TrueupConfig;
import io.trueup.plan.PlanHeader;
import io.trueup.plan.PlanRun;
import io.trueup.plan.UnusablePlanException;
import io.trueup.registry.ConfiguredCodecs;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup repair}. Ctrl-C ends it, and what was sent until then is reported. */
@Command(
        name = "repair",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Sends the repairs of a plan that `trueup audit --plan` has written and a person has reviewed: lines that are removed"
                    + " from the file are not repaired. Reports what became of each.",
            "Each line is checked first: the write event of the entry that wins, and that of the entry that the target holds, must"
                    + " still be in their topics and say what the plan says. The target applies a repair only if it still holds"
                    + " what the plan says, so a plan can be run again. The job need not run.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":all repairs are applied; with --dry-run: all can be sent",
            ExitCodes.NO + ":some were declined, not sent or not answered",
            ExitCodes.FAILED_LINE + "; what was sent before a failure is printed",
            ExitCodes.INTERRUPTED_LINE + "; what was sent until then is printed"
        })
public final class RepairCommand implements Callable<Integer> {

    private static final Duration MAX_STOP_WAIT = Duration.ofSeconds(15);
    private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(30);
    private static final String OPTION = "--plan";

    @Spec
    private CommandSpec spec;

    @Option(names = OPTION, paramLabel = "FILE", required = true, description = "The plan.")
    private Path plan;

    @Mixin
    private JobConfigOption config;

    @Option(names = "--dry-run", description = "Check everything, and send nothing.")
    private boolean dryRun;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Most repairs per second. Default: repair.rate of the configuration.")
    private Integer rate;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = PositiveDurationConverter.class,
            description =
                    "How long to wait for the answers of the targets after the last repair. Default: ${DEFAULT-VALUE}.")
    private Duration wait;

    @Option(
            names = "--despite-doubts",
            description = "Send also the repairs of an audit that could not tell whether the replicas are equal.")
    private boolean despiteDoubts;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            description =
                    "text or json: json prints one object for each line of the plan, and the sums. Default: text.")
    private String output = "text";

    @Override
    public Integer call() {
        boolean json = isJson();
        if (rate != null && rate < 1) {
            throw unusable("--rate: use a number from 1 up, not " + rate);
        }
        TrueupConfig job = config.load();
        OptionFile file = new OptionFile(spec, OPTION, plan);
        PlanHeader header = checkedHeader(file, job);
        PrintWriter out = spec.commandLine().getOut();
        RepairReport report = new RepairReport(out, json, dryRun);
        PlanRun.Bounds bounds = new PlanRun.Bounds(rate == null ? job.repairRate() : rate, wait, dryRun);
        try (RecordCodecs codecs = ConfiguredCodecs.open(job.registry(), REGISTRY_PATIENCE);
                PlanRun run = new PlanRun(job, codecs, header, bounds, report)) {
            checkLines(run, file);
            return run(run, file, report);
        }
    }

    private boolean isJson() {
        return switch (output) {
            case "text" -> false;
            case "json" -> true;
            default -> throw unusable("--output: '" + output + "' is neither text nor json");
        };
    }

    private PlanHeader checkedHeader(OptionFile file, TrueupConfig job) {
        try (PlanFile lines = PlanFile.open(file)) {
            PlanHeader header = lines.header();
            header.check(job, System.currentTimeMillis());
            if (!header.doubts().isEmpty() && !despiteDoubts) {
                throw file.unusable("is of an audit that could not tell whether the replicas are equal: "
                        + String.join(" ", header.doubts())
                        + " Remove the cause and audit again, or use --despite-doubts");
            }
            return header;
        } catch (UnusablePlanException e) {
            throw file.unusable("cannot be used: " + e.getMessage());
        }
    }

    private static void checkLines(PlanRun run, OptionFile file) {
        try (PlanFile lines = PlanFile.open(file)) {
            lines.forEachRemaining(run::check);
        } catch (UnusablePlanException e) {
            throw file.unusable("cannot be used: " + e.getMessage());
        }
    }

    private int run(PlanRun run, OptionFile file, RepairReport report) {
        ShutdownHook hook = ShutdownHook.register(run::stop, MAX_STOP_WAIT, OptionalInt.empty());
        boolean complete = false;
        try (PlanFile lines = PlanFile.open(file)) {
            run.run(lines);
            complete = !run.isStopped();
        } catch (UnusablePlanException e) {
            throw file.unusable("cannot be used: " + e.getMessage());
        } finally {
            if (complete || report.hasBegun() || run.isStopped()) {
                report.end(run.lines(), complete);
            }
            hook.release();
        }
        return !complete ? ExitCodes.INTERRUPTED : report.allFine() ? ExitCodes.OK : ExitCodes.NO;
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}

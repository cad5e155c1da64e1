package io.trueup.cli;

import io.trueup.cli.audit.JobAudits;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.ServiceRunner;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.ops.Operations;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup run}. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the reconcilers of the hosted replicas until it is stopped.",
            "Environment variables TRUEUP_... replace settings of the file; `trueup config` prints all settings.",
            "The file is read again when it changes: replicas join and leave without a restart."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.STOPPED_LINE, ExitCodes.FAILED_LINE})
final class RunCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            defaultValue = "${env:TRUEUP_CONFIG}",
            description = "The configuration, a properties file. Default: the file that TRUEUP_CONFIG names.")
    private Path file;

    @Override
    public Integer call() throws InterruptedException {
        new OptionFile(spec, "--config", file).checkReadable();
        ConfigWatch watch = new ConfigWatch(file, System.getenv());
        TrueupConfig config = watch.load();
        spec.commandLine().getOut().println("trueup " + Version.trueup() + ": " + config);
        Job job = new Job(config);
        return new ServiceRunner(
                        new JobService(job, new Operations(config, job, Optional.of(new JobAudits())), watch),
                        spec.commandLine().getErr())
                .run();
    }

    /** The job, which follows changes of its configuration file, and what it answers over HTTP. */
    private record JobService(Job job, Operations operations, ConfigWatch watch) implements ServiceRunner.Service {

        /** An address that cannot be used is found before anything else is opened. */
        @Override
        public void start() {
            operations.start();
            try {
                job.start();
            } catch (RuntimeException e) {
                operations.close();
                throw e;
            }
            operations.jobStarted();
            watch.start(this::reconfigure, operations::refused);
        }

        private void reconfigure(TrueupConfig changed) {
            if (job.reconfigure(changed)) {
                operations.reconfigured(changed);
            } else {
                operations.refused();
            }
        }

        @Override
        public Optional<String> awaitEnd() throws InterruptedException {
            boolean ended = false;
            while (!ended) {
                ended = job.awaitTermination(Duration.ofHours(1));
            }
            return job.status().failure();
        }

        @Override
        public void close() {
            watch.close();
            job.close();
            operations.close();
        }
    }
}

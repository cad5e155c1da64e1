package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.ServiceRunner;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
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
        return new ServiceRunner(
                        new JobService(new Job(config), watch),
                        spec.commandLine().getErr())
                .run();
    }

    /** The job, which follows changes of its configuration file. */
    private record JobService(Job job, ConfigWatch watch) implements ServiceRunner.Service {

        @Override
        public void start() {
            job.start();
            watch.start(job::reconfigure);
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
        }
    }
}

package io.trueup.cli;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.ServiceRunner;
import io.trueup.replica.Replica;
import io.trueup.replica.ReplicaConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code trueup replica}. */
@Command(
        name = "replica",
        mixinStandardHelpOptions = true,
        description = "Runs the reference datastore: a table in SQLite or PostgreSQL, fed by a Kafka topic. It applies"
                + " repairs and sends what it holds as write events.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {ExitCodes.STOPPED_LINE, ExitCodes.FAILED_LINE})
final class ReplicaCommand implements Callable<Integer> {

    private static final Duration CENTURY = Duration.ofDays(36_500);

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            description = "Properties file of the replica.")
    private Path file;

    @Override
    public Integer call() throws InterruptedException {
        new OptionFile(spec, "--config", file).checkReadable();
        Replica replica = new Replica(ReplicaConfig.load(file));
        return new ServiceRunner(service(replica), spec.commandLine().getErr()).run();
    }

    private static ServiceRunner.Service service(Replica replica) {
        return new ServiceRunner.Service() {

            @Override
            public void start() {
                replica.start();
            }

            @Override
            public Optional<String> awaitEnd() throws InterruptedException {
                try {
                    replica.awaitTermination(CENTURY);
                    return Optional.empty();
                } catch (RuntimeException e) {
                    return Optional.of(String.valueOf(e.getMessage()));
                }
            }

            @Override
            public void close() {
                replica.close();
            }
        };
    }
}

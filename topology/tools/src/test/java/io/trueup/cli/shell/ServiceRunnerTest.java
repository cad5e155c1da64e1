package io.trueup.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.ChildJvm;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signals need a process of their own. */
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServiceRunnerTest {

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void shouldCloseTheServiceAndReportSuccessWhenTheProcessIsStopped(String signal) throws Exception {
        Process process = start("runs");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("started");
            new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                    .start()
                    .waitFor();

            assertThat(out.lines()).containsExactly("closed");
            assertThat(exitCode(process)).isZero();
            assertThat(errors(process)).isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldReportWhyTheServiceFailed() throws Exception {
        Process process = start("fails");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.lines()).containsExactly("started", "closed");
            assertThat(exitCode(process)).isEqualTo(ExitCodes.FAILED);
            assertThat(errors(process)).isEqualTo("trueup: out of luck");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldPassOnAnExceptionOfTheStart() throws Exception {
        Process process = start("throws");
        try {
            assertThat(exitCode(process)).isEqualTo(1);
            assertThat(errors(process)).contains("IllegalStateException: no topic");
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(String mode) throws Exception {
        // A shell that starts this JVM in the background makes it, and all processes that it starts, ignore SIGINT.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(ChildJvm.command(Program.class.getName(), mode));
        return new ProcessBuilder(command).start();
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
        return process.exitValue();
    }

    private static String errors(Process process) throws Exception {
        try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            return err.lines().collect(Collectors.joining("\n"));
        }
    }

    /** What the child process runs. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws InterruptedException {
            PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
            System.exit(new ServiceRunner(new Sample(arguments[0]), err).run());
        }
    }

    /** Runs, fails after its start, or throws at its start. */
    private static final class Sample implements ServiceRunner.Service {

        private final String mode;
        private final CountDownLatch closed = new CountDownLatch(1);

        Sample(String mode) {
            this.mode = mode;
        }

        @Override
        public void start() {
            if (mode.equals("throws")) {
                throw new IllegalStateException("no topic");
            }
            System.out.println("started");
        }

        @Override
        public Optional<String> awaitEnd() throws InterruptedException {
            if (mode.equals("fails")) {
                return Optional.of("out of luck");
            }
            closed.await();
            return Optional.empty();
        }

        @Override
        public void close() {
            System.out.println("closed");
            closed.countDown();
        }
    }
}

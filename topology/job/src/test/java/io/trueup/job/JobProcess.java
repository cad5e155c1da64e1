package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.ChildJvm;
import io.trueup.config.TrueupConfig;
import io.trueup.stream.JobClocks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A job in a process of its own, to be stopped or killed. It ends with its parent. */
final class JobProcess implements AutoCloseable {

    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread log = new Thread(this::readLog, "log-of-a-job");

    JobProcess(Map<String, String> settings, Path directory) throws IOException {
        this(settings, directory, Map.of());
    }

    JobProcess(Map<String, String> settings, Path directory, Map<String, String> environment) throws IOException {
        this(settings, directory, environment, new String[0]);
    }

    /** @param clock the file that sets its clock, see {@link SteppedClock} */
    JobProcess(Map<String, String> settings, Path directory, Path clock) throws IOException {
        this(settings, directory, Map.of(), clock.toString());
    }

    private JobProcess(Map<String, String> settings, Path directory, Map<String, String> environment, String... more)
            throws IOException {
        Path file = directory.resolve("job.properties");
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        ProcessBuilder builder =
                new ProcessBuilder(command(file, more)).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        process = builder.start();
        log.setDaemon(true);
        log.start();
    }

    private void readLog() {
        try (BufferedReader errors = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                System.err.println(line);
                lines.add(line);
            }
        } catch (IOException e) {
            // as good as its end
        }
    }

    /** What it has logged so far: warnings and errors. */
    List<String> lines() {
        return List.copyOf(lines);
    }

    private static List<String> command(Path file, String... more) {
        List<String> command = new ArrayList<>(List.of("-Xmx512m", JobProcess.class.getName(), file.toString()));
        command.addAll(List.of(more));
        return ChildJvm.command(command.toArray(String[]::new));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As {@code kill}: it closes its job. */
    void stop() throws InterruptedException {
        process.destroy();
        awaitEnd();
    }

    /** Waits until it has ended by itself. */
    void awaitEnd() throws InterruptedException {
        assertThat(process.waitFor(JobFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("the job has ended")
                .isTrue();
        log.join();
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}; a process that has ended gets none. */
    void signal(String name) throws IOException, InterruptedException {
        int failed = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (failed != 0 && process.isAlive()) {
            throw new IOException("kill -" + name + " failed: " + failed);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws Exception {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // the parent never writes
                }
            } catch (IOException e) {
                // as good as its end
            }
            Runtime.getRuntime().halt(1);
        });
        watch.setDaemon(true);
        watch.start();
        LongSupplier wallClock =
                arguments.length > 1 ? new SteppedClock(Path.of(arguments[1]))::nowMs : System::currentTimeMillis;
        TrueupConfig config = TrueupConfig.load(Path.of(arguments[0]), Map.of());
        try (Job job = new Job(config, Duration.ofMinutes(1), new JobClocks(wallClock))) {
            Runtime.getRuntime().addShutdownHook(new Thread(job::close));
            job.start();
            job.awaitTermination(Duration.ofHours(1));
            System.exit(job.status().failure().isPresent() ? 1 : 0);
        }
    }
}

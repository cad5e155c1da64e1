package io.trueup.bench.process;

import io.trueup.bench.process.Milestone.Kind;
import io.trueup.config.TrueupConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A job in a process of its own. Used by one thread. It ends with this JVM. */
public final class JobProcess implements AutoCloseable {

    private static final Duration STOP_PATIENCE = Duration.ofMinutes(2);
    private static final int MAX_LOG_LINES = 20;
    private static final int FIRST_WITH_NATIVE_ACCESS = 22;
    private static final String END = "end";

    private final String name;
    private final Path log;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Map<Kind, Milestone> reached = new EnumMap<>(Kind.class);

    private JobProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    /**
     * Where processes of a benchmark run.
     *
     * @param bootstrapServers address of the broker
     * @param directory what they write is below it
     * @param heap {@code -Xmx} of each, such as {@code 1g}
     */
    public record Place(String bootstrapServers, Path directory, String heap) {

        /** State directory of a job that hosts these replicas. */
        public Path stateDir(BenchDataset dataset, List<String> hosted) {
            return directory.resolve("state").resolve(dataset.name() + "-" + String.join("-", hosted));
        }
    }

    /**
     * Starts a job.
     *
     * @param hosted the replicas that it hosts
     * @param keys number of keys of each replica with which it is {@link Kind#SEALED} and {@link Kind#COMPARED}
     * @throws io.trueup.config.InvalidConfigurationException if the settings are not valid
     */
    public static JobProcess start(Place place, BenchDataset dataset, List<String> hosted, long keys) {
        Map<String, String> settings =
                dataset.settings(place.bootstrapServers(), hosted, place.stateDir(dataset, hosted));
        TrueupConfig.of(settings);
        String name = dataset.name() + "-" + String.join("-", hosted);
        Path file = place.directory().resolve(name + ".properties");
        Path log = place.directory().resolve(name + ".log");
        try {
            write(settings, file);
            Process process = new ProcessBuilder(command(place, dataset, file, keys))
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            JobProcess started = new JobProcess(name, log, process);
            Thread reader = new Thread(started::read, "bench-job-" + name);
            reader.setDaemon(true);
            reader.start();
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the process of a job", e);
        }
    }

    private static void write(Map<String, String> settings, Path file) throws IOException {
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
    }

    private static List<String> command(Place place, BenchDataset dataset, Path file, long keys) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of(
                "-Xmx" + place.heap(),
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.io.tmpdir=" + place.directory(),
                "-cp",
                System.getProperty("java.class.path"),
                JobMain.class.getName(),
                file.toString(),
                Integer.toString(dataset.partitions()),
                Long.toString(keys)));
        return command;
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(JobMain.PREFIX)) {
                    lines.add(line.substring(JobMain.PREFIX.length()));
                }
            }
        } catch (IOException e) {
            // as good as its end
        }
        lines.add(END);
    }

    /**
     * Waits until the process has reached something.
     *
     * @throws IllegalStateException if it ends before, or does not reach it in time
     */
    public Milestone await(Kind kind, Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (!reached.containsKey(kind)) {
            Milestone milestone = Milestone.parse(next(deadlineNanos, kind.toString(), patience));
            reached.putIfAbsent(milestone.kind(), milestone);
        }
        return reached.get(kind);
    }

    /** The number of keys has changed: {@link Kind#SEALED} and {@link Kind#COMPARED} are to be reached again. */
    public void expect(long keys) {
        reached.remove(Kind.SEALED);
        reached.remove(Kind.COMPARED);
        send(JobMain.EXPECT + " " + keys);
    }

    /** Processor time that the process has taken so far, if the system knows it. */
    public Optional<Duration> processorTime() {
        return process.toHandle().info().totalCpuDuration();
    }

    /** Measures the memory of the process, after a full garbage collection there. */
    public MemoryFigures memory(Duration patience) {
        send(JobMain.MEMORY);
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (true) {
            String line = next(deadlineNanos, JobMain.MEMORY, patience);
            if (line.startsWith(JobMain.MEMORY + " ")) {
                return MemoryFigures.of(line.substring(JobMain.MEMORY.length() + 1));
            }
            Milestone milestone = Milestone.parse(line);
            reached.putIfAbsent(milestone.kind(), milestone);
        }
    }

    private String next(long deadlineNanos, String awaited, Duration patience) {
        try {
            String line = lines.poll(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw failed("has not reached " + awaited + " within " + patience.toSeconds() + " s");
            }
            if (line.equals(END)) {
                throw failed("has ended before it reached " + awaited);
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private IllegalStateException failed(String what) {
        return new IllegalStateException("the job " + name + " " + what + "; the end of its log:\n" + endOfLog());
    }

    private String endOfLog() {
        try {
            List<String> all = Files.readAllLines(log);
            return String.join("\n", all.subList(Math.max(0, all.size() - MAX_LOG_LINES), all.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    private void send(String command) {
        try {
            Writer in = process.outputWriter(StandardCharsets.UTF_8);
            in.write(command + "\n");
            in.flush();
        } catch (IOException e) {
            throw failed("takes no command (" + e.getMessage() + ")");
        }
    }

    /** Stops the job as an operator does: it commits its work and closes its state. */
    public void stop() {
        send(JobMain.STOP);
        Optional<Integer> exitCode = awaitEnd();
        if (exitCode.isEmpty()) {
            throw failed("has not stopped within " + STOP_PATIENCE.toSeconds() + " s");
        }
        if (exitCode.get() != 0) {
            throw failed("has ended with exit code " + exitCode.get());
        }
    }

    /** Kills the process as {@code kill -9} does, and waits for its end. */
    public void kill() {
        process.destroyForcibly();
        if (awaitEnd().isEmpty()) {
            throw failed("was killed, but has not ended");
        }
    }

    private Optional<Integer> awaitEnd() {
        try {
            return process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    ? Optional.of(process.exitValue())
                    : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}

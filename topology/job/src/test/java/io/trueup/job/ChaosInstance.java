package io.trueup.job;

import static org.awaitility.Awaitility.await;

import io.trueup.broker.ChildJvm;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.stream.JobClocks;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job in a process of its own that hosts all replicas, together with another one. If it ends by itself, the reason is noted, and
 * whether a fault that it met since its start explains it. It ends with its parent. Used by one thread.
 */
final class ChaosInstance implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosInstance.class);
    private static final int FAILED = 3;
    private static final int KILLED = 128 + 9;
    private static final int TERMINATED = 128 + 15;

    /** Faults after which a job may end by itself, with what it then says. */
    enum Fault {
        CLOCK_BACK("the wall clock went back by "),
        BROKER_AWAY("stream threads died more than ");

        private final String reason;

        Fault(String reason) {
            this.reason = reason;
        }
    }

    private final Path own;
    private final Map<String, String> settings;
    private final SteppedClock clock;
    private final Map<Fault, Integer> met = new EnumMap<>(Fault.class);
    private final List<String> ends = new ArrayList<>();
    private final List<String> unexplained = new ArrayList<>();
    private Process process;

    ChaosInstance(Path directory, Map<String, String> common, String store) throws IOException {
        own = Files.createDirectories(directory);
        settings = new HashMap<>(common);
        settings.put("state.dir", state().toString());
        settings.put("state.store", store);
        clock = new SteppedClock(clockFile());
        clock.step(Duration.ZERO);
        start();
    }

    String name() {
        return own.getFileName().toString();
    }

    private Path clockFile() {
        return own.resolve("clock");
    }

    private Path endFile() {
        return own.resolve("end");
    }

    private Path state() {
        return own.resolve("state");
    }

    void start() throws IOException {
        met.clear();
        Files.deleteIfExists(endFile());
        Path file = own.resolve("job.properties");
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        process = new ProcessBuilder(ChildJvm.command(
                        "-Xmx512m",
                        ChaosInstance.class.getName(),
                        file.toString(),
                        clockFile().toString(),
                        endFile().toString()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** A fault that may end this process begins. */
    void meets(Fault fault) {
        met.merge(fault, 1, Integer::sum);
    }

    /** As a supervisor does: a job that cannot go on ends, and is started again. */
    void supervise() throws IOException {
        if (!process.isAlive()) {
            noteEnd();
            start();
        }
    }

    /** Notes why the process has ended, unless it was killed or terminated by the test. */
    private void noteEnd() throws IOException {
        String reason = Files.exists(endFile()) ? Files.readString(endFile()) : "no reason";
        String end = name() + " ended with exit code " + process.exitValue() + " after " + met + ": " + reason;
        LOG.warn("{}", end);
        ends.add(end);
        boolean explained =
                process.exitValue() == FAILED && met.keySet().stream().anyMatch(fault -> reason.contains(fault.reason));
        if (!explained) {
            unexplained.add(end);
        }
    }

    /** The ends that no fault explains: each fault is forgotten at the next start. */
    List<String> unexplained() {
        return unexplained;
    }

    /** How often it has ended by itself. */
    int endings() {
        return ends.size();
    }

    /** As {@code kill -9}. */
    void kill() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        noteUnless(KILLED);
    }

    void terminate() throws IOException, InterruptedException {
        signal("TERM");
        await().atMost(Duration.ofMinutes(1)).until(() -> !process.isAlive());
        noteUnless(TERMINATED);
    }

    private void noteUnless(int expected) throws IOException {
        if (process.exitValue() != expected) {
            noteEnd();
        }
    }

    /** Stops the process for some time: longer than the session timeout, and others take over. */
    void pause(long ms) throws IOException, InterruptedException {
        meets(Fault.BROKER_AWAY);
        signal("STOP");
        Thread.sleep(ms);
        signal("CONT");
    }

    /** A process that has ended gets no signal. */
    private void signal(String name) throws IOException, InterruptedException {
        if (!signal(name, process.pid()) && process.isAlive()) {
            throw new IOException("kill -" + name + " failed");
        }
    }

    /** Sends a signal to a process; false if there is none. */
    static boolean signal(String name, long pid) throws IOException, InterruptedException {
        return new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .inheritIO()
                        .start()
                        .waitFor()
                == 0;
    }

    /** Lets its clock be wrong for some time. In the end, or at the beginning, it goes back. */
    void stepClock(Duration by, long ms) throws IOException, InterruptedException {
        meets(Fault.CLOCK_BACK);
        clock.step(by);
        Thread.sleep(ms);
        clock.step(Duration.ZERO);
    }

    /** There may be none yet, if it was killed soon after it had lost it before. */
    void loseState() throws IOException {
        if (!Files.exists(state())) {
            return;
        }
        try (Stream<Path> files = Files.walk(state())) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Runs the job. Arguments: its settings, the file that sets its clock, the file for the reason of its end. */
    public static void main(String[] arguments) throws Exception {
        Thread watch = new Thread(ChaosInstance::endWithParent, "parent");
        watch.setDaemon(true);
        watch.start();
        SteppedClock clock = new SteppedClock(Path.of(arguments[1]));
        TrueupConfig config = TrueupConfig.load(Path.of(arguments[0]), Map.of());
        String reason = run(new Job(config, Duration.ofMinutes(1), new JobClocks(clock::nowMs)));
        Files.writeString(Path.of(arguments[2]), reason);
        System.exit(FAILED);
    }

    private static String run(Job job) throws InterruptedException {
        try (job) {
            job.start();
            job.awaitTermination(Duration.ofDays(1));
            return job.status().failure().orElse("it was closed");
        } catch (RuntimeException e) {
            return "it did not start: " + Failures.reason(e);
        }
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // the parent never writes
            }
        } catch (IOException e) {
            // as good as its end
        }
        Runtime.getRuntime().halt(1);
    }
}

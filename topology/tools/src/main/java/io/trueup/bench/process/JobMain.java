package io.trueup.bench.process;

import io.trueup.bench.process.Milestone.Kind;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.job.JobStatus.ReplicaStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Main class of the process of a job. It prints each {@link Milestone} as a line on standard output, and takes commands from standard input:
 * {@value #EXPECT} and a number of keys, {@value #MEMORY}, {@value #STOP}. The end of standard input means that its parent has ended, in whatever way;
 * it then ends at once.
 */
final class JobMain {

    static final String EXPECT = "expect";
    static final String MEMORY = "memory";
    static final String STOP = "stop";
    /** Every line for the parent begins with it: libraries may print, too. */
    static final String PREFIX = "bench: ";

    /** Each look takes processor time for each task, which is not to be measured. */
    private static final Duration LOOK = Duration.ofMillis(20);

    private final PrintStream out = System.out;
    private final double jvmMs =
            System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
    private final long startNanos = System.nanoTime();
    private final TrueupConfig config;
    private final Job job;
    /** Partitions of all hosted replicas. */
    private final int tasks;

    private final Rounds rounds = new Rounds();
    private volatile boolean stopping;

    private JobMain(TrueupConfig config, int partitions, long keys) {
        this.config = config;
        tasks = partitions * config.hostedReplicas().size();
        job = new Job(config);
        expect(keys);
    }

    /**
     * Runs the job until the parent process stops it.
     *
     * @param arguments path of the configuration, number of partitions, number of keys that are expected of each replica
     */
    public static void main(String[] arguments) {
        TrueupConfig config = TrueupConfig.load(Path.of(arguments[0]), Map.of());
        int exitCode = new JobMain(config, Integer.parseInt(arguments[1]), Long.parseLong(arguments[2])).run();
        System.exit(exitCode);
    }

    private int run() {
        Thread commands = new Thread(this::takeCommands, "bench-commands");
        commands.setDaemon(true);
        commands.start();
        try (job) {
            job.onReport((replica, partition, round) -> rounds.reported(replica, partition, round));
            job.start();
            awaitMilestones();
        }
        job.status().failure().ifPresent(reason -> System.err.println("the job has stopped: " + reason));
        return job.status().failure().isPresent() ? 1 : 0;
    }

    private void awaitMilestones() {
        boolean running = false;
        boolean trees = false;
        while (!stopping && !isTerminated()) {
            if (!running && job.status().running()) {
                running = true;
                reached(Kind.RUNNING);
            }
            if (running && !trees && treesBuilt() >= tasks) {
                trees = true;
                reached(Kind.TREES);
            }
            if (trees) {
                rounds.reached(tasks).forEach(this::reached);
            }
        }
    }

    private boolean isTerminated() {
        try {
            return job.awaitTermination(LOOK);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private long treesBuilt() {
        return job.status().replicas().values().stream()
                .mapToLong(ReplicaStatus::treesBuilt)
                .sum();
    }

    private void reached(Kind kind) {
        double ms = jvmMs + (System.nanoTime() - startNanos) / 1e6;
        StreamsFigures figures = new StreamsFigures(job);
        say(new Milestone(kind, ms, figures.restored(), figures.read(config)).line());
    }

    private void takeCommands() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                take(line);
            }
        } catch (IOException e) {
            // as good as its end
        }
        if (!stopping) {
            Runtime.getRuntime().halt(1);
        }
    }

    private void take(String line) {
        if (line.equals(STOP)) {
            stopping = true;
        } else if (line.equals(MEMORY)) {
            say(MEMORY + " " + MemoryFigures.take(job, config).line());
        } else if (line.startsWith(EXPECT + " ")) {
            expect(Long.parseLong(line.substring(EXPECT.length() + 1)));
        } else {
            throw new IllegalArgumentException("no command: " + line);
        }
    }

    private void expect(long keys) {
        rounds.expect(keys * config.hostedReplicas().size());
    }

    private synchronized void say(String line) {
        out.println(PREFIX + line);
        out.flush();
    }
}

package io.trueup.job;

import io.trueup.broker.ChildJvm;
import io.trueup.config.TrueupConfig;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;

/** A job in a process of its own, to be killed. It ends with its parent. */
final class JobProcess implements AutoCloseable {

    private final Process process;

    JobProcess(Map<String, String> settings, Path directory) throws IOException {
        this(settings, directory, Map.of());
    }

    JobProcess(Map<String, String> settings, Path directory, Map<String, String> environment) throws IOException {
        Path file = directory.resolve("job.properties");
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        ProcessBuilder builder = new ProcessBuilder(
                        ChildJvm.command("-Xmx512m", JobProcess.class.getName(), file.toString()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Sends a signal, such as {@code STOP} or {@code CONT}. */
    void signal(String name) throws IOException, InterruptedException {
        int failed = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (failed != 0) {
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
        try (Job job = new Job(TrueupConfig.load(Path.of(arguments[0]), Map.of()))) {
            job.start();
            job.awaitTermination(Duration.ofHours(1));
            System.exit(job.status().failure().isPresent() ? 1 : 0);
        }
    }
}

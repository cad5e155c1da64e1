package io.trueup.cli;

import io.trueup.config.InvalidConfigurationException;
import io.trueup.config.TrueupConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a configuration file again when its content or its modification time changes. A change takes effect once two checks
 * in a row find the same file, so that a half-written file has no effect. An invalid file is logged once and has no effect.
 * Not thread-safe, except that the checks that {@link #start} begins run on a thread of their own.
 */
final class ConfigWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(2);

    private final Path file;
    private final Map<String, String> environment;
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(ConfigWatch::daemon);
    private FileState current;
    private FileState changing;

    /** @param environment variables that replace settings of the file */
    ConfigWatch(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /**
     * The file as a check found it.
     *
     * @param modified its modification time; null if it could not be read
     * @param content its bytes; null if it could not be read
     */
    private record FileState(FileTime modified, ByteBuffer content) {

        static FileState of(Path file) {
            try {
                return new FileState(Files.getLastModifiedTime(file), ByteBuffer.wrap(Files.readAllBytes(file)));
            } catch (IOException e) {
                return new FileState(null, null);
            }
        }
    }

    /**
     * Reads the file. Changes are looked for from then on.
     *
     * @throws InvalidConfigurationException if the configuration is invalid; it lists every problem
     */
    TrueupConfig load() {
        current = FileState.of(file);
        return TrueupConfig.load(file, environment);
    }

    /**
     * Checks the file every two seconds from now on.
     *
     * @param changed receives each valid configuration, on a thread of its own
     * @param refused is called for each configuration that is not valid, on that thread
     */
    void start(Consumer<TrueupConfig> changed, Runnable refused) {
        ScheduledFuture<?> unused = checks.scheduleWithFixedDelay(
                () -> check(changed, refused),
                CHECK_INTERVAL.toMillis(),
                CHECK_INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    void check(Consumer<TrueupConfig> changed, Runnable refused) {
        FileState now = FileState.of(file);
        if (now.equals(current)) {
            changing = null;
        } else if (now.equals(changing)) {
            changing = null;
            current = now;
            apply(changed, refused);
        } else {
            changing = now;
        }
    }

    private void apply(Consumer<TrueupConfig> changed, Runnable refused) {
        try {
            changed.accept(TrueupConfig.load(file, environment));
        } catch (InvalidConfigurationException e) {
            LOG.warn("The changed configuration has no effect, the job runs on unchanged: {}", e.getMessage());
            refused.run();
        } catch (RuntimeException e) {
            LOG.warn("The changed configuration has no effect", e);
            refused.run();
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-config");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        checks.shutdown();
    }
}

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
 * Reads a configuration file again whenever it has changed: its content, or only its time. A change counts once the file was
 * the same at two looks in a row, so that a half-written file does not. An invalid file is told of once and has no effect.
 */
final class ConfigWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(2);

    private final Path file;
    private final Map<String, String> environment;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(ConfigWatch::daemon);
    private Seen taken;
    private Seen changing;

    /** @param environment variables that replace settings of the file */
    ConfigWatch(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /**
     * How the file was found.
     *
     * @param modified its time; null if it could not be read
     * @param content its bytes; null if it could not be read
     */
    private record Seen(FileTime modified, ByteBuffer content) {

        static Seen of(Path file) {
            try {
                return new Seen(Files.getLastModifiedTime(file), ByteBuffer.wrap(Files.readAllBytes(file)));
            } catch (IOException e) {
                return new Seen(null, null);
            }
        }
    }

    /**
     * Reads the file; later changes are those since then.
     *
     * @throws InvalidConfigurationException if anything is wrong; it says all of it
     */
    TrueupConfig load() {
        taken = Seen.of(file);
        return TrueupConfig.load(file, environment);
    }

    /** Looks every two seconds from now on, and hands each valid configuration on, on a thread of its own. */
    void start(Consumer<TrueupConfig> changed) {
        ScheduledFuture<?> unused = looking.scheduleWithFixedDelay(
                () -> look(changed), EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    void look(Consumer<TrueupConfig> changed) {
        Seen now = Seen.of(file);
        if (now.equals(taken)) {
            changing = null;
        } else if (now.equals(changing)) {
            changing = null;
            taken = now;
            take(changed);
        } else {
            changing = now;
        }
    }

    private void take(Consumer<TrueupConfig> changed) {
        try {
            changed.accept(TrueupConfig.load(file, environment));
        } catch (InvalidConfigurationException e) {
            LOG.warn("The changed configuration is not taken up, the job goes on as it was: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("The changed configuration is not taken up", e);
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-config");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        looking.shutdown();
    }
}

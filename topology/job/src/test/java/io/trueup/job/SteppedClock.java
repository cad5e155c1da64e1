package io.trueup.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The wall clock by which a job in another process acts, as a file sets it. Kafka's clients go on by the right time; {@link FakeClock}
 * deceives them, too, but makes each look at the clock so slow that a job under load falls behind.
 */
final class SteppedClock {

    private static final long READ_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Path file;
    private long offsetMs;
    private long readNanos;

    SteppedClock(Path file) {
        this.file = file;
        this.readNanos = System.nanoTime() - READ_EVERY_NANOS;
    }

    /** Lets the clock differ from the right time from now on. */
    void step(Duration by) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, Long.toString(by.toMillis()));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    }

    synchronized long nowMs() {
        if (System.nanoTime() - readNanos >= READ_EVERY_NANOS) {
            try {
                offsetMs = Long.parseLong(Files.readString(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            readNanos = System.nanoTime();
        }
        return System.currentTimeMillis() + offsetMs;
    }
}

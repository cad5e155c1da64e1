package io.trueup.cli;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.command.CommandFailedException;
import io.trueup.status.DatasetStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Reads a status again and again. Once it was read, a failure does not end it: the brokers may be away for a while. The first
 * reading must succeed, so that a configuration that cannot work ends the command at once.
 */
final class StatusWatch {

    private static final long NOT_LOST = Long.MIN_VALUE;

    private final Supplier<DatasetStatus> read;
    private final Consumer<DatasetStatus> print;
    private final Consumer<Lost> printLost;
    private final LongSupplier now;

    /**
     * The status cannot be read.
     *
     * @param shown the one that was read last
     * @param sinceMs when reading failed for the first time since then, in milliseconds since the epoch
     * @param nowMs the present time
     * @param error why it cannot be read
     */
    record Lost(DatasetStatus shown, long sinceMs, long nowMs, String error) {

        String sentence() {
            return "Connection lost " + ago(sinceMs) + " ago; showing "
                    + Instant.ofEpochMilli(shown.nowMs()).truncatedTo(ChronoUnit.SECONDS) + ", " + ago(shown.nowMs())
                    + " old. It is tried again.";
        }

        private String ago(long ms) {
            return DatasetStatus.age(Duration.ofMillis(Math.max(0, nowMs - ms)));
        }
    }

    /** Waits until the next reading is due. */
    @FunctionalInterface
    interface Pause {
        void await() throws InterruptedException;
    }

    /**
     * @param read reads the status; throws {@link CommandFailedException} or {@link RegistryUnavailableException} if it cannot
     * @param print shows it
     * @param printLost shows that it cannot be read
     */
    StatusWatch(
            Supplier<DatasetStatus> read, Consumer<DatasetStatus> print, Consumer<Lost> printLost, LongSupplier now) {
        this.read = read;
        this.print = print;
        this.printLost = printLost;
        this.now = now;
    }

    /**
     * Reads and shows the status until the thread is interrupted.
     *
     * @return the status that is shown last; empty if it cannot be read any more
     * @throws RuntimeException what the first reading throws
     */
    Optional<DatasetStatus> run(Pause pause) {
        DatasetStatus shown = read.get();
        print.accept(shown);
        long lostMs = NOT_LOST;
        while (isDue(pause)) {
            long triedMs = now.getAsLong();
            try {
                shown = read.get();
                lostMs = NOT_LOST;
                print.accept(shown);
            } catch (CommandFailedException | RegistryUnavailableException e) {
                if (Thread.currentThread().isInterrupted()) {
                    break; // that is why it could not be read
                }
                lostMs = lostMs == NOT_LOST ? triedMs : lostMs;
                printLost.accept(new Lost(shown, lostMs, now.getAsLong(), e.getMessage()));
            }
        }
        return lostMs == NOT_LOST ? Optional.of(shown) : Optional.empty();
    }

    /** Waits; false if the thread is interrupted. */
    private static boolean isDue(Pause pause) {
        try {
            pause.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !Thread.currentThread().isInterrupted();
    }
}

package io.trueup.cli;

import io.trueup.history.Event;
import io.trueup.history.Replay;
import io.trueup.history.TimeRange;
import io.trueup.history.UnreadableRecords;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Runs a replay for a person, who may end it with Ctrl-C: what is known so far is then told. */
final class Replaying {

    private static final long LONGEST_FAREWELL_S = 10;
    private static final int MOST_PARTITIONS = 8;

    private final Replay replay;
    private final CountDownLatch ended = new CountDownLatch(1);

    Replaying(Replay replay) {
        this.replay = replay;
    }

    /**
     * @param idle called from time to time while following
     * @param end called at the end, also after Ctrl-C
     */
    void run(TimeRange span, boolean follow, Consumer<Event> sink, Runnable idle, Runnable end) {
        Thread stopper = new Thread(this::stop, "trueup-stop");
        Runtime.getRuntime().addShutdownHook(stopper);
        try {
            replay.run(span, sink);
            if (follow && !replay.isStopped()) {
                replay.follow(sink, idle);
            }
            end.run();
        } finally {
            ended.countDown();
            remove(stopper);
        }
    }

    /** A shutdown hook ends with Java's own exit code unless it halts. */
    private void stop() {
        replay.stop();
        try {
            var unused = ended.await(LONGEST_FAREWELL_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(Foreground.STOPPED);
    }

    private static void remove(Thread stopper) {
        try {
            Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException e) {
            // the Java machine is shutting down already
        }
    }

    /** Says where the beginning of what was to be told is deleted, and which records could not be read. */
    static void warn(Replay replay, PrintWriter err) {
        Map<String, Long> deleted = replay.deletedBefore();
        if (!deleted.isEmpty()) {
            err.println("The beginning of this history is deleted, by the retention of its topics. They now begin at "
                    + deleted.entrySet().stream()
                            .limit(MOST_PARTITIONS)
                            .map(begin -> begin.getKey() + "@" + begin.getValue())
                            .collect(Collectors.joining(", "))
                    + (deleted.size() > MOST_PARTITIONS ? ", …" : "") + ".");
        }
        UnreadableRecords unreadable = replay.unreadable();
        if (unreadable.count() > 0) {
            err.println(AuditText.number(unreadable.count()) + (unreadable.count() == 1 ? " record" : " records")
                    + " could not be read:");
            unreadable.first().forEach(record -> err.println("  " + record));
            if (unreadable.count() > unreadable.first().size()) {
                err.println("  …");
            }
        }
        err.flush();
    }
}

package io.trueup.cli.history;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.ShutdownHook;
import io.trueup.history.Event;
import io.trueup.history.Replay;
import io.trueup.history.TimeRange;
import io.trueup.history.UnreadableRecords;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Runs a replay until its end or until Ctrl-C. After Ctrl-C the results so far are printed. */
final class InterruptibleReplay {

    private static final Duration MAX_STOP_WAIT = Duration.ofSeconds(10);
    private static final int MAX_PARTITIONS = 8;

    private final Replay replay;

    InterruptibleReplay(Replay replay) {
        this.replay = replay;
    }

    /**
     * Reads the topics, and follows them if asked to.
     *
     * @param sink receives the events in order of time
     * @param idle called from time to time while following
     * @param end called at the end, also after Ctrl-C
     * @return the exit code: that of a failure where the topics were not read to their ends, or a record of the range cannot be
     *     read. To stop while following is no interruption
     */
    int run(TimeRange span, boolean follow, Consumer<Event> sink, Runnable idle, Runnable end) {
        ShutdownHook hook = ShutdownHook.register(
                replay::stop,
                MAX_STOP_WAIT,
                () -> follow && replay.isWhole() ? OptionalInt.of(exitCode()) : OptionalInt.empty());
        try {
            replay.run(span, sink);
            if (follow && !replay.isStopped()) {
                replay.follow(sink, idle);
            }
            end.run();
            return exitCode();
        } finally {
            hook.release();
        }
    }

    private int exitCode() {
        return isComplete(replay) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    /** Whether every record of the range was read to the end, and could be read. */
    static boolean isComplete(Replay replay) {
        return replay.isWhole() && replay.unreadable().count() == 0;
    }

    /** Prints what is missing: a deleted beginning, the end if the replay was stopped, and records that could not be read. */
    static void warn(Replay replay, PrintWriter err) {
        Map<String, Long> deleted = replay.deletedBefore();
        if (!deleted.isEmpty()) {
            err.println("The beginning of this history is deleted, by the retention of its topics. They now begin at "
                    + deleted.entrySet().stream()
                            .limit(MAX_PARTITIONS)
                            .map(begin -> begin.getKey() + "@" + begin.getValue())
                            .collect(Collectors.joining(", "))
                    + (deleted.size() > MAX_PARTITIONS ? ", …" : "") + ".");
        }
        if (!replay.deletedMeanwhile().isEmpty()) {
            err.println("PARTIAL: records were deleted by the retention of their topics before they could be read: "
                    + String.join(", ", replay.deletedMeanwhile()) + ". Begin later with --since.");
        } else if (!replay.isWhole()) {
            err.println("PARTIAL: stopped before the topics were read to their ends.");
        }
        UnreadableRecords unreadable = replay.unreadable();
        if (unreadable.count() > 0) {
            err.println(Formats.number(unreadable.count()) + (unreadable.count() == 1 ? " record" : " records")
                    + " could not be read, so this history is not whole:");
            unreadable.first().forEach(record -> err.println("  " + record));
            if (unreadable.count() > unreadable.first().size()) {
                err.println("  …");
            }
        }
        err.flush();
    }
}

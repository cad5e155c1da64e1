package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.command.CommandFailedException;
import io.trueup.status.DatasetStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StatusWatchTest {

    /** 2026-09-21T14:13:20Z. */
    private static final long START_MS = 1_790_000_000_000L;

    private final Deque<Supplier<DatasetStatus>> readings = new ArrayDeque<>();
    private final List<DatasetStatus> shown = new ArrayList<>();
    private final List<StatusWatch.Lost> lost = new ArrayList<>();
    private long nowMs = START_MS;

    private final StatusWatch watch =
            new StatusWatch(() -> readings.remove().get(), shown::add, lost::add, () -> nowMs);

    private DatasetStatus status() {
        return new DatasetStatus(
                "shop", nowMs, false, List.of(), List.of(), new DatasetStatus.LeftOut(0, List.of(), 0, List.of()));
    }

    /** A broker that does not answer for 20 s. */
    private DatasetStatus noAnswer() {
        nowMs += 20_000;
        throw new CommandFailedException("no answer");
    }

    /** Ten seconds; after the last reading, Ctrl-C. */
    private void pause() throws InterruptedException {
        if (readings.isEmpty()) {
            throw new InterruptedException();
        }
        nowMs += 10_000;
    }

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldShowWhatIsReadUntilItIsInterrupted() {
        readings.add(this::status);
        readings.add(this::status);

        assertThat(watch.run(this::pause)).contains(shown.get(1));
        assertThat(shown).extracting(DatasetStatus::nowMs).containsExactly(START_MS, START_MS + 10_000);
        assertThat(lost).isEmpty();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void shouldShowHowOldItIsWhileNothingCanBeRead() {
        readings.add(this::status);
        readings.add(this::noAnswer);
        readings.add(this::noAnswer);

        assertThat(watch.run(this::pause)).as("nothing is known at the end").isEmpty();
        assertThat(shown).hasSize(1);
        assertThat(lost)
                .extracting(StatusWatch.Lost::sentence)
                .containsExactly(
                        "Connection lost 20 s ago; showing 2026-09-21T14:13:20Z, 30 s old. It is tried again.",
                        "Connection lost 50 s ago; showing 2026-09-21T14:13:20Z, 1 min 0 s old. It is tried again.");
        assertThat(lost.get(1).error()).isEqualTo("no answer");
        assertThat(lost.get(1).shown()).isSameAs(shown.get(0));
    }

    @Test
    void shouldGoOnOnceItCanBeReadAgain() {
        readings.add(this::status);
        readings.add(this::noAnswer);
        readings.add(this::status);
        readings.add(() -> {
            throw new RegistryUnavailableException("no registry");
        });
        readings.add(this::status);

        assertThat(watch.run(this::pause)).contains(shown.get(2));
        assertThat(shown).hasSize(3);
        assertThat(lost)
                .extracting(StatusWatch.Lost::sentence)
                .last()
                .asString()
                .as("the earlier loss is over")
                .startsWith("Connection lost 0 s ago; showing 2026-09-21T14:14:00Z, 10 s old.");
    }

    /** Kafka's clients fail if the thread is interrupted. */
    @Test
    void shouldNotCallAnInterruptALostConnection() {
        readings.add(this::status);
        readings.add(() -> {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted");
        });

        assertThat(watch.run(this::pause)).contains(shown.get(0));
        assertThat(lost).isEmpty();
    }

    /** What never worked may never work. */
    @Test
    void shouldFailIfTheFirstReadingFails() {
        readings.add(this::noAnswer);

        assertThatThrownBy(() -> watch.run(this::pause)).isInstanceOf(CommandFailedException.class);
    }

    @Test
    void shouldFailWhereTheProgramIsWrong() {
        readings.add(this::status);
        readings.add(() -> {
            throw new IllegalStateException();
        });

        assertThatThrownBy(() -> watch.run(this::pause)).isInstanceOf(IllegalStateException.class);
    }
}

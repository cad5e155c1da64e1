package io.trueup.reconcile.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.tree.MapTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class PausedRepairsTest {

    private final MapTable table = new MapTable();
    private final PausedRepairs pauses = new PausedRepairs(table);

    @Test
    void shouldReadWhatItHasNoted() {
        pauses.take(new Pause(Pause.ALL, true, 5, "a"));
        pauses.take(new Pause("us", false, 6, "b"));

        PausedRepairs read = new PausedRepairs(table);

        assertThat(read.known()).isEqualTo(pauses.known()).hasSize(2);
        assertThat(read.sinceMs(List.of("eu", "us"))).containsOnlyKeys("eu").containsEntry("eu", 5L);
    }

    @Test
    void shouldIgnoreACommandThatComesAgain() {
        Pause pause = new Pause("us", true, 5, "a");

        assertThat(pauses.take(pause)).isTrue();
        assertThat(pauses.take(pause)).isFalse();
        assertThat(pauses.isPaused("us")).isTrue();
        assertThat(pauses.isPaused("eu")).isFalse();
    }

    @Test
    void shouldKeepNoMoreScopesThanItsBound() {
        for (int i = 0; i < PausedRepairs.MAX_SCOPES; i++) {
            assertThat(pauses.take(new Pause("replica-" + i, true, 5, "a"))).isTrue();
        }

        assertThat(pauses.take(new Pause("one-more", true, 5, "a"))).isFalse();
        assertThat(pauses.take(new Pause("replica-0", false, 6, "a")))
                .as("known")
                .isTrue();
        assertThat(new PausedRepairs(table).known()).hasSize(PausedRepairs.MAX_SCOPES);
    }
}

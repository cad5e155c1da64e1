package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsumedFeedTest {

    private static final long UNKNOWN = ConsumedFeed.UNKNOWN;

    private final ConsumedFeed feed = new ConsumedFeed();

    @Test
    void shouldBeConsumedUpToTheLatestTimeWhoseEndIsCommitted() {
        assertThat(feed.seen(1_000, Map.of(0, 10L), Map.of(0, 9L))).isEqualTo(UNKNOWN);
        assertThat(feed.seen(2_000, Map.of(0, 20L), Map.of(0, 10L))).isEqualTo(1_000);
        assertThat(feed.seen(3_000, Map.of(0, 30L), Map.of(0, 19L))).isEqualTo(1_000);
        assertThat(feed.seen(4_000, Map.of(0, 30L), Map.of(0, 29L))).isEqualTo(2_000);
        assertThat(feed.seen(5_000, Map.of(0, 30L), Map.of(0, 30L)))
                .as("nothing was appended since")
                .isEqualTo(5_000);
    }

    @Test
    void shouldCountThePartitionThatIsFurthestBehind() {
        feed.seen(1_000, Map.of(0, 10L, 1, 10L), Map.of(0, 10L, 1, 10L));

        assertThat(feed.seen(2_000, Map.of(0, 20L, 1, 20L), Map.of(0, 20L, 1, 19L)))
                .isEqualTo(1_000);
        assertThat(feed.seen(3_000, Map.of(0, 20L, 1, 20L, 2, 1L), Map.of(0, 20L, 1, 20L)))
                .as("a new partition of which nothing is consumed")
                .isEqualTo(UNKNOWN);
    }

    @Test
    void shouldKnowNothingOfAGroupThatHasCommittedNothing() {
        assertThat(feed.seen(1_000, Map.of(0, 5L), Map.of())).isEqualTo(UNKNOWN);
        assertThat(feed.seen(2_000, Map.of(), Map.of())).as("no partition").isEqualTo(UNKNOWN);
    }

    @Test
    void shouldCountAnEmptyPartitionAsConsumedUntilSomethingIsAppended() {
        assertThat(feed.seen(1_000, Map.of(0, 0L), Map.of())).isEqualTo(1_000);
        assertThat(feed.seen(2_000, Map.of(0, 1L), Map.of())).isEqualTo(1_000);
    }

    @Test
    void shouldKnowNothingOnceOffsetsAreSetBack() {
        feed.seen(1_000, Map.of(0, 10L), Map.of(0, 10L));
        feed.seen(2_000, Map.of(0, 20L), Map.of(0, 20L));

        assertThat(feed.seen(3_000, Map.of(0, 20L), Map.of(0, 3L))).isEqualTo(UNKNOWN);
        assertThat(feed.seen(4_000, Map.of(0, 20L), Map.of(0, 20L))).isEqualTo(4_000);
    }

    @Test
    void shouldForgetAFeedThatWasCreatedAgainAndTimesThatLieAhead() {
        feed.seen(1_000, Map.of(0, 10L), Map.of(0, 10L));

        assertThat(feed.seen(2_000, Map.of(0, 5L), Map.of(0, 4L))).isEqualTo(UNKNOWN);
        feed.seen(3_000, Map.of(0, 6L), Map.of(0, 5L));
        assertThat(feed.seen(2_500, Map.of(0, 7L), Map.of(0, 6L)))
                .as("the clock was ahead")
                .isEqualTo(UNKNOWN);
    }

    @Test
    void shouldStayBoundedHoweverLongTheGroupIsBehind() {
        for (int second = 1; second <= 10_000; second++) {
            assertThat(feed.seen(1_000L * second, Map.of(0, (long) second), Map.of(0, 0L)))
                    .isEqualTo(UNKNOWN);
        }

        long consumedMs = feed.seen(10_001_000, Map.of(0, 10_001L), Map.of(0, 5_000L));
        assertThat(consumedMs).isBetween(4_900_000L, 5_000_000L);
    }
}

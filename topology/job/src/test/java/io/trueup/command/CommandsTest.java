package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.status.RoundTimes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CommandsTest {

    private static final long NOW_MS = 1_790_000_000_000L;
    private static final RoundTimes TIMES = new RoundTimes(10_000, 5_000, 300_000);

    private static long sinceMs(Duration back) {
        return Commands.sinceMs(back, TIMES, NOW_MS);
    }

    @Test
    void shouldReadReportsOfTheTimeAskedForButNotLessThanTheStatusNeeds() {
        assertThat(sinceMs(Duration.ofMinutes(15))).isEqualTo(NOW_MS - 900_000);
        assertThat(sinceMs(Duration.ofSeconds(1))).isEqualTo(NOW_MS - 65_000);
    }

    /** Kafka refuses a negative time. */
    @Test
    void shouldReadAllReportsWhereTheTimeAskedForIsLongerThanTimeItself() {
        assertThat(sinceMs(Duration.ofDays(999_999))).isZero();
        assertThat(sinceMs(Duration.ofSeconds(Long.MAX_VALUE))).isZero();
    }
}

package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JobClocksTest {

    private long wallMs = 1_000_000;
    private final JobClocks clocks = new JobClocks(() -> wallMs, () -> 0);

    @Test
    void shouldKnowHowFarTheWallClockIsBehindTheLatestTimeThatItHasShown() {
        assertThat(clocks.wentBackMs()).isZero();
        wallMs += 3_600_000;
        assertThat(clocks.wentBackMs()).as("ahead").isZero();

        wallMs -= 3_600_000;
        assertThat(clocks.wentBackMs()).isEqualTo(3_600_000);
        wallMs += 600_000;
        assertThat(clocks.wentBackMs()).isEqualTo(3_000_000);
        wallMs += 3_000_001;
        assertThat(clocks.wentBackMs()).as("it has caught up").isZero();
    }
}

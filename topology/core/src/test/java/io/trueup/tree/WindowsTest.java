package io.trueup.tree;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WindowsTest {

    private final Windows windows = new Windows(1_000, 300);

    @Test
    void shouldPutAPositionIntoTheFirstRoundWhoseCutIsNotBeforeIt() {
        assertThat(windows.cutMs(5)).isEqualTo(4_700);
        assertThat(windows.of(4_700)).isEqualTo(5);
        assertThat(windows.of(4_701)).isEqualTo(6);
        assertThat(windows.of(3_701)).isEqualTo(5);
        assertThat(windows.of(3_700)).isEqualTo(4);
    }

    @Test
    void shouldMakeARoundDueOneGraceAfterItsCut() {
        assertThat(windows.dueMs(5)).isEqualTo(windows.cutMs(5) + 300);
        assertThat(windows.dueAt(4_999)).isEqualTo(4);
        assertThat(windows.dueAt(5_000)).isEqualTo(5);
    }

    @Test
    void shouldDistinguishTheCutsOfRoundsFromOtherTimes() {
        for (long round : new long[] {-2, 0, 5, 1_000_000_000_000L}) {
            assertThat(windows.isCut(windows.cutMs(round))).isTrue();
            assertThat(windows.isCut(windows.cutMs(round) - 1)).isFalse();
            assertThat(windows.isCut(windows.cutMs(round) + 1)).isFalse();
        }
        assertThat(new Windows(1_000, 5_300).isCut(-300)).isTrue();
        assertThat(windows.isCut(Long.MAX_VALUE)).isFalse();
        assertThat(windows.isCut(Long.MIN_VALUE)).isFalse();
    }

    @Test
    void shouldPutNeverIntoNoWindowAndAcceptNegativePositions() {
        assertThat(windows.of(Entry.NEVER)).isEqualTo(Windows.NONE);
        assertThat(windows.of(-301)).isEqualTo(0);
        assertThat(windows.of(-300)).isEqualTo(0);
        assertThat(windows.of(-299)).isEqualTo(1);
    }
}

package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.TestSettings;
import org.junit.jupiter.api.Test;

/** Grace 1 s, lagPolicy 10 s. */
class LagPolicyTest {

    private static final long CUT = 1_000_000;

    private final LagPolicy lagPolicy = new LagPolicy(TestSettings.settings("eu", "us"));

    @Test
    void shouldNotCompareReplicasThatAreApartUntilPatienceEnds() {
        assertThat(lagPolicy.compare("us", false, CUT, CUT - 1_001, CUT)).isFalse();
        assertThat(lagPolicy.compare("us", false, CUT + 9_999, CUT - 1_001, CUT + 9_999))
                .isFalse();
        assertThat(lagPolicy.compare("us", false, CUT + 10_000, CUT - 1_001, CUT + 10_000))
                .isTrue();
    }

    @Test
    void shouldCompareReplicasThatAreApartByNoMoreThanTheGraceOrNotAtAll() {
        assertThat(lagPolicy.compare("us", false, CUT, CUT - 1_000, CUT)).isTrue();
        assertThat(lagPolicy.compare("us", true, CUT, Long.MIN_VALUE, CUT)).isTrue();
        assertThat(lagPolicy.compare("us", false, CUT + 5_000, CUT - 1_000, CUT))
                .isTrue();
    }

    @Test
    void shouldStartPatienceAgainOnceTheyWereTogether() {
        assertThat(lagPolicy.compare("us", false, CUT, CUT - 2_000, CUT)).isFalse();
        assertThat(lagPolicy.compare("us", true, CUT, CUT - 2_000, CUT + 5_000)).isTrue();
        assertThat(lagPolicy.compare("us", false, CUT + 10_000, CUT - 2_000, CUT + 10_000))
                .isFalse();
    }
}

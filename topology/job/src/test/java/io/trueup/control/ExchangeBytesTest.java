package io.trueup.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.control.ExchangeBytes.Round;
import org.junit.jupiter.api.Test;

class ExchangeBytesTest {

    private static final int KEYS = 20_000;

    @Test
    void shouldTakeAKilobyteAndThreeHopsToFindOneKey() {
        Round round = new ExchangeBytes(KEYS, 1, 8, 128).diverge(1);

        assertThat(round.repairs()).isEqualTo(1);
        assertThat(round.hops()).isEqualTo(3);
        assertThat(round.bytes()).isLessThanOrEqualTo(1_024);
    }

    /** What is exchanged grows with the keys that differ, not with the keys that lie beside them. */
    @Test
    void shouldTakeTheSameWhateverIsHeldBesides() {
        Round few = new ExchangeBytes(KEYS / 10, 1, 8, 128).diverge(50);
        Round many = new ExchangeBytes(KEYS, 1, 8, 128).diverge(50);
        Round trees = new ExchangeBytes(KEYS, 1, 8, 0).diverge(50);

        assertThat(few.repairs()).isEqualTo(50);
        assertThat(many.repairs()).isEqualTo(50);
        assertThat(trees.repairs()).isEqualTo(50);
        assertThat(many.bytes()).isBetween(few.bytes() / 2, 2 * few.bytes());
        assertThat(trees.bytes()).isGreaterThan(10 * many.bytes());
        assertThat(many.entries()).isEqualTo(75);
    }

    @Test
    void shouldExchangeNoMoreThanRootsWhereNothingDiffers() {
        Round round = new ExchangeBytes(KEYS / 10, 1, 8, 128).diverge(0);

        assertThat(round.bytes()).isZero();
        assertThat(round.rootBytes()).isPositive();
    }
}

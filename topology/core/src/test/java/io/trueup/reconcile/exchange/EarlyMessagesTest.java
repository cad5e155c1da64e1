package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Hash128;
import org.junit.jupiter.api.Test;

class EarlyMessagesTest {

    private static final long CUT = 1_000_000;
    private static final long NEXT_CUT = CUT + 10_000;

    private final EarlyMessages early = new EarlyMessages();

    @Test
    void shouldReturnTheMessagesOfACutOnceInOrder() {
        keep(CUT, 1);
        keep(CUT, 2);
        keep(NEXT_CUT, 3);

        assertThat(early.take(CUT)).containsExactly(message(CUT, 1), message(CUT, 2));
        assertThat(early.take(CUT)).isEmpty();
        assertThat(early.take(NEXT_CUT)).containsExactly(message(NEXT_CUT, 3));
    }

    @Test
    void shouldForgetEarlierCutsWhenACutIsTaken() {
        keep(CUT, 1);

        assertThat(early.take(NEXT_CUT)).isEmpty();

        assertThat(early.take(CUT)).isEmpty();
    }

    @Test
    void shouldNotKeepMessagesAboutCutsTooFarAhead() {
        early.keep(message(NEXT_CUT, 1), NEXT_CUT - 1);

        assertThat(early.take(NEXT_CUT)).isEmpty();
    }

    @Test
    void shouldForgetOnlyCutsBeforeTheGivenOne() {
        keep(CUT, 1);
        keep(NEXT_CUT, 2);

        early.forgetBefore(NEXT_CUT);

        assertThat(early.take(CUT)).isEmpty();
        assertThat(early.take(NEXT_CUT)).hasSize(1);
    }

    @Test
    void shouldKeepABoundedNumberOfMessagesForEachCut() {
        for (int i = 0; i < 10_001; i++) {
            keep(CUT, i);
        }
        keep(NEXT_CUT, 0);

        assertThat(early.take(CUT)).hasSize(10_000).endsWith(message(CUT, 9_999));
        assertThat(early.take(NEXT_CUT)).hasSize(1);
    }

    @Test
    void shouldForgetEverythingWhenCleared() {
        keep(NEXT_CUT, 1);

        early.clear();

        assertThat(early.take(NEXT_CUT)).isEmpty();
    }

    private void keep(long cutMs, long number) {
        early.keep(message(cutMs, number), NEXT_CUT);
    }

    private static Message message(long cutMs, long number) {
        return new Message("us", 0, cutMs, 5, 7, new Message.Probe(new Hash128(0, number)));
    }
}

package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EarlyMessagesTest {

    private static final long CUT = 1_000_000;
    private static final long NEXT_CUT = CUT + 10_000;

    private final EarlyMessages early = new EarlyMessages(share(RoundMemory.unlimited()));

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
    void shouldKeepAsManyMessagesAsFitIntoTheBytesOfAllCutsTogether() {
        EarlyMessages ofThree =
                new EarlyMessages(share(RoundMemory.unlimited()), 3 * MessageMemory.bytes(message(CUT, 0)));
        ofThree.keep(message(CUT, 1), NEXT_CUT);
        ofThree.keep(message(NEXT_CUT, 2), NEXT_CUT);
        ofThree.keep(message(NEXT_CUT, 3), NEXT_CUT);
        ofThree.keep(message(CUT, 4), NEXT_CUT);

        assertThat(ofThree.take(CUT)).containsExactly(message(CUT, 1));

        ofThree.keep(message(NEXT_CUT, 5), NEXT_CUT);
        ofThree.keep(message(NEXT_CUT, 6), NEXT_CUT);
        assertThat(ofThree.take(NEXT_CUT))
                .containsExactly(message(NEXT_CUT, 2), message(NEXT_CUT, 3), message(NEXT_CUT, 5));
    }

    @Test
    void shouldHaveRoomAgainForWhatWasForgottenOrCleared() {
        EarlyMessages ofOne = new EarlyMessages(share(RoundMemory.unlimited()), MessageMemory.bytes(message(CUT, 0)));
        for (int i = 0; i < 3; i++) {
            ofOne.keep(message(CUT, i), NEXT_CUT);
            ofOne.forgetBefore(NEXT_CUT);
            ofOne.keep(message(NEXT_CUT, i), NEXT_CUT);
            ofOne.clear();
        }
        ofOne.keep(message(NEXT_CUT, 3), NEXT_CUT);

        assertThat(ofOne.take(NEXT_CUT)).containsExactly(message(NEXT_CUT, 3));
    }

    @Test
    void shouldKeepRootsAloneWhereTheRoundsOfTheProcessTakeUpAllMemory() {
        RoundMemory.Share full = share(new RoundMemory(2 * RoundMemory.BYTES_PER_ENTRY));
        full.heard(2);
        EarlyMessages few = new EarlyMessages(full);
        few.keep(message(CUT, 1), NEXT_CUT);
        Message root =
                new Message("us", 0, CUT, 5, 7, new Message.Root(Hash128.ZERO, 1, Evidence.of(CUT, CUT), false, false));
        few.keep(root, NEXT_CUT);

        assertThat(few.take(CUT)).containsExactly(root);
    }

    private static RoundMemory.Share share(RoundMemory memory) {
        return memory.open("us", 0, 10_000);
    }

    @Test
    void shouldCountWhatAMessageTakesUp() {
        EntrySummary entry = new EntrySummary(Hash128.ZERO, 1, 0, 0, Entry.NEVER, false, Hash128.ZERO);
        VersionVector vector = VersionVector.of(Map.of("writer", 1L, "other", 2L));
        EntrySummary ofVector =
                new EntrySummary(Hash128.ZERO, 1, vector, 0, 0, Entry.NEVER, false, Hash128.ZERO, false);
        long none = bytes(new Message.Segment(0, 0, 1, List.of()));

        assertThat(bytes(new Message.Segment(0, 0, 1, Collections.nCopies(1_000, entry))))
                .isBetween(none + 100_000, none + 200_000);
        assertThat(bytes(new Message.Segment(0, 0, 1, List.of(ofVector)))).isBetween(none + 300, none + 600);
        assertThat(bytes(new Message.Level(0, 4, new int[] {0}, new long[32]))).isBetween(none + 256, none + 300);
        assertThat(bytes(new Message.Symbols(Collections.nCopies(100, 1), 0, new byte[2_100])))
                .isBetween(none + 2_500, none + 5_000);
        assertThat(bytes(new Message.Entries(
                        Collections.nCopies(1_000, entry), Collections.nCopies(1_000, Hash128.ZERO))))
                .isBetween(none + 130_000, none + 250_000);
    }

    private static long bytes(Message.Body body) {
        return MessageMemory.bytes(new Message("us", 0, CUT, 5, 7, body));
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

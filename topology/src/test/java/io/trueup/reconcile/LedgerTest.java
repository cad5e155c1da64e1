package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.Ledger.Turn;
import io.trueup.reconcile.Message.Summary;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 KEY = new Hash128(1, 2);
    private static final List<String> HOLDERS = List.of("ap", "eu");

    @Test
    void shouldTryAgainAtOnceByWhoWasAnsweredWhenARepairIsDeclinedBecauseAnotherEntryIsHeld() {
        Turn again = afterAnAttempt(Settings.Resolution.PRIMARY, entry(4));

        assertThat(again).isEqualTo(new Turn(2, "ap", true, false));
    }

    @Test
    void shouldWaitForTheAnswerWhileTheTargetHoldsWhatItWasObservedToHold() {
        assertThat(afterAnAttempt(Settings.Resolution.PRIMARY, entry(3)).due()).isFalse();
    }

    @Test
    void shouldWaitForTheAnswerWhereTheNewestWinsWhateverTheTargetHolds() {
        assertThat(afterAnAttempt(Settings.Resolution.LATEST, entry(4)).due()).isFalse();
    }

    /** Whose turn it is a round after ap has sent its repair of entry 3 by entry 9. */
    private static Turn afterAnAttempt(Settings.Resolution resolution, Summary observedThen) {
        Ledger ledger = new Ledger(Cluster.settings(resolution, "ap", false, "ap", "eu", "us"));
        Turn first = ledger.look(KEY, "us", entry(9), entry(3), HOLDERS, CUT);
        ledger.start(first, KEY, "us", entry(9), entry(3), CUT);
        return ledger.look(KEY, "us", entry(9), observedThen, HOLDERS, CUT + 10_000);
    }

    private static Summary entry(long version) {
        return new Summary(KEY, version, CUT - 50_000, CUT - 50_000, Entry.NEVER, false, new Hash128(version, version));
    }
}

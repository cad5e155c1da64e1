package io.trueup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AwaitedAnswersTest {

    private static final Settings SETTINGS =
            new Settings.Builder("orders", "eu", List.of("eu", "us"), new byte[16]).build();
    private static final Hash128 KEY = new Hash128(1, 2);
    private static final Hash128 WINNING = new Hash128(3, 4);
    private static final Hash128 OTHER = new Hash128(5, 6);

    private final AwaitedAnswers awaited = new AwaitedAnswers(SETTINGS);

    @Test
    void shouldTakeTheWinningEntryAsAppliedWhateverMadeItSo() {
        send(7, false);
        assertThat(written("ap", "the id", 7, false, WINNING))
                .as("another replica")
                .isEmpty();
        assertThat(written("us", null, 6, false, WINNING)).as("another write").isEmpty();
        assertThat(written("us", "another id", 8, false, OTHER)).isEmpty();

        assertThat(written("us", null, 7, false, WINNING)).contains(new Outcome.Applied());
        assertThat(written("us", "the id", 7, false, WINNING))
                .as("a second answer")
                .isEmpty();
    }

    @Test
    void shouldTakeAnyOtherEntryInAnswerAsDeclined() {
        send(7, false);
        assertThat(written("us", "the id", 7, false, OTHER)).contains(new Outcome.Declined("version 7"));
        send(7, false);
        assertThat(written("us", "the id", 7, true, Hash128.ZERO)).contains(new Outcome.Declined("deleted, version 7"));
        send(7, false);
        assertThat(written("us", "the id", Long.MIN_VALUE, true, Hash128.ZERO))
                .contains(new Outcome.Declined("nothing"));
        send(7, true);
        assertThat(written("us", "the id", 7, true, Hash128.ZERO)).contains(new Outcome.Applied());
        assertThat(awaited.size()).isZero();
    }

    @Test
    void shouldGiveUpTheOldestFirst() {
        send(7, false);
        awaited.sent(new PlanLine(2, null), repair(new Hash128(9, 9), 1, false), OTHER, 20);

        assertThat(awaited.oldestNanos()).contains(10L);
        assertThat(awaited.giveUpOldest())
                .isEqualTo(new AwaitedAnswers.Answered(new PlanLine(1, null), "the id", new Outcome.NoAnswer()));
        assertThat(awaited.oldestNanos()).contains(20L);
        assertThat(awaited.giveUpAll()).hasSize(1);
        assertThat(awaited.oldestNanos()).isEmpty();
    }

    private void send(long version, boolean deleted) {
        Repair repair = repair(KEY, version, deleted);
        assertThat(awaited.awaiting(repair)).isEmpty();
        awaited.sent(new PlanLine(1, null), repair, deleted ? Hash128.ZERO : WINNING, 10);
        assertThat(awaited.awaiting(repair)).contains(new PlanLine(1, null));
    }

    private static Repair repair(Hash128 keyHash, long version, boolean deleted) {
        return new Repair(
                "the id",
                new byte[] {1},
                keyHash,
                "us",
                "eu",
                Divergence.STALE,
                new Repair.Winner(version, null, 0, deleted, Entry.NEVER, deleted ? -1 : 5),
                new Repair.Condition(true, null),
                0,
                1,
                0);
    }

    private Optional<Outcome> written(String replica, String repairId, long version, boolean deleted, Hash128 digest) {
        EntrySummary entry = new EntrySummary(KEY, version, 0, 0, Entry.NEVER, deleted, digest);
        return awaited.written(replica, new StoredEvent(new byte[] {1}, entry, repairId, null))
                .map(AwaitedAnswers.Answered::outcome);
    }
}

package io.trueup.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.repair.ReadBook.Taken;
import io.trueup.repair.ReadResult.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadBookTest {

    private static final long NOW = 1_000_000;
    private static final long PATIENCE = 30_000;
    private static final ReadLimits LIMITS = new ReadLimits(4, 100, Duration.ofMillis(PATIENCE));

    private final ReadBook<String> book = new ReadBook<>(LIMITS);

    @Test
    void shouldTakeRequestsOfARangeInOrderOfOffset() {
        offer(0, 30, "c");
        offer(0, 10, "a");
        offer(1, 20, "other partition");
        offer(0, 20, "b");

        assertThat(tickets(book.take(0, 10, 30))).containsExactly("a", "b");
        assertThat(book.take(0, 10, 30)).isEmpty();
        assertThat(tickets(book.take(0, 30, 31))).containsExactly("c");
        assertThat(book.partitions()).containsExactly(1);
    }

    @Test
    void shouldAnswerTwoRequestsOfOneOffset() {
        offer(0, 10, "first target");
        offer(0, 10, "second target");

        book.take(0, 0, 100).forEach(taken -> book.answer(taken, Outcome.VALUE, new byte[1], null, NOW));

        assertThat(book.poll(0).request().ticket()).isEqualTo("first target");
        assertThat(book.poll(0).request().ticket()).isEqualTo("second target");
        assertThat(book.poll(0)).isNull();
    }

    @Test
    void shouldSweepUpwardsAndThenStartAgainBelow() {
        offer(0, 10, "a");
        offer(0, 30, "b");

        assertThat(book.next(0, -1)).isEqualTo(10);
        assertThat(book.next(0, 10)).isEqualTo(10);
        assertThat(book.next(0, 11)).isEqualTo(30);
        assertThat(book.next(0, 31)).isEqualTo(10);
        assertThat(book.next(1, 0)).isEqualTo(-1);
    }

    @Test
    void shouldRefuseRequestsUntilResultsArePolled() {
        for (int i = 0; i < 4; i++) {
            assertThat(offer(0, i, "a")).isTrue();
        }
        assertThat(offer(0, 9, "a")).isFalse();

        book.take(0, 0, 10).forEach(taken -> book.answer(taken, Outcome.GONE, null, null, NOW));
        assertThat(offer(0, 9, "a")).isFalse();

        assertThat(book.poll(0)).isNotNull();
        assertThat(offer(0, 9, "a")).isTrue();
        assertThat(book.outstanding()).isEqualTo(4);
    }

    @Test
    void shouldNotGoOnReadingWhileTooManyBytesWait() throws Exception {
        offer(0, 1, "large");
        Taken<String> large = book.take(0, 0, 10).get(0);
        offer(0, 2, "next");
        assertThat(book.awaitWork(1)).isTrue();

        book.answer(large, Outcome.VALUE, new byte[100], null, NOW);
        assertThat(book.awaitWork(1)).isFalse();

        assertThat(book.poll(0).value()).hasSize(100);
        assertThat(book.awaitWork(1)).isTrue();
    }

    @Test
    void shouldFailRequestsThatWaitTooLong() {
        offer(0, 1, "a");

        book.expire(NOW + PATIENCE - 1, "no broker");
        assertThat(book.poll(0)).isNull();

        book.expire(NOW + PATIENCE, "no broker");
        assertThat(book.poll(0))
                .returns(Outcome.FAILED, ReadResult::outcome)
                .returns("no broker", ReadResult::note)
                .returns("a", result -> result.request().ticket());
        assertThat(book.outstanding()).isZero();
        assertThat(book.partitions()).isEmpty();
    }

    @Test
    void shouldDropValuesThatNobodyPollsAndGoOnReading() throws Exception {
        offer(0, 1, "a");
        offer(0, 2, "b");
        offer(1, 1, "c");
        book.answer(book.take(0, 1, 2).get(0), Outcome.VALUE, new byte[100], null, NOW);
        book.answer(book.take(0, 2, 3).get(0), Outcome.GONE, null, "gone", NOW);
        assertThat(book.awaitWork(1)).isFalse();

        book.expire(NOW + PATIENCE - 1, "no broker");
        book.expire(NOW + PATIENCE, "no broker");

        assertThat(book.poll(0)).returns(Outcome.FAILED, ReadResult::outcome).returns(null, ReadResult::value);
        assertThat(book.poll(0)).returns(Outcome.GONE, ReadResult::outcome);
        offer(1, 5, "d");
        assertThat(book.awaitWork(1)).isTrue();
        assertThat(book.poll(1)).returns("c", result -> result.request().ticket());
        assertThat(book.outstanding()).isEqualTo(1);
    }

    @Test
    void shouldForgetEverythingOfAPartition() {
        offer(0, 1, "waiting");
        offer(0, 2, "answered");
        offer(0, 3, "in work");
        offer(1, 1, "other partition");
        book.answer(book.take(0, 2, 3).get(0), Outcome.VALUE, new byte[200], null, NOW);
        Taken<String> inWork = book.take(0, 3, 4).get(0);

        book.forget(0);
        book.answer(inWork, Outcome.VALUE, new byte[200], null, NOW);

        assertThat(book.poll(0)).isNull();
        assertThat(book.outstanding()).isEqualTo(1);
        assertThat(book.partitions()).containsExactly(1);
        for (int i = 0; i < 3; i++) {
            assertThat(offer(0, i, "again")).isTrue();
        }
    }

    @Test
    void shouldFailWhatTheReadingThreadCouldNotAnswer() {
        offer(0, 1, "a");
        offer(1, 1, "b");
        Taken<String> taken = book.take(0, 0, 10).get(0);

        book.failTaken("boom", NOW);

        assertThat(book.poll(0)).returns(Outcome.FAILED, ReadResult::outcome).returns("boom", ReadResult::note);
        assertThat(book.poll(1)).isNull();
        assertThat(taken.request().ticket()).isEqualTo("a");
        assertThat(book.outstanding()).isEqualTo(1);
    }

    @Test
    void shouldAcceptNothingAfterItsEnd() throws Exception {
        offer(0, 1, "a");
        book.close();

        assertThat(book.outstanding()).isZero();
        assertThat(offer(0, 1, "a")).isFalse();
        assertThat(book.poll(0)).isNull();
        assertThat(book.awaitWork(60_000)).isFalse();
        book.pause(60_000);
        assertThat(book.isClosed()).isTrue();
    }

    @Test
    void shouldRefuseNonsense() {
        assertThatThrownBy(() -> offer(0, -1, "a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReadLimits(0, 1, Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReadLimits(1, 1, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private boolean offer(int partition, long offset, String ticket) {
        return book.offer(new ReadRequest<>(partition, offset, new byte[0], 0, ticket), NOW);
    }

    private static List<String> tickets(List<Taken<String>> taken) {
        return taken.stream().map(each -> each.request().ticket()).toList();
    }
}

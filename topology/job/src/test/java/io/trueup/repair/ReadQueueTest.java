package io.trueup.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.repair.ReadQueue.Taken;
import io.trueup.repair.ReadResult.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadQueueTest {

    private static final long NOW = 1_000_000;
    private static final long PATIENCE = 30_000;
    private static final ReadLimits LIMITS = new ReadLimits(4, 100, Duration.ofMillis(PATIENCE));

    private final ReadQueue<String> queue = new ReadQueue<>(LIMITS);

    @Test
    void shouldTakeRequestsOfARangeInOrderOfOffset() {
        offer(0, 30, "c");
        offer(0, 10, "a");
        offer(1, 20, "other partition");
        offer(0, 20, "b");

        assertThat(tickets(queue.take(0, 10, 30))).containsExactly("a", "b");
        assertThat(queue.take(0, 10, 30)).isEmpty();
        assertThat(tickets(queue.take(0, 30, 31))).containsExactly("c");
        assertThat(queue.partitions()).containsExactly(1);
    }

    @Test
    void shouldAnswerTwoRequestsOfOneOffset() {
        offer(0, 10, "first target");
        offer(0, 10, "second target");

        queue.take(0, 0, 100).forEach(taken -> queue.answer(taken, Outcome.VALUE, new byte[1], null, NOW));

        assertThat(queue.poll(0).request().ticket()).isEqualTo("first target");
        assertThat(queue.poll(0).request().ticket()).isEqualTo("second target");
        assertThat(queue.poll(0)).isNull();
    }

    @Test
    void shouldSweepUpwardsAndThenStartAgainBelow() {
        offer(0, 10, "a");
        offer(0, 30, "b");

        assertThat(queue.next(0, -1)).isEqualTo(10);
        assertThat(queue.next(0, 10)).isEqualTo(10);
        assertThat(queue.next(0, 11)).isEqualTo(30);
        assertThat(queue.next(0, 31)).isEqualTo(10);
        assertThat(queue.next(1, 0)).isEqualTo(-1);
    }

    @Test
    void shouldRefuseRequestsUntilResultsArePolled() {
        for (int i = 0; i < 4; i++) {
            assertThat(offer(0, i, "a")).isTrue();
        }
        assertThat(offer(0, 9, "a")).isFalse();

        queue.take(0, 0, 10).forEach(taken -> queue.answer(taken, Outcome.GONE, null, null, NOW));
        assertThat(offer(0, 9, "a")).isFalse();

        assertThat(queue.poll(0)).isNotNull();
        assertThat(offer(0, 9, "a")).isTrue();
        assertThat(queue.outstanding()).isEqualTo(4);
    }

    @Test
    void shouldNotGoOnReadingWhileTooManyBytesWait() throws Exception {
        offer(0, 1, "large");
        Taken<String> large = queue.take(0, 0, 10).get(0);
        offer(0, 2, "next");
        assertThat(queue.awaitWork(1)).isTrue();

        queue.answer(large, Outcome.VALUE, new byte[100], null, NOW);
        assertThat(queue.awaitWork(1)).isFalse();

        assertThat(queue.poll(0).value()).hasSize(100);
        assertThat(queue.awaitWork(1)).isTrue();
    }

    @Test
    void shouldFailRequestsThatWaitTooLong() {
        offer(0, 1, "a");

        queue.expire(NOW + PATIENCE - 1, "no broker");
        assertThat(queue.poll(0)).isNull();

        queue.expire(NOW + PATIENCE, "no broker");
        assertThat(queue.poll(0))
                .returns(Outcome.FAILED, ReadResult::outcome)
                .returns("no broker", ReadResult::note)
                .returns("a", result -> result.request().ticket());
        assertThat(queue.outstanding()).isZero();
        assertThat(queue.partitions()).isEmpty();
    }

    @Test
    void shouldDropValuesThatAreNotPolledAndGoOnReading() throws Exception {
        offer(0, 1, "a");
        offer(0, 2, "b");
        offer(1, 1, "c");
        queue.answer(queue.take(0, 1, 2).get(0), Outcome.VALUE, new byte[100], null, NOW);
        queue.answer(queue.take(0, 2, 3).get(0), Outcome.GONE, null, "gone", NOW);
        assertThat(queue.awaitWork(1)).isFalse();

        queue.expire(NOW + PATIENCE - 1, "no broker");
        queue.expire(NOW + PATIENCE, "no broker");

        assertThat(queue.poll(0)).returns(Outcome.FAILED, ReadResult::outcome).returns(null, ReadResult::value);
        assertThat(queue.poll(0)).returns(Outcome.GONE, ReadResult::outcome);
        offer(1, 5, "d");
        assertThat(queue.awaitWork(1)).isTrue();
        assertThat(queue.poll(1)).returns("c", result -> result.request().ticket());
        assertThat(queue.outstanding()).isEqualTo(1);
    }

    @Test
    void shouldForgetEverythingOfAPartition() {
        offer(0, 1, "waiting");
        offer(0, 2, "answered");
        offer(0, 3, "in work");
        offer(1, 1, "other partition");
        queue.answer(queue.take(0, 2, 3).get(0), Outcome.VALUE, new byte[200], null, NOW);
        Taken<String> inWork = queue.take(0, 3, 4).get(0);

        queue.forget(0);
        queue.answer(inWork, Outcome.VALUE, new byte[200], null, NOW);

        assertThat(queue.poll(0)).isNull();
        assertThat(queue.outstanding()).isEqualTo(1);
        assertThat(queue.partitions()).containsExactly(1);
        for (int i = 0; i < 3; i++) {
            assertThat(offer(0, i, "again")).isTrue();
        }
    }

    @Test
    void shouldFailWhatTheReadingThreadCouldNotAnswer() {
        offer(0, 1, "a");
        offer(1, 1, "b");
        Taken<String> taken = queue.take(0, 0, 10).get(0);

        queue.failTaken("boom", NOW);

        assertThat(queue.poll(0)).returns(Outcome.FAILED, ReadResult::outcome).returns("boom", ReadResult::note);
        assertThat(queue.poll(1)).isNull();
        assertThat(taken.request().ticket()).isEqualTo("a");
        assertThat(queue.outstanding()).isEqualTo(1);
    }

    @Test
    void shouldAcceptNothingAfterItsEnd() throws Exception {
        offer(0, 1, "a");
        queue.close();

        assertThat(queue.outstanding()).isZero();
        assertThat(offer(0, 1, "a")).isFalse();
        assertThat(queue.poll(0)).isNull();
        assertThat(queue.awaitWork(60_000)).isFalse();
        queue.pause(60_000);
        assertThat(queue.isClosed()).isTrue();
    }

    @Test
    void shouldRefuseNonsense() {
        assertThatThrownBy(() -> offer(0, -1, "a")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReadLimits(0, 1, Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReadLimits(1, 1, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private boolean offer(int partition, long offset, String ticket) {
        return queue.offer(new ReadRequest<>(partition, offset, new byte[0], 0, ticket), NOW);
    }

    private static List<String> tickets(List<Taken<String>> taken) {
        return taken.stream().map(each -> each.request().ticket()).toList();
    }
}

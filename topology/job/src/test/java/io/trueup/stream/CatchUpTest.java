package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class CatchUpTest {

    private static final TopicPartition WRITES = new TopicPartition("writes", 3);

    private final KnownPositions positions = new KnownPositions();
    private final Deque<CompletableFuture<Long>> requested = new ArrayDeque<>();
    private final CatchUp catchUp = new CatchUp(
            WRITES,
            partition -> {
                requested.add(new CompletableFuture<>());
                return requested.getLast();
            },
            positions);

    @Test
    void shouldNotBeReachedBeforeTheEndIsKnown() {
        positions.read(10, 9);
        catchUp.processed(9);
        catchUp.await(1, 0);

        assertThat(catchUp.reached()).isEmpty();
    }

    @Test
    void shouldBeReachedOnceWhenThePositionPassesTheEndAndAllThatWasReturnedIsProcessed() {
        catchUp.await(7, 0);
        requested.getLast().complete(12L);

        positions.read(11, 10);
        catchUp.processed(10);
        assertThat(catchUp.reached()).as("a record is still to come").isEmpty();

        positions.read(13, 12);
        assertThat(catchUp.reached())
                .as("a record is returned and not processed")
                .isEmpty();

        catchUp.processed(12);
        assertThat(catchUp.reached()).hasValue(13);
        assertThat(catchUp.round()).isEqualTo(7);
        assertThat(catchUp.reached()).as("only once").isEmpty();
    }

    @Test
    void shouldFailWhereThePartitionEndsBeforeRecordsThatTheStateContains() {
        catchUp.stateContains(13);
        positions.read(12, 11);
        catchUp.await(1, 0);
        requested.getLast().complete(12L);

        assertThatThrownBy(catchUp::reached)
                .isInstanceOf(LostRecordsException.class)
                .hasMessageContaining("writes-3 ends at offset 12")
                .hasMessageContaining("up to offset 12");
    }

    @Test
    void shouldFailWhereThePartitionLosesRecordsWhileTheJobRuns() {
        positions.read(10, 9);
        catchUp.processed(9);
        catchUp.await(1, 0);
        requested.getLast().complete(10L);
        assertThat(catchUp.reached()).hasValue(10);

        catchUp.await(2, 0);
        requested.getLast().complete(8L);
        assertThatThrownBy(catchUp::reached).isInstanceOf(LostRecordsException.class);
    }

    @Test
    void shouldPassOverOffsetsThatHoldNoRecords() {
        catchUp.await(1, 0);
        requested.getLast().complete(20L);
        catchUp.processed(9);

        positions.read(20, 9);

        assertThat(catchUp.reached())
                .as("10 to 19 are aborted records and markers")
                .hasValue(20);
    }

    @Test
    void shouldBeReachedAtOnceInAnEmptyPartition() {
        positions.read(0, ConsumerPositions.UNKNOWN);
        catchUp.await(1, 0);
        requested.getLast().complete(0L);

        assertThat(catchUp.reached()).hasValue(0);
    }

    @Test
    void shouldNotBeReachedWhileThePositionIsUnknown() {
        positions.read(ConsumerPositions.UNKNOWN, ConsumerPositions.UNKNOWN);
        catchUp.await(1, 0);
        requested.getLast().complete(0L);

        assertThat(catchUp.reached()).isEmpty();
    }

    @Test
    void shouldForgetAnEarlierRequestWhenANewOneComes() {
        catchUp.await(1, 0);
        CompletableFuture<Long> first = requested.getLast();
        catchUp.await(2, 0);
        positions.read(5, 4);
        catchUp.processed(4);

        first.complete(5L);
        assertThat(catchUp.reached()).as("the end of round 2 is not known").isEmpty();

        requested.getLast().complete(5L);
        assertThat(catchUp.reached()).hasValue(5);
        assertThat(catchUp.round()).isEqualTo(2);
    }

    @Test
    void shouldRequestAgainWhenTheBrokerDoesNotAnswer() {
        positions.read(5, 4);
        catchUp.processed(4);
        catchUp.await(1, 0);

        requested.getLast().completeExceptionally(new IllegalStateException("no leader"));
        assertThat(catchUp.reached()).isEmpty();

        assertThat(requested).hasSize(2);
        requested.getLast().complete(5L);
        assertThat(catchUp.reached()).hasValue(5);
    }

    @Test
    void shouldWaitForRecordsThatWereReturnedBeforeTheTaskStarted() {
        positions.read(100, 99);
        CatchUp started = new CatchUp(WRITES, partition -> CompletableFuture.completedFuture(100L), positions);
        started.await(1, 0);

        assertThat(started.reached()).isEmpty();

        started.processed(99);
        assertThat(started.reached()).hasValue(100);
    }

    private static final class KnownPositions implements ConsumerPositions {
        private long next = UNKNOWN;
        private long last = UNKNOWN;

        void read(long next, long last) {
            this.next = next;
            this.last = last;
        }

        @Override
        public long readTo(TopicPartition partition) {
            return next;
        }

        @Override
        public long lastReturned(TopicPartition partition) {
            return last;
        }

        @Override
        public void rewind(TopicPartition partition, long offset) {
            throw new UnsupportedOperationException();
        }

        @Override
        public OptionalLong takeInvalid(TopicPartition partition) {
            return OptionalLong.empty();
        }
    }
}

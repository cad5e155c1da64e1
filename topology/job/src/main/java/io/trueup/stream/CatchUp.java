package io.trueup.stream;

import io.trueup.failure.Failures;
import io.trueup.failure.RateLimitedLog;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a writes partition is consumed up to an end seen after a request. Consumed means: the consumer's position has
 * reached the end, and the last record that it returned is processed. One request at a time; used by the task's thread.
 */
final class CatchUp {

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);

    private final TopicPartition writes;
    private final EndOffsets ends;
    private final ConsumerPositions positions;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    private CompletableFuture<Long> end;
    private long round;
    private long processed = ConsumerPositions.UNKNOWN;

    CatchUp(TopicPartition writes, EndOffsets ends, ConsumerPositions positions) {
        this.writes = writes;
        this.ends = ends;
        this.positions = positions;
    }

    /** Notes that the record at an offset of the writes partition is processed. */
    void processed(long offset) {
        processed = offset;
    }

    /** Starts waiting for the present end of the partition, instead of an earlier one. */
    void await(long round) {
        if (end != null) {
            warnings.warn(writes + ": round " + this.round + " is skipped: consumed up to offset " + consumedTo()
                    + " of " + shownEnd()
                    + ". There is a backlog, or a transaction is open there for longer than an interval.");
        }
        this.round = round;
        end = ends.latest(writes).toCompletableFuture();
    }

    /** The round that is waited for. */
    long round() {
        return round;
    }

    /** Once, when the end is reached: the offset up to which the partition is consumed. */
    OptionalLong reached() {
        if (end == null || !end.isDone()) {
            return OptionalLong.empty();
        }
        long consumed = consumedTo();
        try {
            if (consumed < end.join()) {
                return OptionalLong.empty();
            }
        } catch (CompletionException e) {
            askAgain(e);
            return OptionalLong.empty();
        }
        end = null;
        return OptionalLong.of(consumed);
    }

    /** The consumer's position, unless records that it has returned still wait to be processed. */
    private long consumedTo() {
        return processed < positions.lastReturned(writes) ? processed + 1 : positions.readTo(writes);
    }

    /** A later end serves as well: everything before the asked one lies before it. */
    private void askAgain(CompletionException failure) {
        warnings.warn("cannot see where " + writes + " ends, asking again: " + Failures.reason(failure));
        end = ends.latest(writes).toCompletableFuture();
    }

    private String shownEnd() {
        return end.isDone() && !end.isCompletedExceptionally() ? String.valueOf(end.join()) : "an unknown end";
    }
}

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
 * Waits until a writes partition is consumed up to an end that was seen after a request: then a cut is sealed. Consumed means:
 * the consumer's position has reached the end, and the last record that it returned is processed. Handles one request at a
 * time; used by the task's thread.
 */
final class CatchUp {

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);

    private final TopicPartition writes;
    private final EndOffsets ends;
    private final ConsumerPositions positions;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    private CompletableFuture<Long> end;
    private long round;
    private long requestedMs;
    private long processed = ConsumerPositions.UNKNOWN;
    /** The partition has contained records up to here; its end never lies before that, unless it has lost some. */
    private long seenTo;
    /** The same at the request of the end. */
    private long seenBefore;

    CatchUp(TopicPartition writes, EndOffsets ends, ConsumerPositions positions) {
        this.writes = writes;
        this.ends = ends;
        this.positions = positions;
    }

    /** The state contains records of the partition before an offset. */
    void stateContains(long before) {
        seenTo = Math.max(seenTo, before);
    }

    /** Notes that the record at an offset of the writes partition is processed. */
    void processed(long offset) {
        processed = offset;
        stateContains(offset + 1);
    }

    /** Starts to wait for the current end of the partition. Replaces an earlier request. */
    void await(long round, long nowMs) {
        if (end != null) {
            warnings.warn(
                    writes + ": round " + this.round + " is skipped: consumed up to offset " + consumedTo()
                            + " of " + shownEnd()
                            + ". The partition has a backlog, or a transaction has been open in it for longer than an interval.");
        }
        this.round = round;
        requestedMs = nowMs;
        request();
    }

    /** Whether the end of a request is not reached yet. */
    boolean isUnderWay() {
        return end != null;
    }

    /** When the last request was made: once it is reached, all is consumed that was in the partition then. */
    long requestedMs() {
        return requestedMs;
    }

    /** The number given with the last request. */
    long round() {
        return round;
    }

    /**
     * Returns the offset up to which the partition is consumed, once, when the end is reached; otherwise nothing.
     *
     * @throws LostRecordsException if the partition ends before records that the state contains
     */
    OptionalLong reached() {
        if (end == null || !end.isDone()) {
            return OptionalLong.empty();
        }
        long consumed = consumedTo();
        long endOffset;
        try {
            endOffset = end.join();
        } catch (CompletionException e) {
            requestAgain(e);
            return OptionalLong.empty();
        }
        if (endOffset < seenBefore) {
            throw new LostRecordsException(writes, seenBefore, endOffset);
        }
        if (consumed < endOffset) {
            return OptionalLong.empty();
        }
        end = null;
        return OptionalLong.of(consumed);
    }

    /** The consumer's position; the offset after the last processed record while returned records are not yet processed. */
    private long consumedTo() {
        return processed < positions.lastReturned(writes) ? processed + 1 : positions.readTo(writes);
    }

    /** A later end is correct too: everything before the requested end lies before it. */
    private void requestAgain(CompletionException failure) {
        warnings.warn("cannot look up the end offset of " + writes + ", trying again: " + Failures.reason(failure));
        request();
    }

    private void request() {
        seenBefore = seenTo;
        end = ends.latest(writes).toCompletableFuture();
    }

    private String shownEnd() {
        return end.isDone() && !end.isCompletedExceptionally() ? String.valueOf(end.join()) : "an unknown end";
    }
}

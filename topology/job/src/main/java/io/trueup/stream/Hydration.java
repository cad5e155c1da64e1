package io.trueup.stream;

import io.trueup.failure.RateLimitedLog;
import io.trueup.reconcile.Repair;
import io.trueup.repair.ReadRequest;
import io.trueup.repair.ReadResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The repairs of one partition on their way to get their values. The values are read back on another thread; the task's
 * thread hands out requests, never more than {@value #MOST_IN_FLIGHT} at once, and takes the answers in slices. Repairs
 * that are not sent when the task ends are lost: a later round decides them again. Used by the task's thread.
 */
final class Hydration {

    /** Keeps one partition from taking all places of the reader that it shares with others. */
    static final int MOST_IN_FLIGHT = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Hydration.class);

    private final String replica;
    private final int partition;
    private final ValueReads values;
    private final ToLongFunction<Repair> storedVersion;
    private final Sink sink;
    private final ReplicaMetrics tally;
    private final Deque<Repair> waiting = new ArrayDeque<>();
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private int inFlight;

    /**
     * @param storedVersion the version of the write event that holds a repair's value; where a person has chosen between
     *     concurrent versions, the repair has one that has seen all of them
     */
    Hydration(
            String replica,
            int partition,
            ValueReads values,
            ToLongFunction<Repair> storedVersion,
            Sink sink,
            ReplicaMetrics tally) {
        this.replica = replica;
        this.partition = partition;
        this.values = values;
        this.storedVersion = storedVersion;
        this.sink = sink;
        this.tally = tally;
        values.forget(partition);
    }

    void add(Repair repair) {
        waiting.add(repair);
        request();
    }

    /** Passes on answers until none is left or the time is over. */
    void drain(long budgetNanos) {
        long start = System.nanoTime();
        ReadResult<Repair> answer;
        while (System.nanoTime() - start < budgetNanos && (answer = values.poll(partition)) != null) {
            inFlight--;
            pass(answer);
        }
        request();
    }

    void close() {
        waiting.clear();
        values.forget(partition);
    }

    private void request() {
        while (inFlight < MOST_IN_FLIGHT && !waiting.isEmpty()) {
            Repair repair = waiting.element();
            long version = storedVersion.applyAsLong(repair);
            if (!values.offer(
                    new ReadRequest<>(partition, repair.winner().sourceOffset(), repair.key(), version, repair))) {
                return;
            }
            waiting.remove();
            inFlight++;
        }
    }

    private void pass(ReadResult<Repair> answer) {
        if (answer.outcome() != ReadResult.Outcome.FAILED) {
            sink.hydrated(answer.request().ticket(), answer.value());
            return;
        }
        tally.unsentRepairs.increment();
        warnings.warn(replica + "/" + partition + ": the value at offset "
                + answer.request().offset() + " of the writes topic could not be read back for a repair; a later round"
                + " tries again: " + answer.note());
    }

    /** Where repairs go with their values. */
    @FunctionalInterface
    interface Sink {

        /** Takes a repair; {@code value} is null if it is gone from the writes topic or never was there. */
        void hydrated(Repair repair, byte[] value);
    }
}

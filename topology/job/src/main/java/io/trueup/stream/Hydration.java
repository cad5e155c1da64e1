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
 * Repairs of one partition that wait for their values. The values are read back on another thread; the task's thread sends
 * requests, at most {@value #MAX_IN_FLIGHT} at once, and takes the results in slices. Repairs that are not sent when the
 * task ends are lost: a later round decides them again. Used by the task's thread.
 */
final class Hydration {

    /** Keeps one partition from using up the request limit of the reader that it shares with others. */
    static final int MAX_IN_FLIGHT = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Hydration.class);

    private final String replica;
    private final int partition;
    private final ValueReads values;
    private final ToLongFunction<Repair> storedVersion;
    private final Sink sink;
    private final ReplicaMetrics metrics;
    private final Deque<Repair> waiting = new ArrayDeque<>();
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private int inFlight;

    /**
     * @param storedVersion returns the version of the write event that holds a repair's value. Where a person has chosen
     *     between concurrent versions, the repair itself has a version that dominates all of them
     */
    Hydration(
            String replica,
            int partition,
            ValueReads values,
            ToLongFunction<Repair> storedVersion,
            Sink sink,
            ReplicaMetrics metrics) {
        this.replica = replica;
        this.partition = partition;
        this.values = values;
        this.storedVersion = storedVersion;
        this.sink = sink;
        this.metrics = metrics;
        values.forget(partition);
    }

    void add(Repair repair) {
        waiting.add(repair);
        request();
    }

    /** Passes results to the sink until none is left or the time is over. */
    void drain(long budgetNanos) {
        long start = System.nanoTime();
        ReadResult<Repair> result;
        while (System.nanoTime() - start < budgetNanos && (result = values.poll(partition)) != null) {
            inFlight--;
            pass(result);
        }
        request();
    }

    void close() {
        waiting.clear();
        values.forget(partition);
    }

    private void request() {
        while (inFlight < MAX_IN_FLIGHT && !waiting.isEmpty()) {
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

    private void pass(ReadResult<Repair> result) {
        if (result.outcome() != ReadResult.Outcome.FAILED) {
            sink.hydrated(result.request().ticket(), result.value());
            return;
        }
        metrics.unsentRepairs.increment();
        sink.failed(result.request().ticket());
        warnings.warn(replica + "/" + partition + ": the value at offset "
                + result.request().offset() + " of the writes topic could not be read back for a repair; a later round"
                + " tries again: " + result.note());
    }

    /** Takes repairs together with their values. */
    interface Sink {

        /** Takes a repair; {@code value} is null if it is gone from the writes topic or never was there. */
        void hydrated(Repair repair, byte[] value);

        /** Takes a repair whose value could not be read: it is not sent. */
        void failed(Repair repair);
    }
}

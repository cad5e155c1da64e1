package io.trueup.replica;

import io.trueup.replica.entry.Batch;
import java.util.concurrent.atomic.LongAdder;

/** Counts the work of a replica since its start. {@link Replica.Status} documents each counter. Thread-safe. */
final class Counters {

    final LongAdder applied = new LongAdder();
    final LongAdder declined = new LongAdder();
    final LongAdder repaired = new LongAdder();
    final LongAdder repairsDeclined = new LongAdder();
    final LongAdder unresolved = new LongAdder();
    final LongAdder deadLetters = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder expired = new LongAdder();
    final LongAdder tombstonesPurged = new LongAdder();

    void add(Batch batch) {
        applied.add(batch.applied());
        declined.add(batch.declined());
        repaired.add(batch.repaired());
        repairsDeclined.add(batch.repairsDeclined());
    }
}

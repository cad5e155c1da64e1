package io.trueup.replica;

import io.trueup.replica.entry.Batch;
import java.util.concurrent.atomic.LongAdder;

/** What a replica has done since its start. Thread-safe. */
final class Counters {

    final LongAdder applied = new LongAdder();
    final LongAdder declined = new LongAdder();
    final LongAdder repaired = new LongAdder();
    final LongAdder repairsDeclined = new LongAdder();
    final LongAdder unresolved = new LongAdder();
    final LongAdder deadLetters = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder buried = new LongAdder();
    final LongAdder forgotten = new LongAdder();

    void add(Batch batch) {
        applied.add(batch.applied());
        declined.add(batch.declined());
        repaired.add(batch.repaired());
        repairsDeclined.add(batch.repairsDeclined());
    }
}

package io.trueup.audit;

import java.util.concurrent.atomic.LongAdder;

/** How far an audit has come, counted by all its threads, and whether it is to stop. Thread-safe. */
final class Gauge {

    private final LongAdder expected = new LongAdder();
    private final LongAdder passed = new LongAdder();
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private volatile boolean stopped;

    void expect(long offsets) {
        expected.add(offsets);
    }

    void passed(long offsets) {
        passed.add(offsets);
    }

    void read(long howMany, long size) {
        records.add(howMany);
        bytes.add(size);
    }

    void stop() {
        stopped = true;
    }

    /** @throws StoppedException if the audit is to stop */
    void checkStopped() {
        if (stopped) {
            throw new StoppedException();
        }
    }

    boolean isStopped() {
        return stopped;
    }

    long expected() {
        return expected.sum();
    }

    long passed() {
        return passed.sum();
    }

    long records() {
        return records.sum();
    }

    long bytes() {
        return bytes.sum();
    }
}

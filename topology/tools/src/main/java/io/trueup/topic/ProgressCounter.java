package io.trueup.topic;

import java.util.concurrent.atomic.LongAdder;

/** Progress of a reading by several threads, and the flag that stops it. Thread-safe. */
public final class ProgressCounter {

    private final LongAdder expected = new LongAdder();
    private final LongAdder passed = new LongAdder();
    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private volatile boolean stopped;

    /** That many more offsets will be read; negative: fewer. */
    public void expect(long offsets) {
        expected.add(offsets);
    }

    /** The reading has passed that many offsets. */
    public void passed(long offsets) {
        passed.add(offsets);
    }

    void read(long count, long size) {
        records.add(count);
        bytes.add(size);
    }

    /** Lets every thread that reads end with a {@link StoppedException}. */
    public void stop() {
        stopped = true;
    }

    /** @throws StoppedException if {@link #stop} was called */
    void checkStopped() {
        if (stopped) {
            throw new StoppedException();
        }
    }

    public boolean isStopped() {
        return stopped;
    }

    /** Offsets to be read, as far as is known. */
    public long expected() {
        return expected.sum();
    }

    /** Offsets read. */
    public long passed() {
        return passed.sum();
    }

    /** Records read. */
    public long records() {
        return records.sum();
    }

    /** Bytes of their keys and values. */
    public long bytes() {
        return bytes.sum();
    }
}

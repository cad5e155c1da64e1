package io.trueup.demo.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A bounded, uniform sample of the loaded records, for later writes and faults: reservoir sampling (Vitter's algorithm R). The
 * same seed and records give the same sample. Not thread-safe.
 */
public final class KeyPool {

    private final int capacity;
    private final Random random;
    private final List<SourceRecord> records = new ArrayList<>();
    private long offered;

    public KeyPool(int capacity, long seed) {
        this.capacity = capacity;
        this.random = new Random(seed);
    }

    /** Offers a record with a new key. */
    public void offer(SourceRecord record) {
        offered++;
        if (records.size() < capacity) {
            records.add(record);
            return;
        }
        long slot = random.nextLong(offered);
        if (slot < capacity) {
            records.set((int) slot, record);
        }
    }

    /** The sample. */
    public List<SourceRecord> records() {
        return records;
    }
}

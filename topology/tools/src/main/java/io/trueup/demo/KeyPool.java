package io.trueup.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A bounded, even choice of the loaded records, which later writes and faults work with: reservoir sampling (Vitter's
 * algorithm R). The same seed and records give the same choice. Not thread-safe.
 */
final class KeyPool {

    private final int capacity;
    private final Random random;
    private final List<SourceRecord> records = new ArrayList<>();
    private long offered;

    KeyPool(int capacity, long seed) {
        this.capacity = capacity;
        this.random = new Random(seed);
    }

    /** Offers a record whose key was not offered before. */
    void offer(SourceRecord record) {
        offered++;
        if (records.size() < capacity) {
            records.add(record);
            return;
        }
        long place = random.nextLong(offered);
        if (place < capacity) {
            records.set((int) place, record);
        }
    }

    /** The choice. */
    List<SourceRecord> records() {
        return records;
    }
}

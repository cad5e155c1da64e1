package io.trueup.bench.latency;

import io.trueup.bench.latency.WriteEvents.Entry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What the feed writes: updates of keys that both replicas hold, and new keys that only one of the replicas receives. Not
 * thread-safe.
 */
final class Traffic {

    /** One update for both replicas each time: about a hundred a second. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int VALUE_BYTES = 100;

    private final LatencyLoad load;
    private final Dataset dataset;
    private final WriteEvents writes;
    private final Losses losses;
    private final SplittableRandom random = new SplittableRandom(1);
    private long version;
    private int planted;

    Traffic(LatencyLoad load, Dataset dataset, WriteEvents writes, Losses losses) {
        this.load = load;
        this.dataset = dataset;
        this.writes = writes;
        this.losses = losses;
    }

    /** Writes all keys to both replicas. */
    void fill() {
        for (int key = 0; key < load.keys(); key++) {
            write(Dataset.REPLICAS, key % load.partitions(), "order-" + key, System.currentTimeMillis());
        }
        writes.flush();
    }

    /**
     * Writes updates until a condition holds.
     *
     * @param check runs again and again, and throws if there is no use in going on
     * @return whether it holds; false after {@code patience}
     */
    boolean writeUntil(BooleanSupplier condition, Duration patience, Runnable check) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                return false;
            }
            update(check);
        }
        return true;
    }

    /**
     * Writes updates, and loses writes: those of a round in the first half of the time from the cut before it to its own. So nothing
     * depends on whether a write comes just in time for a cut.
     */
    void lose(int rounds, boolean counted, Runnable check) {
        long intervalMs = load.interval().toMillis();
        long nextCutMs = load.cutAtOrAfter(System.currentTimeMillis() + 1);
        Deque<Long> duesMs = new ArrayDeque<>();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < load.losses(); i++) {
                duesMs.add(nextCutMs + round * intervalMs + (i + 1) * intervalMs / (2L * (load.losses() + 1)));
            }
        }
        while (!duesMs.isEmpty()) {
            long nowMs = System.currentTimeMillis();
            while (!duesMs.isEmpty() && duesMs.peek() <= nowMs) {
                duesMs.remove();
                loseOne(nowMs, counted);
            }
            update(check);
        }
    }

    private void loseOne(long positionMs, boolean counted) {
        int number = planted++;
        int partition = number % load.partitions();
        String receiver = Dataset.REPLICAS.get(number / load.partitions() % Dataset.REPLICAS.size());
        String key = "lost-" + number;
        losses.planted(key, positionMs, counted);
        write(List.of(receiver), partition, key, positionMs);
    }

    private void update(Runnable check) {
        check.run();
        int key = random.nextInt(load.keys());
        write(Dataset.REPLICAS, key % load.partitions(), "order-" + key, System.currentTimeMillis());
        LockSupport.parkNanos(TICK_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw new IllegalStateException("interrupted");
        }
    }

    private void write(List<String> receivers, int partition, String key, long positionMs) {
        byte[] value = new byte[VALUE_BYTES];
        random.nextBytes(value);
        version++;
        Entry entry = new Entry(key.getBytes(StandardCharsets.UTF_8), value, version, positionMs, null);
        receivers.forEach(replica -> writes.send(dataset.writes(replica), partition, entry, appendMs -> {}));
    }
}

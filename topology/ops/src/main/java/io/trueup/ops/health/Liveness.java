package io.trueup.ops.health;

import io.trueup.ops.http.Answer;
import io.trueup.ops.http.InvalidQueryException;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Whether a restart of the process is of no use: each hosted replica has a stream thread that is alive, and no threads wait for each
 * other for ever. A process that starts, restores or waits for brokers is alive. Thread-safe.
 */
public final class Liveness implements Resource {

    private final Supplier<Map<String, Integer>> liveThreads;
    private final IntSupplier deadlocked;

    /**
     * @param liveThreads the number of stream threads that are alive, by replica; empty before the job starts
     * @param deadlocked the number of threads that wait for each other
     */
    public Liveness(Supplier<Map<String, Integer>> liveThreads, IntSupplier deadlocked) {
        this.liveThreads = liveThreads;
        this.deadlocked = deadlocked;
    }

    @Override
    public Answer get(Query query) throws InvalidQueryException {
        query.allow();
        List<String> missing = new ArrayList<>();
        new TreeMap<>(liveThreads.get()).forEach((replica, threads) -> {
            if (threads == 0) {
                missing.add("replica " + replica + " has no stream thread that is alive");
            }
        });
        int waiting = deadlocked.getAsInt();
        if (waiting > 0) {
            missing.add(waiting + " threads wait for each other");
        }
        return Health.of(missing);
    }
}

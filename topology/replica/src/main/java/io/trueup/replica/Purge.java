package io.trueup.replica;

import io.trueup.replica.table.Table;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Removes what no longer counts, in small transactions between the cycles of the work: of an expired value only the tombstone
 * is kept, and an old tombstone is deleted. A purge is no write, so nothing is told about it. The first one comes at a
 * random moment, so that replicas do not purge together. Not thread-safe.
 */
final class Purge {

    /** Rows that one transaction changes. */
    static final int BATCH = 1_000;

    private final long intervalNanos;
    private final long tombstonesKeptMs;
    private final long expiredKeptMs;
    private final Counters counters;
    private long dueNanos;

    Purge(ReplicaConfig config, Counters counters, long nowNanos) {
        intervalNanos = config.purgeInterval().toNanos();
        tombstonesKeptMs = config.tombstoneRetention().toMillis();
        expiredKeptMs = config.expiredRetention().toMillis();
        this.counters = counters;
        dueNanos = nowNanos + ThreadLocalRandom.current().nextLong(intervalNanos);
    }

    /** Does the next step if it is time to: at most two transactions. While they find enough to do, the next one is due at once. */
    void step(Table table, long nowNanos, long nowMs) {
        if (nowNanos - dueNanos < 0) {
            return;
        }
        int buried = table.bury(nowMs - expiredKeptMs, nowMs, BATCH);
        counters.buried.add(buried);
        int forgotten = table.forget(nowMs - tombstonesKeptMs, BATCH);
        counters.forgotten.add(forgotten);
        if (buried < BATCH && forgotten < BATCH) {
            dueNanos = nowNanos + intervalNanos;
        }
    }
}

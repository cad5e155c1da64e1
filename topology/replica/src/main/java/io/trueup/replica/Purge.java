package io.trueup.replica;

import io.trueup.replica.table.Table;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Removes expired values and old tombstones, in small transactions between the cycles of the replica: an expired value is replaced by its
 * tombstone, and an old tombstone is deleted. A purge is not a write, so no write events are sent for it. The first purge starts at a random
 * time within the interval, so that replicas do not purge at the same time. Not thread-safe.
 */
final class Purge {

    /** Maximum number of rows that one transaction changes. */
    static final int ROWS_PER_TRANSACTION = 1_000;

    private final long intervalNanos;
    private final long tombstoneRetentionMs;
    private final long expiredRetentionMs;
    private final Counters counters;
    private long dueNanos;

    Purge(ReplicaConfig config, Counters counters, long nowNanos) {
        intervalNanos = config.purgeInterval().toNanos();
        tombstoneRetentionMs = config.tombstoneRetention().toMillis();
        expiredRetentionMs = config.expiredRetention().toMillis();
        this.counters = counters;
        dueNanos = nowNanos + ThreadLocalRandom.current().nextLong(intervalNanos);
    }

    /**
     * Does the next step if one is due: at most two transactions. As long as one of them changes as many rows as it may, the next step
     * is due at once.
     */
    void step(Table table, long nowNanos, long nowMs) {
        if (nowNanos - dueNanos < 0) {
            return;
        }
        int expired = table.expire(nowMs - expiredRetentionMs, nowMs, ROWS_PER_TRANSACTION);
        counters.expired.add(expired);
        int purged = table.purgeTombstones(nowMs - tombstoneRetentionMs, ROWS_PER_TRANSACTION);
        counters.tombstonesPurged.add(purged);
        if (expired < ROWS_PER_TRANSACTION && purged < ROWS_PER_TRANSACTION) {
            dueNanos = nowNanos + intervalNanos;
        }
    }
}

package io.trueup.demo;

import io.trueup.demo.cluster.ClusterOptions;
import io.trueup.demo.cluster.JobTimes;
import io.trueup.demo.fault.FaultKind;
import io.trueup.replica.ReplicaConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Derives the cluster from the options: each fault needs times and settings under which it can be observed soon. */
final class ClusterSetup {

    private static final long DAY_MS = 86_400_000;

    private static final long INTERVAL_MS = 2_500;

    /** So long that only a probe can be the cause of an early repair. */
    private static final long PROBE_INTERVAL_MS = 15_000;

    /** Short, so that faults are found soon. If writes take longer on a busy machine, the only effect is more work. */
    private static final long GRACE_MS = 2_500;

    /** Long enough for a busy machine: without faults, not even a late write may make trees differ. */
    private static final long QUIET_GRACE_MS = 5_000;

    /** The patience is at least ten times the grace; a short grace allows a patience that is over soon. */
    private static final long SHORT_GRACE_MS = 1_500;

    private static final long USUAL_PATIENCE_MS = 60_000;

    /** Approximate time for filling an empty replica, so that it can be watched. */
    private static final int FILL_SECONDS = 15;

    /** The flood guard starts at this fraction of a partition's keys (1 / 10) where it is demonstrated. */
    private static final int FLOOD_SHARE = 10;

    private final DemoOptions options;
    private final int expectedKeys;
    private final JobTimes times;

    private ClusterSetup(DemoOptions options, int expectedKeys) {
        this.options = options;
        this.expectedKeys = expectedKeys;
        this.times = times(options);
    }

    /** @param expectedKeys approximate number of keys */
    static ClusterOptions of(DemoOptions options, int expectedKeys) {
        return new ClusterSetup(options, expectedKeys).options();
    }

    private ClusterOptions options() {
        List<String> replicas = options.replicaNames();
        Map<String, Map<String, String>> replicaSettings = new TreeMap<>();
        for (String replica : replicas) {
            replicaSettings.put(replica, replicaSettings(replicas.indexOf(replica)));
        }
        return new ClusterOptions(
                replicas,
                options.shared() ? replicas.subList(0, replicas.size() - 1) : replicas,
                options.partitions(),
                options.copies(),
                options.shared(),
                expectedKeys,
                times,
                options.has(FaultKind.WRONG_PARTITIONER),
                jobSettings(),
                replicaSettings);
    }

    private Map<String, String> jobSettings() {
        Map<String, String> settings = new TreeMap<>();
        settings.put("repair.flood.min.keys", "1000"); // the faults of a small demo may concern most keys
        if (options.has(FaultKind.EMPTY_REPLICA)) {
            settings.put("repair.rate", String.valueOf(Math.max(1_000, expectedKeys / FILL_SECONDS)));
        }
        if (options.has(FaultKind.WRONG_PARTITIONER)) {
            int keys = expectedKeys / options.partitions();
            settings.put("repair.flood.min.keys", String.valueOf(Math.min(1_000, keys / FLOOD_SHARE)));
        }
        return settings;
    }

    private Map<String, String> replicaSettings(int index) {
        Map<String, String> settings = new TreeMap<>();
        if (options.has(FaultKind.TTL) || options.has(FaultKind.EXPIRED_TOMBSTONES)) {
            settings.put(ReplicaConfig.PURGE_INTERVAL, "300ms");
        }
        if (options.has(FaultKind.TTL)) {
            settings.put(ReplicaConfig.EXPIRED_RETENTION, expiredRetentionMs(index) + "ms");
        }
        if (options.has(FaultKind.EXPIRED_TOMBSTONES)) {
            settings.put(ReplicaConfig.TOMBSTONE_RETENTION, tombstoneRetentionMs(index) + "ms");
        }
        return settings;
    }

    /** Different for each replica: each one purges tombstones some time after the one before. */
    private long tombstoneRetentionMs(int index) {
        return times.repairValidityMs() + 1_000 + 9_000L * index / Math.max(1, options.replicas() - 1);
    }

    /** Different for each replica: each one purges expired values some time after the one before. */
    private long expiredRetentionMs(int index) {
        return times.graceMs() + 500 + 8_000L * index / Math.max(1, options.replicas() - 1);
    }

    private static JobTimes times(DemoOptions options) {
        long intervalMs = intervalMs(options);
        if (options.faults().isEmpty()) {
            return withLongRetention(intervalMs, QUIET_GRACE_MS, USUAL_PATIENCE_MS);
        }
        if (options.has(FaultKind.EXPIRED_TOMBSTONES)) {
            long repairTimeoutMs = 2 * intervalMs + SHORT_GRACE_MS;
            long validityMs = Math.max(7_000, repairTimeoutMs);
            return new JobTimes(
                    intervalMs, SHORT_GRACE_MS, 10 * SHORT_GRACE_MS, validityMs, Math.max(16_000, validityMs + 1_000));
        }
        if (options.has(FaultKind.EMPTY_REPLICA)) {
            return withLongRetention(intervalMs, GRACE_MS, DAY_MS);
        }
        if (options.has(FaultKind.OUTAGE) && options.times().outage().toMillis() > DemoOptions.SHORT_OUTAGE_MS) {
            return withLongRetention(intervalMs, SHORT_GRACE_MS, 10 * SHORT_GRACE_MS);
        }
        if (options.has(FaultKind.PROBE)) {
            return withLongRetention(intervalMs, SHORT_GRACE_MS, USUAL_PATIENCE_MS);
        }
        return withLongRetention(intervalMs, GRACE_MS, USUAL_PATIENCE_MS);
    }

    private static long intervalMs(DemoOptions options) {
        if (options.times().interval() != null) {
            return options.times().interval().toMillis();
        }
        return options.has(FaultKind.PROBE) ? PROBE_INTERVAL_MS : INTERVAL_MS;
    }

    private static JobTimes withLongRetention(long intervalMs, long graceMs, long patienceMs) {
        return new JobTimes(intervalMs, graceMs, patienceMs, DAY_MS, 7 * DAY_MS);
    }
}

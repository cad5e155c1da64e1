package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** Values expire, or tombstones grow old, and each replica purges its rows at a different time. The job must not repair them. */
final class ExpiryScenario implements Scenario {

    private static final long EXPIRE_AFTER_MS = 5_000;
    private static final int EXPIRY_STEPS = 10;
    private static final long EXPIRY_STEP_MS = 100;
    private static final int MAX_KEYS_PER_CHECK = 2_000;

    private final ScenarioContext context;
    private final FaultKind kind;
    private final byte[] value;
    private final BooleanSupplier mayBegin;
    private final List<String> keys = new ArrayList<>();
    private final Set<String> keySet = new HashSet<>();
    private final Map<String, Purge> purges = new TreeMap<>();
    private long writtenMs = -1;

    /**
     * @param kind {@link FaultKind#TTL} or {@link FaultKind#EXPIRED_TOMBSTONES}
     * @param number number of keys
     * @param value their value
     * @param mayBegin the scenario waits until this holds
     */
    ExpiryScenario(ScenarioContext context, FaultKind kind, int number, byte[] value, BooleanSupplier mayBegin) {
        this.context = context;
        this.kind = kind;
        this.value = value;
        this.mayBegin = mayBegin;
        for (int i = 0; i < number; i++) {
            keys.add("~" + kind.flag() + i);
        }
        keySet.addAll(keys);
    }

    /** The rows that a replica has not purged yet, and the time of its first and last purge. */
    private static final class Purge {
        private final Deque<String> remaining;
        private long firstMs = -1;
        private long lastMs = -1;

        Purge(List<String> keys) {
            remaining = new ArrayDeque<>(keys);
        }
    }

    @Override
    public FaultKind kind() {
        return kind;
    }

    @Override
    public boolean advance() {
        if (writtenMs < 0 && !mayBegin.getAsBoolean()) {
            return false;
        }
        if (writtenMs < 0) {
            write();
        }
        Map<String, Datastore> datastores = context.cluster().datastores();
        datastores.forEach((replica, datastore) -> {
            if (hasStoredAll(replica, datastore)) {
                check(purges.get(replica), datastore);
            }
        });
        return purges.size() == datastores.size()
                && purges.values().stream().allMatch(purge -> purge.remaining.isEmpty())
                && isForgotten(context.seen());
    }

    private void write() {
        writtenMs = context.nowMs();
        for (int i = 0; i < keys.size(); i++) {
            if (kind == FaultKind.TTL) {
                long expiryMs = writtenMs + EXPIRE_AFTER_MS + i % EXPIRY_STEPS * EXPIRY_STEP_MS;
                context.feed().write(keys.get(i), value, expiryMs);
            } else {
                context.feed().write(keys.get(i), value);
                context.feed().write(keys.get(i), null);
            }
        }
        context.feed().flush();
    }

    /** Whether a replica has stored all keys at some time. Before that, a key that it does not hold is not a purged one. */
    private boolean hasStoredAll(String replica, Datastore datastore) {
        if (!purges.containsKey(replica)
                && keys.stream().allMatch(key -> find(datastore, key).isPresent())) {
            purges.put(replica, new Purge(keys));
        }
        return purges.containsKey(replica);
    }

    private void check(Purge purge, Datastore datastore) {
        Deque<String> remaining = purge.remaining;
        for (int i = 0; i < MAX_KEYS_PER_CHECK && !remaining.isEmpty() && isPurged(datastore, remaining.peek()); i++) {
            remaining.remove();
            long nowMs = context.nowMs();
            purge.firstMs = purge.firstMs < 0 ? nowMs : purge.firstMs;
            purge.lastMs = nowMs;
        }
    }

    private boolean isPurged(Datastore datastore, String key) {
        return find(datastore, key)
                .filter(entry -> kind == FaultKind.EXPIRED_TOMBSTONES || !entry.deleted())
                .isEmpty();
    }

    private static Optional<StoredEntry> find(Datastore datastore, String key) {
        return datastore.find(key.getBytes(StandardCharsets.UTF_8));
    }

    /** The reconcilers forget tombstones, too, once they agree. */
    private boolean isForgotten(Snapshot seen) {
        return kind == FaultKind.TTL || seen.totals().forgotten() >= (long) keys.size() * purges.size();
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        long falseRepairs = matching.falseRepairs().stream()
                .map(EmittedRepair::key)
                .filter(keySet::contains)
                .count();
        long missed = purges.values().stream()
                .mapToLong(purge -> purge.remaining.size())
                .max()
                .orElse(keys.size());
        return new FaultResult(
                writtenMs < 0 ? 0 : keys.size(),
                0,
                0,
                falseRepairs,
                missed,
                summary().isEmpty() ? null : String.join("; ", summary()));
    }

    @Override
    public List<String> summary() {
        List<String> purgeTimes = new ArrayList<>();
        purges.forEach((replica, purge) -> {
            if (purge.lastMs >= 0) {
                purgeTimes.add(replica + " after " + Figures.seconds(purge.firstMs - writtenMs) + " to "
                        + Figures.seconds(purge.lastMs - writtenMs));
            }
        });
        if (purgeTimes.isEmpty()) {
            return List.of();
        }
        String what = kind == FaultKind.TTL ? " values expired" : " keys were written and deleted";
        return List.of(Figures.number(keys.size()) + what + "; purged by " + String.join(", ", purgeTimes));
    }
}

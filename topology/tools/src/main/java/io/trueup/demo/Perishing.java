package io.trueup.demo;

import io.trueup.demo.Sightings.Snapshot;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
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

/** Values expire, or deletes grow old, and each replica purges its rows at a moment of its own. Nobody may take that for a loss. */
final class Perishing implements Trouble {

    private static final long EXPIRE_AFTER_MS = 5_000;
    private static final int EXPIRY_STEPS = 10;
    private static final long EXPIRY_STEP_MS = 100;
    private static final int LOOKED_AT = 2_000;

    private final FaultKind kind;
    private final Cluster cluster;
    private final Feed feed;
    private final byte[] value;
    private final Sightings sightings;
    private final Clock clock;
    private final BooleanSupplier mayBegin;
    private final List<String> keys = new ArrayList<>();
    private final Set<String> known = new HashSet<>();
    private final Map<String, Watched> replicas = new TreeMap<>();
    private long writtenMs = -1;

    /**
     * @param kind {@link FaultKind#TTL} or {@link FaultKind#EXPIRED_TOMBSTONES}
     * @param number how many keys
     * @param value what they hold
     * @param mayBegin not before this holds
     */
    Perishing(
            FaultKind kind,
            int number,
            byte[] value,
            Cluster cluster,
            Feed feed,
            Sightings sightings,
            Clock clock,
            BooleanSupplier mayBegin) {
        this.kind = kind;
        this.cluster = cluster;
        this.feed = feed;
        this.value = value;
        this.sightings = sightings;
        this.clock = clock;
        this.mayBegin = mayBegin;
        for (int i = 0; i < number; i++) {
            keys.add("~" + kind.flag() + i);
        }
        known.addAll(keys);
    }

    /** What of a replica's rows is still there, and when it began to purge them and was done. */
    private static final class Watched {
        private final Deque<String> left;
        private long firstGoneMs = -1;
        private long lastGoneMs = -1;

        Watched(List<String> keys) {
            left = new ArrayDeque<>(keys);
        }
    }

    @Override
    public FaultKind kind() {
        return kind;
    }

    @Override
    public boolean pass() {
        if (writtenMs < 0 && !mayBegin.getAsBoolean()) {
            return false;
        }
        if (writtenMs < 0) {
            write();
        }
        cluster.datastores().forEach((replica, datastore) -> {
            if (stored(replica, datastore)) {
                look(replicas.get(replica), datastore);
            }
        });
        return replicas.size() == cluster.datastores().size()
                && replicas.values().stream().allMatch(replica -> replica.left.isEmpty())
                && isForgotten(sightings.snapshot());
    }

    private void write() {
        writtenMs = clock.millis();
        for (int i = 0; i < keys.size(); i++) {
            if (kind == FaultKind.TTL) {
                feed.write(keys.get(i), value, writtenMs + EXPIRE_AFTER_MS + i % EXPIRY_STEPS * EXPIRY_STEP_MS);
            } else {
                feed.write(keys.get(i), value);
                feed.write(keys.get(i), null);
            }
        }
        feed.flush();
    }

    /** Whether a replica has come to all keys: before that, what is not there is not yet there. */
    private boolean stored(String replica, Datastore datastore) {
        if (!replicas.containsKey(replica)
                && keys.stream().allMatch(key -> find(datastore, key).isPresent())) {
            replicas.put(replica, new Watched(keys));
        }
        return replicas.containsKey(replica);
    }

    private void look(Watched watched, Datastore datastore) {
        for (int i = 0; i < LOOKED_AT && !watched.left.isEmpty() && isPurged(datastore, watched.left.peek()); i++) {
            watched.left.remove();
            long nowMs = clock.millis();
            watched.firstGoneMs = watched.firstGoneMs < 0 ? nowMs : watched.firstGoneMs;
            watched.lastGoneMs = nowMs;
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

    /** Tombstones are forgotten by the reconcilers, too, once they agree. */
    private boolean isForgotten(Snapshot seen) {
        return kind == FaultKind.TTL || seen.forgotten() >= (long) keys.size() * replicas.size();
    }

    @Override
    public boolean concerns(SeenRepair repair) {
        return known.contains(repair.key());
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        long repairs = balance.falseRepairs().stream().filter(this::concerns).count();
        long left = replicas.values().stream()
                .mapToLong(replica -> replica.left.size())
                .max()
                .orElse(keys.size());
        return new Account(
                writtenMs < 0 ? 0 : keys.size(),
                0,
                0,
                repairs,
                left,
                tale().isEmpty() ? null : String.join("; ", tale()));
    }

    @Override
    public List<String> tale() {
        List<String> purges = new ArrayList<>();
        replicas.forEach((replica, watched) -> {
            if (watched.lastGoneMs >= 0) {
                purges.add(replica + " after " + Screen.seconds(watched.firstGoneMs - writtenMs) + " to "
                        + Screen.seconds(watched.lastGoneMs - writtenMs));
            }
        });
        if (purges.isEmpty()) {
            return List.of();
        }
        String what = kind == FaultKind.TTL ? " values expired" : " keys were written and deleted";
        return List.of(Screen.number(keys.size()) + what + ", and were purged by " + String.join(", ", purges));
    }
}

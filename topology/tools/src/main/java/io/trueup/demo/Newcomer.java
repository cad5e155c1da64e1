package io.trueup.demo;

import io.trueup.demo.Sightings.Snapshot;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A replica that joins with an empty database, and an empty writes topic, while the feed has lost everything that was written
 * before: repairs alone fill it.
 */
final class Newcomer implements Trouble {

    private static final double ALMOST_ALL = 0.98;

    private final Cluster cluster;
    private final String name;
    private final FeedState feed;
    private final Sightings sightings;
    private final Clock clock;
    private final Map<String, String> notes;
    private final LongSupplier unequalRows;
    private Set<String> missing = Set.of();
    private long startedMs = -1;
    private long filledMs = -1;

    /**
     * @param name the replica, which does not run yet
     * @param notes where its progress is shown, by replica
     * @param unequalRows how many of its rows are wrong at the end
     */
    Newcomer(
            Cluster cluster,
            String name,
            FeedState feed,
            Sightings sightings,
            Clock clock,
            Map<String, String> notes,
            LongSupplier unequalRows) {
        this.cluster = cluster;
        this.name = name;
        this.feed = feed;
        this.sightings = sightings;
        this.clock = clock;
        this.notes = notes;
        this.unequalRows = unequalRows;
    }

    /** Empties the feed and starts the replica; nobody may write meanwhile. */
    void join() {
        missing = new HashSet<>(feed.readToEnd(clock.millis()).keySet());
        cluster.truncateFeed(feed.positions());
        startedMs = clock.millis();
        cluster.startReplica(name);
    }

    @Override
    public FaultKind kind() {
        return FaultKind.EMPTY_REPLICA;
    }

    @Override
    public boolean pass() {
        long nowMs = clock.millis();
        long rows = cluster.datastores().get(name).count(nowMs);
        long most = cluster.datastores().values().stream()
                .mapToLong(datastore -> datastore.count(nowMs))
                .max()
                .orElse(0);
        notes.put(name, "filled: " + Screen.number(rows) + " of " + Screen.number(most));
        if (filledMs < 0 && rows >= ALMOST_ALL * most) {
            filledMs = nowMs;
        }
        return filledMs >= 0 && sightings.snapshot().equalRoundsSince(filledMs) > 0;
    }

    @Override
    public boolean explains(SeenRepair repair) {
        return concerns(repair) && missing.contains(repair.key());
    }

    @Override
    public boolean concerns(SeenRepair repair) {
        return repair.target().equals(name);
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        long repaired =
                balance.explained().stream().map(SeenRepair::key).distinct().count();
        return new Account(
                missing.size(),
                repaired,
                repaired,
                balance.falseRepairs().size(),
                unequalRows.getAsLong(),
                tale().isEmpty() ? null : tale().get(0));
    }

    @Override
    public List<String> tale() {
        return filledMs < 0
                ? List.of()
                : List.of(name + " joined with nothing, and was filled with " + Screen.number(cluster.repaired(name))
                        + " repairs within " + Screen.seconds(filledMs - startedMs)
                        + "; what was written meanwhile it read from the feed");
    }
}

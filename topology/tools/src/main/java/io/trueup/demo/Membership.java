package io.trueup.demo;

import io.trueup.demo.Sightings.Place;
import io.trueup.demo.Sightings.Snapshot;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * One replica joins those that share the partitions, and later another one leaves. Whoever owns a partition anew is filled by
 * repairs; all other partitions are compared as before, with the trees that are there.
 */
final class Membership implements Trouble {

    private static final long AFTER_MS = 1_000;

    private final Cluster cluster;
    private final Ownership ownership;
    private final FeedState feed;
    private final Sightings sightings;
    private final Clock clock;
    private final Map<String, String> notes;
    private final LongSupplier unequalRows;
    private final List<Change> changes = new ArrayList<>();

    /**
     * @param joins who is not there yet
     * @param leaves who is there, and will not be
     * @param notes where it is shown, by replica
     * @param unequalRows how many rows are wrong at the end
     */
    Membership(
            Cluster cluster,
            Ownership ownership,
            String joins,
            String leaves,
            FeedState feed,
            Sightings sightings,
            Clock clock,
            Map<String, String> notes,
            LongSupplier unequalRows) {
        this.cluster = cluster;
        this.ownership = ownership;
        this.feed = feed;
        this.sightings = sightings;
        this.clock = clock;
        this.notes = notes;
        this.unequalRows = unequalRows;
        List<String> all = new ArrayList<>(cluster.members());
        all.add(joins);
        List<String> rest = new ArrayList<>(all);
        rest.remove(leaves);
        changes.add(new Change(joins, "joined", all, clock.millis() + AFTER_MS));
        changes.add(new Change(leaves, "left", rest, 0));
    }

    @Override
    public FaultKind kind() {
        return FaultKind.MEMBERSHIP;
    }

    @Override
    public boolean pass() {
        for (Change change : changes) {
            if (!change.pass()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean explains(SeenRepair repair) {
        return changes.stream().anyMatch(change -> change.explains(repair));
    }

    @Override
    public boolean concerns(SeenRepair repair) {
        return true;
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        long repaired = changes.stream()
                .mapToLong(change -> change.filled(balance.explained()))
                .sum();
        return new Account(
                changes.stream().mapToLong(change -> change.lacking.size()).sum(),
                repaired,
                repaired,
                balance.falseRepairs().size(),
                unequalRows.getAsLong(),
                tale().isEmpty() ? null : String.join("; ", tale()));
    }

    @Override
    public List<String> tale() {
        return changes.stream()
                .filter(change -> change.equalMs >= 0)
                .flatMap(change -> change.tale().stream())
                .toList();
    }

    private record Row(String replica, String key) {}

    /** One change, from the moment when it is due until all owners are equal. */
    private final class Change {

        private final String who;
        private final String what;
        private final List<String> members;
        private final long dueMs;
        private final Set<Place> gained = new HashSet<>();
        private final Set<Integer> moved = new HashSet<>();
        private Map<Place, Long> comparedBefore = Map.of();
        private Map<String, Long> builtBefore = Map.of();
        private final Set<Row> lacking = new HashSet<>();
        private long changedMs = -1;
        private boolean taken;
        private long equalMs = -1;
        private long comparedElsewhere;
        private long builtAgain;
        private long trees;

        /** @param dueMs not before this time */
        Change(String who, String what, List<String> members, long dueMs) {
            this.who = who;
            this.what = what;
            this.members = members;
            this.dueMs = dueMs;
        }

        boolean pass() {
            if (changedMs < 0 && clock.millis() >= dueMs) {
                begin();
            } else if (changedMs >= 0 && !taken && sightings.comparedSince(changedMs, gained)) {
                // Only who is empty at its first round is filled; then it takes the writes, too.
                ownership.takeUp();
                taken = true;
            } else if (taken && equalMs < 0 && sightings.equalSince(changedMs, ownership.owners())) {
                end();
            }
            return equalMs >= 0;
        }

        private void begin() {
            List<List<String>> before = ownership.owners();
            comparedBefore = sightings.segmentsByPlace();
            builtBefore = cluster.treesBuilt();
            changedMs = clock.millis();
            cluster.become(members);
            List<List<String>> now = cluster.owners();
            ownership.become(now);
            for (int partition = 0; partition < now.size(); partition++) {
                for (String owner : now.get(partition)) {
                    if (!before.get(partition).contains(owner)) {
                        gained.add(new Place(owner, partition));
                    }
                }
                if (!now.get(partition).equals(before.get(partition))) {
                    moved.add(partition);
                }
            }
            gained.stream().map(Place::replica).distinct().forEach(this::look);
            notes.put(who, what);
        }

        /** Who comes back to a partition holds some of it still. */
        private void look(String replica) {
            Map<String, Long> held = new HashMap<>();
            cluster.datastores()
                    .get(replica)
                    .forEach(changedMs, row -> held.put(new String(row.key(), StandardCharsets.UTF_8), row.version()));
            feed.readToEnd(changedMs).forEach((key, row) -> {
                boolean gains = gained.contains(new Place(replica, ownership.partition(key)));
                if (gains && !Objects.equals(held.get(key), row.version())) {
                    lacking.add(new Row(replica, key));
                }
            });
        }

        private void end() {
            equalMs = clock.millis();
            ownership.settle();
            sightings.forget(ownership.owners());
            Map<Place, Long> compared = new HashMap<>(sightings.segmentsByPlace());
            comparedBefore.forEach((place, segments) -> compared.merge(place, -segments, Long::sum));
            comparedElsewhere = compared.entrySet().stream()
                    .filter(place -> place.getValue() > 0
                            && !moved.contains(place.getKey().partition()))
                    .count();
            Map<String, Long> built = cluster.treesBuilt();
            builtBefore.keySet().retainAll(built.keySet());
            trees = builtBefore.values().stream().mapToLong(Long::longValue).sum();
            builtAgain = built.entrySet().stream()
                    .filter(replica -> builtBefore.containsKey(replica.getKey()))
                    .mapToLong(replica -> replica.getValue() - builtBefore.get(replica.getKey()))
                    .sum();
        }

        /** How many of the keys that new owners lacked were repaired; keys written and deleted since may be, too. */
        long filled(List<SeenRepair> repairs) {
            return repairs.stream()
                    .filter(this::explains)
                    .map(repair -> new Row(repair.target(), repair.key()))
                    .filter(lacking::contains)
                    .distinct()
                    .count();
        }

        boolean explains(SeenRepair repair) {
            return repair.atMs() >= changedMs && gained.contains(new Place(repair.target(), repair.partition()));
        }

        List<String> tale() {
            int partitions = ownership.owners().size();
            long repairs = sightings.snapshot().repairs().stream()
                    .filter(this::explains)
                    .count();
            return List.of(
                    who + " " + what + ": " + moved.size() + " of " + partitions + " partitions changed owners, "
                            + gained.size() + " went to a new one, and were filled with " + Screen.number(repairs)
                            + " repairs; all equal after " + Screen.seconds(equalMs - changedMs),
                    builtAgain + " of " + trees + " trees were built again; of partitions that did not move, "
                            + comparedElsewhere + " trees of " + (partitions - moved.size()) * cluster.copies()
                            + " were compared below the root");
        }
    }
}

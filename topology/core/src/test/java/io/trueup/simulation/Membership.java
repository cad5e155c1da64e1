package io.trueup.simulation;

import io.trueup.reconcile.settings.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which replicas own which partitions in a schedule: at first, and after each change. At least one owner of each partition
 * stays, so that it can fill the others.
 *
 * @param first the placement at first
 * @param changes in order of time
 * @param followed true: datastores follow the feed whether they own a partition or not; false: a replica that does not own a
 *     partition holds nothing of it, and has nothing when it joins
 */
record Membership(Placement first, List<Change> changes, boolean followed) {

    /** The time within which all reconcilers have adopted a change. */
    static final int ADOPTED_MS = 12_000;

    private static final int FIRST_CHANGE_MS = 5_000;

    /** The change to another placement. */
    record Change(int afterMs, Placement placement) {}

    /** All replicas own all partitions, all the time. */
    static Membership none(List<String> replicas) {
        return new Membership(Placement.all(replicas), List.of(), true);
    }

    static Membership draw(
            SplittableRandom random, List<String> replicas, int partitions, int lengthMs, boolean mayFollow) {
        List<Placement> placements = switch (replicas.size() < 3 ? 0 : random.nextInt(3)) {
            case 0 -> all(random, replicas);
            case 1 -> ring(random, replicas);
            default -> explicit(random, replicas, partitions);
        };
        TreeSet<Integer> times = new TreeSet<>();
        while (times.size() < placements.size() - 1) {
            times.add(FIRST_CHANGE_MS + random.nextInt(lengthMs - FIRST_CHANGE_MS - ADOPTED_MS));
        }
        List<Change> changes = new ArrayList<>();
        for (int time : times) {
            changes.add(new Change(time, placements.get(changes.size() + 1)));
        }
        return new Membership(placements.get(0), changes, random.nextBoolean() && mayFollow);
    }

    /** A replica owns all partitions, leaves, and owns them again later. */
    static Membership returning(SplittableRandom random, List<String> replicas, int absentMs) {
        String returning = replicas.get(1 + random.nextInt(replicas.size() - 1));
        List<String> others =
                replicas.stream().filter(name -> !name.equals(returning)).toList();
        int leavesMs = FIRST_CHANGE_MS + random.nextInt(20_000);
        return new Membership(
                Placement.all(replicas),
                List.of(
                        new Change(leavesMs, Placement.all(others)),
                        new Change(leavesMs + absentMs, Placement.all(replicas))),
                false);
    }

    private static List<Placement> all(SplittableRandom random, List<String> replicas) {
        TreeSet<String> members = some(random, replicas);
        List<Placement> placements = new ArrayList<>();
        for (int left = 2 + random.nextInt(3); left > 0; left--) {
            placements.add(Placement.all(List.copyOf(members)));
            toggle(members, replicas.get(1 + random.nextInt(replicas.size() - 1)));
        }
        return placements;
    }

    /** One replica leaves or joins, and perhaps does the opposite later. */
    private static List<Placement> ring(SplittableRandom random, List<String> replicas) {
        int copies = Math.min(2 + random.nextInt(2), replicas.size() - 1);
        TreeSet<String> members = new TreeSet<>(replicas);
        String moving = replicas.get(random.nextInt(replicas.size()));
        if (random.nextBoolean()) {
            members.remove(moving);
        }
        List<Placement> placements = new ArrayList<>();
        for (int left = 2 + random.nextInt(2); left > 0; left--) {
            placements.add(Placement.ring(List.copyOf(members), copies));
            toggle(members, moving);
        }
        return placements;
    }

    private static List<Placement> explicit(SplittableRandom random, List<String> replicas, int partitions) {
        Map<Integer, TreeSet<String>> owners = new TreeMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            owners.put(partition, some(random, replicas));
        }
        List<Placement> placements = new ArrayList<>();
        for (int left = 2 + random.nextInt(3); left > 0; left--) {
            Map<Integer, List<String>> now = new TreeMap<>();
            owners.forEach((partition, names) -> now.put(partition, List.copyOf(names)));
            placements.add(Placement.explicit(replicas, now));
            toggle(owners.get(random.nextInt(partitions)), replicas.get(1 + random.nextInt(replicas.size() - 1)));
        }
        return placements;
    }

    /** Some of the replicas, the first by name always included. */
    private static TreeSet<String> some(SplittableRandom random, List<String> replicas) {
        TreeSet<String> some = new TreeSet<>(List.of(replicas.get(0)));
        for (String replica : replicas) {
            if (random.nextBoolean()) {
                some.add(replica);
            }
        }
        return some;
    }

    private static void toggle(TreeSet<String> names, String name) {
        if (!names.remove(name)) {
            names.add(name);
        }
    }
}

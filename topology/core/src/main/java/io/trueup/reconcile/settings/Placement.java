package io.trueup.reconcile.settings;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which replicas own which partitions: a partition is compared and repaired among its owners only. Immutable.
 *
 * <p>The ring places each replica at many points ("virtual nodes") of a circle of hashes, and each partition with the first
 * replicas found clockwise (Karger et al., "Consistent Hashing and Random Trees", 1997). A replica that joins or leaves
 * moves only the partitions next to its own points.
 */
public final class Placement {

    private static final int VIRTUAL_NODES = 256;

    private final String rule;
    private final List<String> all;
    private final int copies;
    private final TreeMap<Long, String> ring;
    private final Map<Integer, List<String>> explicit;

    private Placement(
            String rule,
            List<String> all,
            int copies,
            TreeMap<Long, String> ring,
            Map<Integer, List<String>> explicit) {
        this.rule = rule;
        this.all = all.stream().sorted().toList();
        this.copies = copies;
        this.ring = ring;
        this.explicit = explicit;
    }

    /** Every replica owns every partition. */
    public static Placement all(List<String> replicas) {
        return new Placement("all", replicas, replicas.size(), new TreeMap<>(), Map.of());
    }

    /**
     * Each partition is owned by some replicas, chosen by consistent hashing.
     *
     * @param copies how many
     * @throws IllegalArgumentException if there are not that many replicas
     */
    public static Placement ring(List<String> replicas, int copies) {
        if (copies < 1 || copies > replicas.size()) {
            throw new IllegalArgumentException(copies + " copies among " + replicas.size() + " replicas");
        }
        TreeMap<Long, String> ring = new TreeMap<>();
        for (String replica : replicas) {
            for (int node = 0; node < VIRTUAL_NODES; node++) {
                ring.merge(place(replica + "/" + node), replica, (a, b) -> a.compareTo(b) < 0 ? a : b);
            }
        }
        return new Placement("ring:" + copies, replicas, copies, ring, Map.of());
    }

    /**
     * The owners of each partition as given; a partition that is not named is owned by all.
     *
     * @throws IllegalArgumentException if an owner is none of the replicas, or a partition has none
     */
    public static Placement explicit(List<String> replicas, Map<Integer, List<String>> owners) {
        Map<Integer, List<String>> sorted = new TreeMap<>();
        owners.forEach((partition, names) -> {
            if (names.isEmpty() || !replicas.containsAll(names)) {
                throw new IllegalArgumentException(
                        "owners " + names + " of partition " + partition + " are not all among " + replicas);
            }
            sorted.put(partition, List.copyOf(new TreeSet<>(names)));
        });
        return new Placement("explicit", replicas, replicas.size(), new TreeMap<>(), sorted);
    }

    /** The owners of a partition, in order of name. */
    public List<String> owners(int partition) {
        if (ring.isEmpty()) {
            return explicit.getOrDefault(partition, all);
        }
        long at = place("partition/" + partition);
        Set<String> owners = new TreeSet<>();
        Map.Entry<Long, String> next = ring.ceilingEntry(at);
        while (owners.size() < copies) {
            next = next == null ? ring.firstEntry() : next;
            owners.add(next.getValue());
            next = ring.higherEntry(next.getKey());
        }
        return List.copyOf(owners);
    }

    /** All replicas, in order of name. */
    public List<String> replicas() {
        return all;
    }

    @Override
    public String toString() {
        return rule;
    }

    /** FNV-1a and a finalizer: not secret, the same on every machine. */
    private static long place(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }
}

package io.trueup.stream;

import io.trueup.reconcile.settings.Placement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one change of placement through the partitions of a replica that this process holds. Once all partitions have taken
 * it up, logs what has moved and how many trees were built for it. Thread-safe.
 */
public final class PlacementChange {

    private static final Logger LOG = LoggerFactory.getLogger(PlacementChange.class);

    private final String replica;
    private final Set<Integer> awaited;
    private final Consumer<String> log;
    private final int partitions;
    private int gained;
    private int lost;
    private int regrouped;
    private int built;

    private PlacementChange(String replica, Set<Integer> held, Consumer<String> log) {
        this.replica = replica;
        this.awaited = new TreeSet<>(held);
        this.log = log;
        partitions = held.size();
    }

    /** For the first configuration: there is no change to follow. */
    public static PlacementChange none() {
        return new PlacementChange("", Set.of(), LOG::info);
    }

    /**
     * Follows the change from one placement to another.
     *
     * @param held the partitions that this process holds
     */
    public static PlacementChange between(String replica, Placement before, Placement now, Set<Integer> held) {
        return between(replica, before, now, held, LOG::info);
    }

    static PlacementChange between(
            String replica, Placement before, Placement now, Set<Integer> held, Consumer<String> log) {
        PlacementChange change = new PlacementChange(replica, held, log);
        held.forEach(partition -> change.count(before.owners(partition), now.owners(partition)));
        return change.moved() ? change : none();
    }

    private void count(List<String> before, List<String> now) {
        boolean had = before.contains(replica);
        boolean has = now.contains(replica);
        gained += !had && has ? 1 : 0;
        lost += had && !has ? 1 : 0;
        regrouped += had && has && !before.equals(now) ? 1 : 0;
    }

    private boolean moved() {
        return gained + lost + regrouped > 0;
    }

    /** A partition has taken up the change without building its tree. */
    void takenUp(int partition) {
        done(partition, false);
    }

    /** A partition has built its tree under the new placement. */
    void built(int partition) {
        done(partition, true);
    }

    /** A partition has moved to another process. */
    void gone(int partition) {
        done(partition, false);
    }

    private synchronized void done(int partition, boolean withTree) {
        if (!awaited.remove(partition)) {
            return;
        }
        built += withTree ? 1 : 0;
        if (awaited.isEmpty()) {
            log.accept("Placement of " + replica + " has changed: " + gained + " partitions gained, " + lost + " lost, "
                    + regrouped + " with other co-owners, " + (partitions - gained - lost - regrouped)
                    + " unchanged; trees built again: " + built + " of " + partitions);
        }
    }
}

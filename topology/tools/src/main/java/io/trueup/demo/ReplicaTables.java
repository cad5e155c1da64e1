package io.trueup.demo;

import io.trueup.demo.cluster.Cluster;
import io.trueup.demo.cluster.PartitionOwners;
import io.trueup.demo.console.Figures;
import io.trueup.demo.console.Screen;
import io.trueup.demo.feed.FeedState.Row;
import io.trueup.demo.feed.TableComparison;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tables of the replicas: waits until they are filled, and compares all their rows with the feed. Not thread-safe. */
final class ReplicaTables {

    private final Cluster cluster;
    private final PartitionOwners owners;
    private final RunMonitor monitor;
    private final Screen screen;
    private final Clock clock;
    private final Map<String, TableComparison> comparisons = new LinkedHashMap<>();

    ReplicaTables(Cluster cluster, PartitionOwners owners, RunMonitor monitor, Screen screen, Clock clock) {
        this.cluster = cluster;
        this.owners = owners;
        this.monitor = monitor;
        this.screen = screen;
        this.clock = clock;
    }

    /** Waits until some replicas have stored a number of feed records each. */
    void awaitApplied(List<String> replicas, long records) {
        monitor.await("all replicas have stored " + records + " records", () -> {
            List<String> counts = new ArrayList<>();
            for (String replica : replicas) {
                counts.add(replica + " " + Figures.number(cluster.applied(replica)));
            }
            String line = "   stored: " + String.join("   ", counts);
            screen.progress(List.of("", line, ""), line);
            return replicas.stream().allMatch(replica -> cluster.applied(replica) >= records);
        });
    }

    /**
     * Waits until each table has as many rows in the partitions of its replica as the feed.
     *
     * @param feed the state of the feed
     */
    void awaitRows(Map<String, Row> feed) {
        Map<String, Long> rows = new TreeMap<>();
        for (String replica : runningMembers()) {
            rows.put(replica, (long) owners.expected(replica, feed).size());
        }
        monitor.await(
                "the tables have as many rows as the feed has keys: " + rows,
                () -> rows.entrySet().stream().allMatch(replica -> rows(replica.getKey()) == replica.getValue()));
    }

    private long rows(String replica) {
        return owners.rows(replica, cluster.datastores().get(replica), clock.millis());
    }

    /** Replicas that run and own partitions. */
    private List<String> runningMembers() {
        return cluster.members().stream()
                .filter(cluster.datastores()::containsKey)
                .toList();
    }

    /**
     * Compares every row of every table with the feed.
     *
     * @param feed the state of the feed
     * @param nowMs time as of which rows have expired or not
     * @return number of rows compared
     */
    long compare(Map<String, Row> feed, long nowMs) {
        for (String replica : runningMembers()) {
            TableComparison.Builder comparison = new TableComparison.Builder(owners.expected(replica, feed));
            cluster.datastores().get(replica).forEach(nowMs, row -> {
                if (owners.owns(replica, row.key())) {
                    comparison.row(row);
                }
            });
            comparisons.put(replica, comparison.finish());
        }
        return comparisons.values().stream().mapToLong(TableComparison::rows).sum();
    }

    /** The results of {@link #compare} by replica; empty before. */
    Map<String, TableComparison> comparisons() {
        return comparisons;
    }

    /** Whether the tables of all members were compared and are equal to the feed. */
    boolean allEqual() {
        return comparisons.size() == cluster.members().size()
                && comparisons.values().stream().allMatch(TableComparison::equal);
    }
}

package io.trueup.bench.process;

import io.trueup.bench.process.Milestone.Kind;
import io.trueup.reconcile.RoundSummary;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rounds of a job have shown since a number of keys is expected. Thread-safe. */
final class Rounds {

    private record Task(String replica, int partition) {}

    private final Map<Task, Long> sealed = new HashMap<>();
    private final Map<Task, Long> compared = new HashMap<>();
    private final Set<Kind> returned = EnumSet.noneOf(Kind.class);
    private long keys;

    /** Forgets what earlier rounds have shown. */
    synchronized void expect(long expected) {
        keys = expected;
        sealed.clear();
        compared.clear();
        returned.clear();
    }

    synchronized void reported(String replica, int partition, RoundSummary round) {
        Task task = new Task(replica, partition);
        switch (round.outcome()) {
            case SKIPPED -> {}
            case EQUAL -> {
                sealed.put(task, round.holdings().entries());
                compared.put(task, round.holdings().entries());
            }
            case ALONE, LAGGING, DIVERGENT -> sealed.put(task, round.holdings().entries());
        }
    }

    /**
     * What was reached, and was not returned before.
     *
     * @param tasks number of partitions of all replicas
     */
    synchronized List<Kind> reached(int tasks) {
        List<Kind> reached = new ArrayList<>();
        if (isWhole(sealed, tasks) && returned.add(Kind.SEALED)) {
            reached.add(Kind.SEALED);
        }
        if (isWhole(compared, tasks) && returned.add(Kind.COMPARED)) {
            reached.add(Kind.COMPARED);
        }
        return reached;
    }

    private boolean isWhole(Map<Task, Long> entries, int tasks) {
        return entries.size() == tasks
                && entries.values().stream().mapToLong(Long::longValue).sum() == keys;
    }
}

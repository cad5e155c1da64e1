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

    private final Map<Integer, Long> sealed = new HashMap<>();
    private final Map<Integer, Long> compared = new HashMap<>();
    private final Set<Kind> returned = EnumSet.noneOf(Kind.class);
    private long keys;

    /** Forgets what earlier rounds have shown. */
    synchronized void expect(long expected) {
        keys = expected;
        sealed.clear();
        compared.clear();
        returned.clear();
    }

    synchronized void reported(int partition, RoundSummary round) {
        switch (round.outcome()) {
            case SKIPPED -> {}
            case EQUAL -> {
                sealed.put(partition, round.holdings().entries());
                compared.put(partition, round.holdings().entries());
            }
            case ALONE, LAGGING, DIVERGENT ->
                sealed.put(partition, round.holdings().entries());
        }
    }

    /** What was reached, and was not returned before. */
    synchronized List<Kind> reached(int partitions) {
        List<Kind> reached = new ArrayList<>();
        if (isWhole(sealed, partitions) && returned.add(Kind.SEALED)) {
            reached.add(Kind.SEALED);
        }
        if (isWhole(compared, partitions) && returned.add(Kind.COMPARED)) {
            reached.add(Kind.COMPARED);
        }
        return reached;
    }

    private boolean isWhole(Map<Integer, Long> entries, int partitions) {
        return entries.size() == partitions
                && entries.values().stream().mapToLong(Long::longValue).sum() == keys;
    }
}

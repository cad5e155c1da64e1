package io.trueup.simulation;

import io.trueup.reconcile.rule.Divergence;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Runs many schedules in parallel, and explains how to run the first failing one again. Also a command for long runs. */
public final class SimulationRun {

    /** Totals over many schedules. */
    static final class Total {
        long schedules;
        long withoutDatastoreFaults;
        long exactRoots;
        long exactSketches;
        int maxRounds;
        double maxShareOfAllowed;
        long withConflicts;
        long withChoices;
        final EnumMap<Fault, Integer> schedulesStruck = new EnumMap<>(Fault.class);
        final EnumMap<Divergence, Integer> repairs = new EnumMap<>(Divergence.class);

        synchronized void add(Plan plan, Simulation.Outcome outcome) {
            schedules++;
            withoutDatastoreFaults += plan.has(Fault.Kind.DATASTORE) ? 0 : 1;
            exactRoots += outcome.exactRoots();
            exactSketches += outcome.exactSketches();
            maxRounds = Math.max(maxRounds, outcome.rounds());
            maxShareOfAllowed = Math.max(maxShareOfAllowed, (double) outcome.rounds() / outcome.allowedRounds());
            withConflicts += outcome.conflictsReported() > 0 ? 1 : 0;
            withChoices += outcome.choices() > 0 ? 1 : 0;
            outcome.struck().keySet().forEach(fault -> schedulesStruck.merge(fault, 1, Integer::sum));
            outcome.repairs().forEach((kind, count) -> repairs.merge(kind, count, Integer::sum));
        }

        @Override
        public String toString() {
            return schedules + " schedules, " + withoutDatastoreFaults
                    + " of them without faults of datastores; repairs "
                    + repairs + "; conflicts between writers in " + withConflicts + ", settled by a choice in "
                    + withChoices + "; at most " + maxRounds + " rounds to recover, "
                    + Math.round(100 * maxShareOfAllowed) + " % of those allowed; " + exactRoots
                    + " roots and " + exactSketches
                    + " messages with sketches checked; schedules in which each fault struck: " + percentages();
        }

        double percent(Fault fault) {
            return 100.0 * schedulesStruck.getOrDefault(fault, 0) / schedules;
        }

        private String percentages() {
            return Arrays.stream(Fault.values())
                    .map(fault -> String.format(Locale.ROOT, "%s %.1f %%", fault, percent(fault)))
                    .collect(Collectors.joining(", "));
        }
    }

    private static final int MAX_LINES = 400;

    private SimulationRun() {}

    /**
     * Runs schedules. Arguments: number of schedules and first seed; or {@code seed=N} alone: that one is run and explained.
     */
    public static void main(String[] arguments) {
        if (arguments.length == 1 && arguments[0].startsWith("seed=")) {
            System.out.println(explain(Long.parseLong(arguments[0].substring("seed=".length())), Changes.given()));
            return;
        }
        long count = arguments.length > 0 ? Long.parseLong(arguments[0]) : 10_000;
        long first = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        long from = System.nanoTime();
        Total total = schedules(first, count, Changes.given());
        double seconds = (System.nanoTime() - from) / 1e9;
        System.out.printf(Locale.ROOT, "%s%n%.0f schedules a second%n", total, count / seconds);
    }

    /** Runs the schedules of consecutive seeds; throws the failure of the lowest failing seed with its trace. */
    static Total schedules(long first, long count, Changes changes) {
        Total total = new Total();
        Map<Long, Throwable> failed = new ConcurrentSkipListMap<>();
        LongStream.range(first, first + count).parallel().forEach(seed -> {
            Throwable failure = failure(Plan.draw(seed, changes), total);
            if (failure != null) {
                failed.put(seed, failure);
            }
        });
        if (!failed.isEmpty()) {
            StringBuilder seeds = new StringBuilder(failed.size() + " schedules fail:\n");
            failed.forEach((seed, failure) -> seeds.append(seed).append(": ").append(brief(failure)));
            throw new AssertionError(seeds + explain(failed.keySet().iterator().next(), changes));
        }
        return total;
    }

    private static String brief(Throwable failure) {
        String text = failure.toString();
        return text.substring(text.indexOf(' ') + 1, Math.min(text.length(), 100)) + "\n";
    }

    /** The failure of a schedule, or null. */
    static Throwable failure(Plan plan) {
        return failure(plan, null);
    }

    private static Throwable failure(Plan plan, Total total) {
        try {
            Simulation.Outcome outcome = Simulation.run(plan, new Trace(false));
            if (total != null) {
                total.add(plan, outcome);
            }
            return null;
        } catch (RuntimeException | Violation e) {
            return e;
        }
    }

    /**
     * Runs a schedule again. If it fails, explains the failure: the shrunk schedule, with a trace of the key concerned.
     *
     * @return text that ends with "holds" if it does not fail
     */
    static String explain(long seed, Changes given) {
        Changes changes = Shrinking.shrink(seed, given);
        Plan plan = Plan.draw(seed, changes);
        Trace trace = new Trace(true);
        try {
            Simulation.run(plan, trace);
            return "the schedule of seed " + seed + " holds";
        } catch (RuntimeException | Violation e) {
            boolean all = "all".equals(System.getProperty("simulation.trace"));
            String key = e instanceof Violation violation && !all ? violation.key : null;
            List<String> lines = trace.about(key);
            return e + "\nreplay: mvn -q -pl topology/core test -Dtest=SimulationTest"
                    + " -Dsimulation.seed=" + seed + changes
                    + "\n" + plan + "\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - MAX_LINES), lines.size()))
                    + (e instanceof Violation ? "" : "\n" + List.of(e.getStackTrace()));
        }
    }
}

package io.trueup.simulation;

import io.trueup.reconcile.Divergence;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.LongStream;

/** Runs schedules, many at a time, and tells how to run the first failing one again. Also a command for long runs. */
public final class SimulationRun {

    /** What many schedules came to. */
    static final class Total {
        long schedules;
        long withoutDatastoreFaults;
        long exactRoots;
        int mostRounds;
        final EnumMap<Fault, Integer> schedulesStruck = new EnumMap<>(Fault.class);
        final EnumMap<Divergence, Integer> repairs = new EnumMap<>(Divergence.class);

        synchronized void add(Plan plan, Simulation.Outcome outcome) {
            schedules++;
            withoutDatastoreFaults += plan.has(Fault.Kind.DATASTORE) ? 0 : 1;
            exactRoots += outcome.exactRoots();
            mostRounds = Math.max(mostRounds, outcome.rounds());
            outcome.struck().keySet().forEach(fault -> schedulesStruck.merge(fault, 1, Integer::sum));
            outcome.repairs().forEach((kind, count) -> repairs.merge(kind, count, Integer::sum));
        }

        @Override
        public String toString() {
            return schedules + " schedules, " + withoutDatastoreFaults
                    + " of them without faults of datastores; repairs "
                    + repairs + "; at most " + mostRounds + " rounds to recover; " + exactRoots
                    + " roots checked; schedules in which each fault struck: " + schedulesStruck;
        }
    }

    private SimulationRun() {}

    /** Arguments: number of schedules, first seed. */
    public static void main(String[] arguments) {
        long count = arguments.length > 0 ? Long.parseLong(arguments[0]) : 10_000;
        long first = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        if (arguments.length > 2) {
            List.of(arguments[2].split(",")).parallelStream()
                    .map(Long::parseLong)
                    .forEach(seed -> {
                        Throwable failure = fails(Plan.draw(seed), null);
                        System.out.println(seed + " " + failure);
                    });
            return;
        }
        long from = System.nanoTime();
        Total total = schedules(first, count);
        double seconds = (System.nanoTime() - from) / 1e9;
        System.out.printf(Locale.ROOT, "%s%n%.0f schedules a second%n", total, count / seconds);
    }

    /** Runs schedules of consecutive seeds; the lowest failing one is thrown with its trace. */
    static Total schedules(long first, long count) {
        Total total = new Total();
        long failed = LongStream.range(first, first + count)
                .parallel()
                .filter(seed -> fails(Plan.draw(seed), total) != null)
                .min()
                .orElse(-1);
        if (failed >= 0) {
            throw new AssertionError(explain(failed, EnumSet.noneOf(Fault.class)));
        }
        return total;
    }

    private static Throwable fails(Plan plan, Total total) {
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

    /** Runs a failing schedule again with a trace, after leaving out every fault that it fails without. */
    static String explain(long seed, Set<Fault> without) {
        EnumSet<Fault> excluded = EnumSet.noneOf(Fault.class);
        excluded.addAll(without);
        for (Fault fault : Plan.draw(seed).faults()) {
            excluded.add(fault);
            if (fails(Plan.draw(seed).without(excluded), null) == null) {
                excluded.remove(fault);
            }
        }
        excluded.retainAll(Plan.draw(seed).faults());
        Plan plan = Plan.draw(seed).without(excluded);
        Trace trace = new Trace(true);
        try {
            Simulation.run(plan, trace);
            return "the schedule of seed " + seed + " holds";
        } catch (RuntimeException | Violation e) {
            String key = e instanceof Violation violation ? violation.key : null;
            List<String> lines = trace.about(key);
            return e + "\nreplay: mvn -q -pl topology -am test -Dtest=SimulationTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dsimulation.seed=" + seed
                    + (excluded.isEmpty() ? "" : " -Dsimulation.without=" + join(excluded))
                    + "\n" + plan + "\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - 400), lines.size()))
                    + (e instanceof Violation ? "" : "\n" + List.of(e.getStackTrace()));
        }
    }

    private static String join(Set<Fault> faults) {
        return String.join(",", faults.stream().map(Fault::name).toList());
    }
}

package io.trueup.simulation;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * How a schedule differs from the one that its seed draws. A failing schedule is made smaller by it, so that few keys and
 * steps show the fault. A number of 0 means: as drawn.
 *
 * @param plain the latest entry wins, and only the first set of faults happens: see {@link Fault#isAddedLater}
 * @param without faults that do not happen
 * @param replicas number of replicas
 * @param partitions number of partitions
 * @param keys number of keys
 * @param rounds how many rounds pass until the faults stop
 * @param symbols how many symbols of a sketch are kept beside each tree; -1: as drawn
 */
record Changes(boolean plain, Set<Fault> without, int replicas, int partitions, int keys, int rounds, int symbols) {

    static final Changes NONE = new Changes(false, EnumSet.noneOf(Fault.class), 0, 0, 0, 0, -1);

    /** The changes given by the system properties {@code simulation.without}, {@code simulation.replicas} and so on. */
    static Changes given() {
        EnumSet<Fault> without = EnumSet.noneOf(Fault.class);
        Arrays.stream(System.getProperty("simulation.without", "").split(","))
                .filter(name -> !name.isEmpty())
                .map(Fault::valueOf)
                .forEach(without::add);
        return new Changes(
                Boolean.getBoolean("simulation.plain"),
                without,
                Integer.getInteger("simulation.replicas", 0),
                Integer.getInteger("simulation.partitions", 0),
                Integer.getInteger("simulation.keys", 0),
                Integer.getInteger("simulation.rounds", 0),
                Integer.getInteger("simulation.symbols", -1));
    }

    Changes madePlain() {
        return new Changes(true, without, replicas, partitions, keys, rounds, symbols);
    }

    Changes without(Fault fault) {
        EnumSet<Fault> more = EnumSet.of(fault);
        more.addAll(without);
        return new Changes(plain, more, replicas, partitions, keys, rounds, symbols);
    }

    Changes replicas(int number) {
        return new Changes(plain, without, number, partitions, keys, rounds, symbols);
    }

    Changes partitions(int number) {
        return new Changes(plain, without, replicas, number, keys, rounds, symbols);
    }

    Changes keys(int number) {
        return new Changes(plain, without, replicas, partitions, number, rounds, symbols);
    }

    Changes rounds(int number) {
        return new Changes(plain, without, replicas, partitions, keys, number, symbols);
    }

    Changes symbols(int number) {
        return new Changes(plain, without, replicas, partitions, keys, rounds, number);
    }

    static int orDrawn(int changed, int drawn) {
        return changed > 0 ? changed : drawn;
    }

    /** The options of the command that runs the schedule again. */
    @Override
    public String toString() {
        StringBuilder options = new StringBuilder(plain ? " -Dsimulation.plain=true" : "");
        if (!without.isEmpty()) {
            options.append(" -Dsimulation.without=")
                    .append(String.join(",", without.stream().map(Fault::name).toList()));
        }
        append(options, "replicas", replicas);
        append(options, "partitions", partitions);
        append(options, "keys", keys);
        append(options, "rounds", rounds);
        if (symbols >= 0) {
            options.append(" -Dsimulation.symbols=").append(symbols);
        }
        return options.toString();
    }

    private static void append(StringBuilder options, String name, int number) {
        if (number > 0) {
            options.append(" -Dsimulation.").append(name).append('=').append(number);
        }
    }
}

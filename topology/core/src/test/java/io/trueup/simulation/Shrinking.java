package io.trueup.simulation;

import java.util.ArrayList;
import java.util.List;

/** Makes a failing schedule smaller: leaves out everything without which it still fails in the same way. */
final class Shrinking {

    private static final List<Integer> SIZES = List.of(1, 2, 3, 5, 8, 13, 21, 34);

    private final long seed;
    private final String way;
    private Changes smallest;

    private Shrinking(long seed, Changes given, Throwable failure) {
        this.seed = seed;
        this.smallest = given;
        this.way = way(failure);
    }

    /** The smallest schedule found that fails as the given one does; the given one if it does not fail. */
    static Changes shrink(long seed, Changes given) {
        Throwable failure = SimulationRun.failure(Plan.draw(seed, given));
        if (failure == null) {
            return given;
        }
        Shrinking shrinking = new Shrinking(seed, given, failure);
        Changes before;
        do {
            before = shrinking.smallest;
            shrinking.pass();
        } while (!before.equals(shrinking.smallest));
        return shrinking.smallest;
    }

    private void pass() {
        keepIfFails(smallest.madePlain());
        for (Fault fault : new ArrayList<>(plan().faults())) {
            keepIfFails(smallest.without(fault));
        }
        smaller(plan().partitions(), smallest::partitions);
        smaller(plan().keys(), smallest::keys);
        smaller(plan().replicas().size(), size -> smallest.replicas(Math.max(2, size)));
        smaller(plan().faultRounds(), smallest::rounds);
    }

    private Plan plan() {
        return Plan.draw(seed, smallest);
    }

    private interface Change {
        Changes to(int size);
    }

    private void smaller(int now, Change change) {
        for (int size : SIZES) {
            if (size < now && keepIfFails(change.to(size))) {
                return;
            }
        }
    }

    private boolean keepIfFails(Changes changes) {
        Throwable failure = SimulationRun.failure(Plan.draw(seed, changes));
        boolean fails = failure != null && way(failure).equals(way);
        if (fails) {
            smallest = changes;
        }
        return fails;
    }

    /** The kind of the failure: the first words of its message, before any names and numbers. */
    private static String way(Throwable failure) {
        String[] words = String.valueOf(failure.getMessage()).split(" ", 4);
        return failure.getClass().getName() + String.join(" ", List.of(words).subList(0, Math.min(3, words.length)));
    }
}

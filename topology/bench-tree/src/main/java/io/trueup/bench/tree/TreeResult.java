package io.trueup.bench.tree;

import java.util.List;

/**
 * What was measured.
 *
 * @param cores processors of the machine
 * @param java version of the JVM
 * @param loadAverage processes that ran or waited for a processor in the minute before; negative if the system does not say
 * @param figures each measurement of each tree
 */
record TreeResult(int cores, String java, double loadAverage, TreeLoad load, List<Figure> figures) {

    TreeResult {
        figures = List.copyOf(figures);
    }

    /** What is measured. */
    enum Measured {
        UPDATE("update", "one value changes"),
        UPDATE_AND_COMPLETE("updateAndComplete", "values change, and the tree can be compared; per change"),
        BUILD("build", "a tree of all keys is built, and can be compared; per key"),
        DIFF("diff", "all leaves are found in which two trees differ");

        private final String method;
        private final String label;

        Measured(String method, String label) {
            this.method = method;
            this.label = label;
        }

        /** Its name in the output, and the method of {@link TreeBenchmarks}. */
        String method() {
            return method;
        }

        String label() {
            return label;
        }

        /** How many operations of the unit one call makes. */
        int operations(TreeLoad load) {
            return switch (this) {
                case UPDATE, DIFF -> 1;
                case UPDATE_AND_COMPLETE -> load.updates();
                case BUILD -> load.keys();
            };
        }
    }

    /**
     * Nanoseconds per operation: the mean of each run.
     *
     * @param runs how many there were
     */
    record Figure(TreeKind tree, Measured measured, double medianNs, double minNs, double maxNs, long runs) {}

    Figure figure(TreeKind tree, Measured measured) {
        return figures.stream()
                .filter(figure -> figure.tree() == tree && figure.measured() == measured)
                .findFirst()
                .orElse(null);
    }

    /** The median of a tree for Trueup's: above 1, Trueup is faster. */
    double ratio(Figure figure) {
        return figure.medianNs() / figure(TreeKind.TRUEUP, figure.measured()).medianNs();
    }
}

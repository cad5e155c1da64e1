package io.trueup.bench;

import java.util.Collection;

/** Measured figures in ascending order. Of none, each quantile is {@link Double#NaN}. Immutable. */
public final class Distribution {

    private final double[] sorted;

    private Distribution(double[] sorted) {
        this.sorted = sorted;
    }

    public static Distribution of(Collection<? extends Number> figures) {
        return new Distribution(
                figures.stream().mapToDouble(Number::doubleValue).sorted().toArray());
    }

    /** How many there are. */
    public int count() {
        return sorted.length;
    }

    public double min() {
        return quantile(0);
    }

    /** The middle one, or the mean of the two in the middle. */
    public double median() {
        int middle = sorted.length / 2;
        return sorted.length == 0 || sorted.length % 2 == 1 ? quantile(0.5) : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public double max() {
        return quantile(1);
    }

    /**
     * The lowest figure that at least this share of all figures does not exceed.
     *
     * @param share from 0 to 1
     */
    public double quantile(double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}

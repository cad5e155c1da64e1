package io.trueup.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A processing guarantee of Kafka Streams. */
public enum Guarantee {
    /** Records may be processed again after a failure. */
    AT_LEAST_ONCE("at_least_once"),
    /** Transactions: each record counts once. */
    EXACTLY_ONCE_V2("exactly_once_v2");

    private final String label;

    Guarantee(String label) {
        this.label = label;
    }

    /** The value of {@code processing.guarantee}. */
    public String label() {
        return label;
    }

    /** The guarantee of this label, if there is one. */
    public static Optional<Guarantee> of(String label) {
        return Arrays.stream(values())
                .filter(guarantee -> guarantee.label.equals(label))
                .findFirst();
    }

    /** All labels. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Guarantee::label).toList();
    }
}

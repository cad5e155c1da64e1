package io.trueup.simulation;

/** An invariant does not hold in a schedule. */
final class Violation extends AssertionError {

    private static final long serialVersionUID = 1;

    /** The key concerned, or null. */
    final String key;

    Violation(String key, String text) {
        super(text + (key == null ? "" : " (key " + key + ")"));
        this.key = key;
    }
}

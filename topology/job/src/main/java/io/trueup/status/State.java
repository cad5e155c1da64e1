package io.trueup.status;

/**
 * The state of a partition or of a dataset. Of several that apply, the first in this order counts: the worst for the operator.
 */
public enum State {
    /** Nothing shows lately whether its replicas are equal. */
    UNKNOWN,
    /** The flood guard holds repairs back, until a person approves them or fewer are needed. */
    HELD_BACK,
    /** Keys stay different after all attempts to repair them. */
    FAILING,
    /** Keys are listed for a person. */
    NEEDS_PERSON,
    /** Keys wait for a proof, which time does not replace. */
    WAITING_FOR_PROOF,
    /** Keys differ: they are repaired, or reported only. */
    DIFFERENT,
    /** A replica builds its state again, and takes part in no comparison. */
    REBUILDING,
    /** A replica lags behind as a whole, and is waited for. */
    LAGGING,
    /** All owners held the same at a cut. */
    EQUAL;

    /** Whether replicas are known to differ. */
    public boolean isDifferent() {
        return compareTo(UNKNOWN) > 0 && compareTo(DIFFERENT) <= 0;
    }
}

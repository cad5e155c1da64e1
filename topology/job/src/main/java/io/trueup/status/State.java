package io.trueup.status;

/**
 * A state of a partition or of a dataset. Several may apply at once; the first in this order counts: the worst for the operator.
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
    /** A replica builds its state again, and takes part in no comparison. */
    REBUILDING,
    /** Keys differ: they are repaired, or reported only. */
    DIFFERENT,
    /** A replica lags behind as a whole, and is waited for. */
    LAGGING,
    /** All owners held the same at a cut, and no report shows a difference at that cut or later. */
    EQUAL;

    /** Whether replicas are known to differ. */
    public boolean isDifferent() {
        return switch (this) {
            case HELD_BACK, FAILING, NEEDS_PERSON, WAITING_FOR_PROOF, DIFFERENT -> true;
            case UNKNOWN, REBUILDING, LAGGING, EQUAL -> false;
        };
    }
}

package io.trueup.reconcile.rule;

/**
 * Why no action is taken on a finding yet.
 *
 * @param reason the reason
 * @param sinceMs time of the write that is concerned: waiting cannot have begun earlier
 */
public record Waiting(Reason reason, long sinceMs) {

    /** What must happen before an action. */
    public enum Reason {
        /** The entry was written after the cut: a later round judges it. */
        WRITTEN_AFTER_CUT,
        /** The write may still be on its way to the target. */
        MAY_STILL_ARRIVE,
        /** The replica whose entry or absence wins has not proved that it has seen the entry that would be replaced. */
        NOT_SEEN,
        /** The state of the replica does not reach back to the write: nobody knows whether the replica held the key. */
        ABSENCE_UNKNOWN
    }
}

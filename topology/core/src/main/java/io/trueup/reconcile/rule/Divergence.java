package io.trueup.reconcile.rule;

/** How a target's entry differs from the winning one. */
public enum Divergence {
    /** The target holds nothing. */
    MISSING,
    /** The target holds an older entry. */
    STALE,
    /** The target holds an entry that was deleted elsewhere. */
    UNDELETED,
    /** The target holds another value for the same version. */
    CORRUPT,
    /** Entries of which none wins: left to a person. */
    CONFLICT
}

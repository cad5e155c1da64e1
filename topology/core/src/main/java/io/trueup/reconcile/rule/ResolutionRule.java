package io.trueup.reconcile.rule;

import java.util.List;

/**
 * Decides for one key at one cut which entry wins, and which replicas differ from it. A function of its argument: every
 * reconciler that heard the same decides the same.
 */
interface ResolutionRule {

    /** Judges a key that is not equal everywhere; empty if nothing can be said yet. */
    List<Finding> findings(KeyAtCut key);
}

package io.trueup.demo;

/**
 * One planned fault of one key on one replica.
 *
 * @param kind what goes wrong
 * @param key the key that it concerns; no other write touches it from then on
 * @param victim the replica that it happens to
 * @param divergence what Trueup will call it
 */
record Fault(FaultKind kind, String key, String victim, String divergence) {

    /** A fault of a write. */
    Fault(FaultKind kind, String key, String victim) {
        this(kind, key, victim, kind.divergence());
    }
}

package io.trueup.demo.fault;

/**
 * One planned fault of one key on one replica.
 *
 * @param kind what goes wrong
 * @param key the key; from then on no other write touches it
 * @param victim the replica
 * @param divergence the name of the resulting divergence in Trueup
 */
public record Fault(FaultKind kind, String key, String victim, String divergence) {

    /** A fault of a write. */
    public Fault(FaultKind kind, String key, String victim) {
        this(kind, key, victim, kind.divergence());
    }
}

package io.trueup.demo;

/**
 * One planned fault.
 *
 * @param kind what goes wrong
 * @param key the key that it concerns; no other write touches it from then on
 * @param victim the replica that it happens to
 */
record Fault(FaultKind kind, String key, String victim) {}

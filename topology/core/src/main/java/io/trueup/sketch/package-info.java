/**
 * Rateless set reconciliation: short prefixes of coded symbols, of which the difference between two sets is decoded. After Yang,
 * Gilad and Alizadeh, "Practical Rateless Set Reconciliation", SIGCOMM 2024. Pure. Begin with {@link io.trueup.sketch.Sketch}.
 */
package io.trueup.sketch;

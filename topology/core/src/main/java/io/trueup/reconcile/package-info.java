/**
 * Rounds: the state machine that every reconciler runs. Pure: no Kafka, no clock, no input or output; time and messages come
 * in, messages and repairs go out. Begin with {@link io.trueup.reconcile.Reconciler}, whose comment numbers the phases of a
 * round, and go on with {@code Round}. The subpackages, from the bottom up:
 *
 * <ul>
 *   <li>{@link io.trueup.reconcile.settings}: what a reconciler must know of the configuration;
 *   <li>{@link io.trueup.reconcile.rule}: which entry wins for one key at one cut;
 *   <li>{@link io.trueup.reconcile.exchange}: control messages, and how replicas find the segments in which they differ;
 *   <li>{@link io.trueup.reconcile.flood}: what distinguishes a mistake from a divergence.
 * </ul>
 */
package io.trueup.reconcile;

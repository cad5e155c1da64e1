/**
 * Rounds, exchange, resolution and repairs: the state machine that every reconciler runs. Pure: no Kafka, no clock, no
 * input or output; time and messages come in, messages and repairs go out.
 */
package io.trueup.reconcile;

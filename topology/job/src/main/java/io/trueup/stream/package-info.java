/**
 * The job: one Kafka Streams topology per hosted replica around the pure {@link io.trueup.reconcile.Reconciler}. Decodes
 * what comes in, sends what goes out, knows when the input is consumed up to a moment in time, and looks after topics,
 * failures and shutdown.
 */
package io.trueup.stream;

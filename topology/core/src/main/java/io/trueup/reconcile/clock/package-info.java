/** The time by which rounds are due, where wall clocks may be wrong. */
package io.trueup.reconcile.clock;

/**
 * {@code trueup history} and {@code trueup repairs}: options, and the forms in which rounds, repair events and the history of
 * a key are printed. What is read and how it is put together is in {@link io.trueup.history}.
 */
package io.trueup.cli.history;

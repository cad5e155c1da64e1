/**
 * {@code trueup audit}: options, progress, and the forms in which a result is printed. The audit itself is in {@link
 * io.trueup.audit}.
 */
package io.trueup.cli.audit;

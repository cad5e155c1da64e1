/**
 * Decides which failures a retry cannot end, and explains failures by cause and remedy. Begin with
 * {@link io.trueup.failure.Failures}.
 */
package io.trueup.failure;

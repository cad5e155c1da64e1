/**
 * Decides which failures a retry cannot end, and explains failures by cause and remedy. Prints words and keys so that they can be typed
 * again. Begin with {@link io.trueup.failure.Failures}.
 */
package io.trueup.failure;

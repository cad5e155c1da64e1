/** Failures in words that name the cause and the cure. */
package io.trueup.failure;

/** Benchmarks that print their figures next to those of what they are measured by, in the same run. */
package io.trueup.bench;

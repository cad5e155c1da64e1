/**
 * The job in a process of its own, as benchmarks need it that measure or kill that process. Begin with {@link
 * io.trueup.bench.process.JobProcess}.
 */
package io.trueup.bench.process;

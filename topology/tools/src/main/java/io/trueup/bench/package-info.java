/**
 * Benchmarks. Each prints its figures next to those of a plain consumer that reads the same topics in the same run. Begin with
 * {@link io.trueup.bench.AuditBench}.
 */
package io.trueup.bench;

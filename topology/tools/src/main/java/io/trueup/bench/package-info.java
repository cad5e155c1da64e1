/**
 * Benchmarks. Each starts a broker of its own. {@link io.trueup.bench.AuditBench} measures the audit next to plain consumers; the subpackages
 * measure the job. What they share is here.
 */
package io.trueup.bench;

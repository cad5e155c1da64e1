/** The time from the cut of a round to a repair, and to its verification. Begin with {@link io.trueup.bench.latency.LatencyBench}. */
package io.trueup.bench.latency;

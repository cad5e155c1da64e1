/** The memory of a process of the job per key. Begin with {@link io.trueup.bench.memory.MemoryBench}. */
package io.trueup.bench.memory;

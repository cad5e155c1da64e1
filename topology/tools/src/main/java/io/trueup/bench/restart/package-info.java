/** The time that a process of the job takes until it compares again. Begin with {@link io.trueup.bench.restart.RestartBench}. */
package io.trueup.bench.restart;

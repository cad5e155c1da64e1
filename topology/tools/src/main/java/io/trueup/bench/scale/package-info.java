/** What a process of the job takes with more keys and with more partitions. Begin with {@link io.trueup.bench.scale.ScaleBench}. */
package io.trueup.bench.scale;

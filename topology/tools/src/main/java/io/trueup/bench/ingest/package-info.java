/** What the job takes in a second, next to other readers of the same topics. Begin with {@link io.trueup.bench.ingest.IngestBench}. */
package io.trueup.bench.ingest;

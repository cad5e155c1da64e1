/** A real Kafka broker in its own process, for the demo, the benchmarks and the tests. */
package io.trueup.broker;

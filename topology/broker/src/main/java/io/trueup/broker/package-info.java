/** A real Kafka broker in a process of its own, for the demo, the benchmarks and the tests. */
package io.trueup.broker;

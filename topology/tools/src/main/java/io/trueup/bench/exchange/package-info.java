/**
 * What it takes two replicas to find the keys in which they differ, with trees and with sketches. Begin with {@link
 * io.trueup.bench.exchange.ExchangeBench}.
 */
package io.trueup.bench.exchange;

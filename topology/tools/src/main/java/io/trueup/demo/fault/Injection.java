package io.trueup.demo.fault;

/**
 * A fault that has happened. The array must not be changed.
 *
 * @param fault the planned fault
 * @param expected the value that the victim should hold now; null: no value
 * @param atMs when it happened
 */
public record Injection(Fault fault, byte[] expected, long atMs) {}

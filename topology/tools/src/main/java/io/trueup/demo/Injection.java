package io.trueup.demo;

/**
 * A fault that has happened. The array must not be changed.
 *
 * @param fault what was planned
 * @param wanted the value that the victim should now hold; null: nothing
 * @param atMs when it happened
 */
record Injection(Fault fault, byte[] wanted, long atMs) {}

/**
 * The demo: a real broker, several replicas and the job on one machine, with faults injected on purpose. This package holds
 * the script, what it prints and its report; {@code cluster} holds what runs, {@code fault} what goes wrong, {@code feed} the
 * data that is written.
 */
package io.trueup.demo;

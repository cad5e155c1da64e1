/**
 * The metrics of a process. METRICS.md lists all that begin with {@code trueup}; a test compares the page with what a running job
 * answers. Begin with {@link io.trueup.ops.metrics.Metrics}.
 */
package io.trueup.ops.metrics;

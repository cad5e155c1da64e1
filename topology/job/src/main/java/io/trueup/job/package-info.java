/**
 * The life cycle of the process: it checks the topics, starts and stops the hosted replicas, and decides what happens when a
 * stream thread dies. Begin with {@link io.trueup.job.Job}.
 */
package io.trueup.job;

/**
 * The life cycle of the process: hosted replicas, checks of the topics, what happens when a stream thread fails. Begin with
 * {@link io.trueup.job.Job}.
 */
package io.trueup.job;

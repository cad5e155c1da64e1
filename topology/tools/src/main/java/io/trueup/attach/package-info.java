/**
 * Looks at topics that should be equal, says what is fit and what is not, and proposes the configuration of a job that observes them.
 * Begin with {@link io.trueup.attach.TopicSampler}.
 */
package io.trueup.attach;

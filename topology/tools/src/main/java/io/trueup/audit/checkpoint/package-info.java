/**
 * The partitions that an audit has compared, in a file, so that an audit that was stopped resumes after them. Begin with {@link
 * io.trueup.audit.checkpoint.Checkpoint}.
 */
package io.trueup.audit.checkpoint;

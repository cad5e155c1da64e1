/**
 * The Kafka Streams store behind {@link io.trueup.tree.EntryTable}: it keeps the entries of a replica on disk, logs them to a
 * changelog topic, and checks what they were built from. Begin with {@link io.trueup.state.EntryStore}.
 */
package io.trueup.state;

/**
 * The Kafka Streams store behind {@link io.trueup.tree.EntryTable}: what a replica holds, kept on disk, logged to a
 * changelog topic and restored like any store.
 */
package io.trueup.state;

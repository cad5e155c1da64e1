/**
 * The formats of writes topics: each format decodes records into an {@link io.trueup.source.Observation} of the replica.
 * Begin with {@link io.trueup.source.WriteFormat}; {@code PlainFormat} reads plain records, {@code TrueupFormat} Avro records.
 */
package io.trueup.source;

/**
 * Avro records of applications as JSON documents, by the schemas by which they were written. Begin with
 * {@link io.trueup.source.avro.AvroReader}.
 */
package io.trueup.source.avro;

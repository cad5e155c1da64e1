/**
 * Encoding and decoding of the project's own records: generated schema classes to the bytes of a Kafka record, and back. Begin with
 * {@link io.trueup.avro.RecordCodecs}. {@link io.trueup.avro.SingleObjectCodec} needs no registry; with a
 * {@link io.trueup.avro.SchemaRegistry}, records in its {@link io.trueup.avro.WireFormat} are read and written too.
 */
package io.trueup.avro;

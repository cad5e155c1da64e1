/** Encoding and decoding of the project's own records: generated schema classes to the bytes of a Kafka record, and back. */
package io.trueup.avro;

/** Encodings of the project's own records: between the generated schema classes and the bytes of a Kafka record. */
package io.trueup.avro;

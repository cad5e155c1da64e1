/**
 * The contract between Trueup and a datastore: the classes that are generated from the Avro schemas, and the names of record headers. It
 * depends on Avro alone.
 */
package io.trueup.schema;

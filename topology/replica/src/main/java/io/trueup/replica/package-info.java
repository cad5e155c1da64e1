/**
 * The reference datastore: a table in SQLite or PostgreSQL, fed by a Kafka topic, that applies repairs and tells what it
 * holds in write events. It knows the public contract (the schemas) and nothing of the job.
 */
package io.trueup.replica;

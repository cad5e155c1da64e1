/**
 * The reference datastore: a table in SQLite or PostgreSQL that is fed by a Kafka topic, applies repairs, and sends write events for the
 * entries that it holds. It uses the public contract (the schemas) and no code of the job. {@link io.trueup.replica.Worker} does the
 * work, one cycle after the other.
 */
package io.trueup.replica;

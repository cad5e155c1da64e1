/**
 * Entries, and the rules that decide which one a datastore keeps: what is stored for a key, the writes and repairs that may replace it,
 * version vectors, and a batch of writes and repairs applied in memory. Knows neither Kafka nor a database.
 */
package io.trueup.replica.entry;

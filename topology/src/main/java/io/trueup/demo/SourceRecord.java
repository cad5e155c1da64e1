package io.trueup.demo;

/**
 * One record to be loaded. Arrays are not copied.
 *
 * @param key the record key
 * @param value a JSON object in UTF-8
 */
record SourceRecord(String key, byte[] value) {}

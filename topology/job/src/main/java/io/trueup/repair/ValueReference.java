package io.trueup.repair;

/**
 * Where a target can fetch a value that the repair event does not carry. The partition is that of the repair event.
 *
 * @param replica a replica that holds the value
 * @param topic that replica's writes topic
 * @param offset offset of the write event
 */
public record ValueReference(String replica, String topic, long offset) {}

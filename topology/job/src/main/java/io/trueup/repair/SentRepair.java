package io.trueup.repair;

/**
 * The properties of a repair event that the target's reconciler reads in its own repair topic. The key array must not be
 * changed.
 *
 * @param id id of the repair
 * @param key the record key
 * @param version version of the winning entry
 * @param deleted whether the repair deletes the key
 * @param validUntilMs the event must not be applied after this time, in milliseconds since the epoch
 */
public record SentRepair(String id, byte[] key, long version, boolean deleted, long validUntilMs) {}

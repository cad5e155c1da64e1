package io.trueup.repair;

/**
 * What the target's reconciler needs to know of a repair event in its own repair topic. The key array must not be changed.
 *
 * @param id id of the repair
 * @param key the record key
 * @param version version of the winning entry
 * @param deleted true if the key is to be deleted
 * @param validUntilMs after this time the event must not be applied
 */
public record SentRepair(String id, byte[] key, long version, boolean deleted, long validUntilMs) {}

package io.trueup.repair;

import io.trueup.tree.VersionVector;

/**
 * The properties of a repair event that the target's reconciler reads in its own repair topic. The key array must not be
 * changed.
 *
 * @param id id of the repair
 * @param key the record key
 * @param version version of the winning entry
 * @param vector its version vector, or null
 * @param deleted whether the repair deletes the key
 * @param validUntilMs the event must not be applied after this time, in milliseconds since the epoch
 */
public record SentRepair(
        String id, byte[] key, long version, VersionVector vector, boolean deleted, long validUntilMs) {}

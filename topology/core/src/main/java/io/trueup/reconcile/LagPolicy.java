package io.trueup.reconcile;

import java.util.HashMap;
import java.util.Map;

/**
 * How long this replica and each peer have been apart as a whole: one's watermark further behind the other's than the grace.
 * While that lasts, comparing their trees would only find what is still under way; after the configured patience they are
 * compared all the same. Not thread-safe.
 */
final class LagPolicy {

    private final Settings settings;
    private final Map<String, Long> apartSinceCutMs = new HashMap<>();

    LagPolicy(Settings settings) {
        this.settings = settings;
    }

    /**
     * Whether a peer is to be compared at a cut: equal, or not apart, or apart for too long.
     *
     * @param equal whether the two trees are equal
     */
    boolean compare(String peer, boolean equal, long ownWatermarkMs, long peerWatermarkMs, long cutMs) {
        long ahead = Math.min(Math.max(ownWatermarkMs, peerWatermarkMs), cutMs);
        long behind = Math.min(ownWatermarkMs, peerWatermarkMs);
        if (equal || ahead <= behind + settings.times().graceMs()) {
            apartSinceCutMs.remove(peer);
            return true;
        }
        return cutMs - apartSinceCutMs.computeIfAbsent(peer, p -> cutMs)
                >= settings.times().patienceMs();
    }
}

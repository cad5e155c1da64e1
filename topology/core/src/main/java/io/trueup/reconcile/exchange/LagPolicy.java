package io.trueup.reconcile.exchange;

import io.trueup.reconcile.settings.Settings;
import java.util.HashMap;
import java.util.Map;

/**
 * Decides whether this replica and a peer are compared, or one of them lags behind the other as a whole: its watermark is
 * further behind than the grace. While a replica lags, a comparison would only find writes that are still on their way; once
 * patience has ended, the two are compared all the same. Not thread-safe.
 */
public final class LagPolicy {

    private final Settings settings;
    private final Map<String, Long> apartSinceCutMs = new HashMap<>();

    public LagPolicy(Settings settings) {
        this.settings = settings;
    }

    /**
     * Whether a peer is compared at a cut: the trees are equal, or neither lags, or one has lagged for too long.
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

package io.trueup.reconcile.settings;

import java.util.Optional;

/** When, by configuration, the repairs of a replica rest or are slowed down. A function of time alone. Thread-safe. */
@FunctionalInterface
public interface RepairWindows {

    /** Never. */
    RepairWindows NONE = (target, atMs) -> Optional.empty();

    /**
     * The window in which a time lies, in milliseconds since the epoch.
     *
     * @param target the replica to repair
     */
    Optional<Window> at(String target, long atMs);

    /**
     * A window.
     *
     * @param untilMs its end, in milliseconds since the epoch
     * @param perSecond repairs of the target per second that one replica's reconciler sends, over all partitions; 0: none
     * @param perRound as many repairs of the target as this are sent in one round of one partition; 0: none
     */
    record Window(long untilMs, int perSecond, int perRound) {

        /** Whether nothing is sent. */
        public boolean rests() {
            return perSecond == 0;
        }
    }
}

package io.trueup.reconcile;

import io.trueup.tree.Entry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * When each replica was away: up to which position it had come before, and from which it went on. What was written in between
 * and is missing there is the backlog of an outage, not a sign of a mistake. Away is who does not come on while another owner
 * does: where nobody writes, nobody is away. An absence counts only if the replica had been up to date when it began: a replica
 * that loads old data also jumps from position to position. Not thread-safe.
 */
final class Outages {

    private static final int MOST_PER_REPLICA = 16;

    private final Settings settings;
    private final Map<String, Presence> presences = new HashMap<>();

    Outages(Settings settings) {
        this.settings = settings;
    }

    private record Absence(long fromMs, long toMs) {}

    private static final class Presence {
        private long upToDateMs = Long.MIN_VALUE;
        /** The first cut at which another owner was ahead; {@link Entry#NEVER} if none is. */
        private long behindSinceMs = Entry.NEVER;

        private final Deque<Absence> absences = new ArrayDeque<>();
    }

    /**
     * Notes how far a replica has come at a cut.
     *
     * @param highestMs how far the owner that was heard and has come furthest has come
     */
    void seen(String replica, long watermarkMs, long highestMs, long cutMs) {
        Presence presence = presences.computeIfAbsent(replica, r -> new Presence());
        boolean behind = isBehind(watermarkMs, highestMs);
        if (behind) {
            presence.behindSinceMs = Math.min(presence.behindSinceMs, cutMs);
        }
        if (watermarkMs >= cutMs - settings.times().patienceMs()) {
            came(presence, watermarkMs, cutMs);
        }
        if (!behind) {
            presence.behindSinceMs = Entry.NEVER;
        }
    }

    private void came(Presence presence, long watermarkMs, long cutMs) {
        boolean jumped = presence.upToDateMs != Long.MIN_VALUE
                && watermarkMs - presence.upToDateMs > settings.times().patienceMs();
        boolean wasAway = presence.behindSinceMs != Entry.NEVER && cutMs - presence.behindSinceMs >= leastAwayMs();
        if (jumped && wasAway) {
            presence.absences.addLast(
                    new Absence(presence.upToDateMs - settings.times().graceMs(), watermarkMs));
            if (presence.absences.size() > MOST_PER_REPLICA) {
                presence.absences.removeFirst();
            }
        }
        presence.upToDateMs = Math.max(presence.upToDateMs, watermarkMs);
    }

    /** LagPolicy, less the time that may go by until a cut shows who is behind, and until one shows that it came. */
    private long leastAwayMs() {
        return settings.times().patienceMs()
                - settings.times().graceMs()
                - 2 * settings.times().intervalMs();
    }

    /** Notes that an owner was not heard in a round. */
    void silent(String replica, long highestMs, long cutMs) {
        Presence presence = presences.get(replica);
        if (presence != null && isBehind(presence.upToDateMs, highestMs)) {
            presence.behindSinceMs = Math.min(presence.behindSinceMs, cutMs);
        }
    }

    /** Whether a replica was away when something with this position was written, or still is. */
    boolean missed(String replica, long positionMs, long watermarkMs, long highestMs) {
        if (watermarkMs < positionMs + settings.times().graceMs() && isBehind(watermarkMs, highestMs)) {
            return true;
        }
        Presence presence = presences.get(replica);
        return presence != null
                && presence.absences.stream()
                        .anyMatch(absence -> absence.fromMs() < positionMs && positionMs <= absence.toMs());
    }

    private boolean isBehind(long watermarkMs, long highestMs) {
        return highestMs > Long.MIN_VALUE + settings.times().graceMs()
                && watermarkMs < highestMs - settings.times().graceMs();
    }
}

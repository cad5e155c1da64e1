package io.trueup.reconcile;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * When each replica was away: up to which position it had come before, and from which it went on. What was written in between
 * and is missing there is the backlog of an outage, not a sign of a mistake. An absence counts only if the replica had been up
 * to date when it began: a replica that loads old data also jumps from position to position. Not thread-safe.
 */
final class Absences {

    private static final int MOST_PER_REPLICA = 16;

    private final Settings settings;
    private final Map<String, Presence> presences = new HashMap<>();

    Absences(Settings settings) {
        this.settings = settings;
    }

    private record Absence(long fromMs, long toMs) {}

    private static final class Presence {
        private long upToDateMs = Long.MIN_VALUE;
        private final Deque<Absence> absences = new ArrayDeque<>();
    }

    /** Notes how far a replica has come at a cut. */
    void seen(String replica, long watermarkMs, long cutMs) {
        if (watermarkMs < cutMs - settings.patienceMs()) {
            return;
        }
        Presence presence = presences.computeIfAbsent(replica, r -> new Presence());
        if (presence.upToDateMs != Long.MIN_VALUE && watermarkMs - presence.upToDateMs > settings.patienceMs()) {
            presence.absences.addLast(new Absence(presence.upToDateMs - settings.graceMs(), watermarkMs));
            if (presence.absences.size() > MOST_PER_REPLICA) {
                presence.absences.removeFirst();
            }
        }
        presence.upToDateMs = Math.max(presence.upToDateMs, watermarkMs);
    }

    /** Whether a replica was away when something with this position was written, or still is. */
    boolean missed(String replica, long positionMs, long watermarkMs) {
        if (watermarkMs < positionMs + settings.graceMs()) {
            return true;
        }
        Presence presence = presences.get(replica);
        return presence != null
                && presence.absences.stream()
                        .anyMatch(absence -> absence.fromMs() < positionMs && positionMs <= absence.toMs());
    }
}

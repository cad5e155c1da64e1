package io.trueup.demo;

import io.trueup.demo.Sightings.Snapshot;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** One replica is down for a while. What it misses for longer than patience lasts is repaired; the rest it reads by itself. */
final class Outage implements Trouble {

    private static final long AFTER_MS = 2_000;

    private final Cluster cluster;
    private final String victim;
    private final long lengthMs;
    private final Feed feed;
    private final Clock clock;
    private final Map<String, String> notes;
    private final long dueMs;
    private long downMs = -1;
    private long upMs = -1;

    /**
     * @param lengthMs how long it is down
     * @param notes where it is shown, by replica
     */
    Outage(Cluster cluster, String victim, long lengthMs, Feed feed, Clock clock, Map<String, String> notes) {
        this.cluster = cluster;
        this.victim = victim;
        this.lengthMs = lengthMs;
        this.feed = feed;
        this.clock = clock;
        this.notes = notes;
        this.dueMs = clock.millis() + AFTER_MS;
        feed.remember();
    }

    @Override
    public FaultKind kind() {
        return FaultKind.OUTAGE;
    }

    @Override
    public boolean pass() {
        long nowMs = clock.millis();
        if (downMs < 0 && nowMs >= dueMs) {
            cluster.crashReplica(victim);
            downMs = nowMs;
            notes.put(victim, "down");
        } else if (downMs >= 0 && upMs < 0 && nowMs - downMs >= lengthMs) {
            cluster.startReplica(victim);
            upMs = clock.millis();
            notes.put(victim, "was down for " + Screen.seconds(lengthMs));
        }
        return upMs >= 0;
    }

    /** Whether its key was written before the end of the outage, and as much patience as was promised has passed since. */
    @Override
    public boolean explains(SeenRepair repair) {
        long writtenMs = feed.firstWrittenMs(repair.key());
        return concerns(repair)
                && downMs >= 0
                && (upMs < 0 || writtenMs <= upMs)
                && writtenMs <= repair.atMs() - cluster.timing().patienceMs();
    }

    @Override
    public boolean concerns(SeenRepair repair) {
        return repair.target().equals(victim);
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        long repaired = balance.explained().stream().filter(this::explains).count();
        long falsely = balance.falseRepairs().stream().filter(this::concerns).count();
        return new Account(downMs < 0 ? 0 : 1, repaired, repaired, falsely, 0, tale().get(0));
    }

    @Override
    public List<String> tale() {
        return List.of(
                lengthMs < cluster.timing().patienceMs()
                        ? victim + " was down for " + Screen.seconds(lengthMs) + ", shorter than patience lasts ("
                                + Screen.seconds(cluster.timing().patienceMs()) + "): it caught up by itself"
                        : victim + " was down for " + Screen.seconds(lengthMs) + ": what it had missed for more than "
                                + Screen.seconds(cluster.timing().patienceMs())
                                + " was repaired, the rest it read itself");
    }
}

package io.trueup.stream;

import io.trueup.failure.RateLimitedLog;
import io.trueup.reconcile.clock.RoundClock;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Windows;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clocks of all reconcilers in this process. They are set by the same wall clock, so none is a witness for another. The
 * clock of a partition lives as long as the process, so that a task that starts again does not take up a wall clock that has
 * stepped. Thread-safe; each clock itself is used by the thread of its task.
 */
public final class JobClocks {

    private static final Logger LOG = LoggerFactory.getLogger(JobClocks.class);

    private record Place(String replica, int partition) {}

    private final Time steady = new SteadyTime();
    private final LongSupplier wallClock;
    private final LongSupplier steadyClock;
    private final Map<Place, RoundClock> clocks = new ConcurrentHashMap<>();
    private final Set<Place> held = ConcurrentHashMap.newKeySet();
    private volatile long roundsMs;
    /** The latest time that the wall clock has shown at the start, or to {@link #wentBackMs}. */
    private long latestWallMs;

    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    public JobClocks() {
        this(System::currentTimeMillis);
    }

    /** @param wallClock milliseconds since the epoch; may step */
    public JobClocks(LongSupplier wallClock) {
        this.wallClock = wallClock;
        this.steadyClock = steady::milliseconds;
        this.latestWallMs = wallMs();
    }

    /**
     * For tests.
     *
     * @param wallClock milliseconds since the epoch
     * @param steadyClock monotonic time in milliseconds
     */
    JobClocks(LongSupplier wallClock, LongSupplier steadyClock) {
        this.wallClock = wallClock;
        this.steadyClock = steadyClock;
        this.latestWallMs = wallMs();
    }

    /** Monotonic time for Kafka Streams: its punctuators must be called whatever the wall clock does. */
    public Time steady() {
        return steady;
    }

    /** The time by which rounds are due in this process, as a reconciler has noted it last; at first the wall clock. */
    public long roundsMs() {
        long noted = roundsMs;
        return noted == 0 ? wallMs() : noted;
    }

    /** Notes the time of a reconciler. */
    void reached(long nowMs) {
        roundsMs = nowMs;
    }

    long wallMs() {
        return wallClock.getAsLong();
    }

    /**
     * How far the wall clock is behind the latest time that it has shown at the start, or at a call of this method. Kafka's clients
     * count time by the latest time that they have seen: for as long, they send no heartbeats and open no connection again.
     */
    public synchronized long wentBackMs() {
        long nowMs = wallMs();
        latestWallMs = Math.max(latestWallMs, nowMs);
        return latestWallMs - nowMs;
    }

    /** Lets a clock compare the wall clock with monotonic time, as of the same moment; see {@link RoundClock#regulate}. */
    boolean regulate(RoundClock clock, int owners) {
        long steadyMs = steadyClock.getAsLong();
        return clock.regulate(wallMs(), steadyMs, owners);
    }

    /** The clock of a partition's reconciler; made from the wall clock when it is first used. */
    RoundClock clock(Settings settings, int partition, long steadyMs) {
        return clocks.computeIfAbsent(new Place(settings.replica(), partition), place -> {
            Settings.Times times = settings.times();
            Windows windows = new Windows(times.intervalMs(), times.graceMs());
            return new RoundClock(windows, times.patienceMs(), wallMs(), steadyMs);
        });
    }

    /** This process holds the reconciler of a partition from now on. */
    void opened(String replica, int partition) {
        held.add(new Place(replica, partition));
    }

    void closed(String replica, int partition) {
        held.remove(new Place(replica, partition));
    }

    /** Whether this process holds the reconciler of a partition. */
    boolean holds(String replica, int partition) {
        return held.contains(new Place(replica, partition));
    }

    /** How many owners of a partition have a clock of their own, the one of this process included. */
    int count(List<String> owners, int partition) {
        int count = 1;
        for (String owner : owners) {
            count += holds(owner, partition) ? 0 : 1;
        }
        return count;
    }

    /** What contradicts a clock, and what to do, for an operator. */
    static String text(RoundClock.Doubt doubt) {
        String shown =
                Instant.ofEpochMilli(doubt.shownMs()) + ", but rounds go on at " + Instant.ofEpochMilli(doubt.nowMs());
        return switch (doubt.source()) {
            case WALL_CLOCK ->
                "the wall clock shows " + shown + ", because not enough other owners or brokers confirm it. Correct the"
                        + " clock of this machine; if it is right, restart the job";
            case BROKERS ->
                "the brokers have stamped the records that are read now at " + shown
                        + ". Correct the clock that is wrong,"
                        + " unless this process reads its topics that late: then wait until it has caught up";
            case PEER ->
                "the time of replica " + doubt.replica() + " is " + shown + ". Correct the clock that is wrong";
        };
    }

    /** Warns of a clock; all partitions see much the same. */
    void warn(String message) {
        warnings.warn(message);
    }
}

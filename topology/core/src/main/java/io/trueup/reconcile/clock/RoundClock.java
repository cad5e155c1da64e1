package io.trueup.reconcile.clock;

import io.trueup.tree.Windows;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The time by which one reconciler acts: monotonic time plus an offset.
 *
 * <p>While the wall clock is less than the grace away, the offset is slewed towards it: time then runs half as fast again, or
 * half as fast, so it never goes back, and it has caught up after twice the difference. A wall clock that is further away
 * has made a <em>step</em> (or monotonic time has stood still, in a machine that was suspended). A step is not followed at
 * once. It is accepted
 *
 * <ul>
 *   <li>when the majority confirms it over two rounds: of the wall clock itself, the other owners (by the cuts of their roots)
 *       and, where they are heard, the brokers (by append times). A majority may also correct a clock that was wrong from the
 *       start; it then replaces the wall clock;
 *   <li>when the wall clock has shown the same for {@code patienceMs}, and no owner and no broker shows that the time so far is
 *       right. Otherwise a process that hosts all owners would never notice that its machine was suspended;
 *   <li>when the wall clock has shown the same for {@code patienceMs}, and the brokers confirm it; or it is away by less than the
 *       grace and an interval, and at least as many clocks confirm it as contradict it. Otherwise owners whose clocks were wrong
 *       together when they started would confirm each other for ever.
 * </ul>
 *
 * What a peer shows is never later than its clock, and may be earlier by as long as its root took. So where the wall clock
 * does not show the same, peers contradict only a time that differs by more than that can explain.
 *
 * <p>After an accepted step the reconciler must be built again: it takes no time that goes back, and what it has clamped
 * follows the time at which it was built. Not thread-safe.
 */
public final class RoundClock {

    /** The brokers as witnesses; no replica can have this name. */
    private static final String BROKERS = "";
    /** For how many intervals it counts what a witness has shown. */
    private static final int ROUNDS_HEARD = 3;

    private final Windows windows;
    private final long patienceMs;
    private final Map<String, Witness> witnesses = new TreeMap<>();

    private long monotonicMs;
    private long offsetMs;
    private long nowMs;
    private long regulatedMs;
    /** What the wall clock shows, less monotonic time: as it was when it last changed by the grace or more, and as it is. */
    private long steadyWallMs;

    private long wallOffsetMs;
    private long wallSteadySinceMs;
    private boolean confirmed;

    /**
     * Starts with the wall clock.
     *
     * @param patienceMs how long a step must last that no majority confirms
     * @param wallMs what the wall clock shows, in milliseconds since the epoch
     * @param monotonicMs monotonic time in milliseconds, of any origin
     */
    public RoundClock(Windows windows, long patienceMs, long wallMs, long monotonicMs) {
        this.windows = windows;
        this.patienceMs = patienceMs;
        this.monotonicMs = monotonicMs;
        regulatedMs = monotonicMs;
        offsetMs = wallMs - monotonicMs;
        nowMs = wallMs;
        wallOffsetMs = offsetMs;
        steadyWallMs = offsetMs;
        wallSteadySinceMs = monotonicMs;
    }

    /** The time at the last call that changed it, in milliseconds since the epoch. */
    public long nowMs() {
        return nowMs;
    }

    /** Lets monotonic time pass; returns the time, which is never before the last one. Cheap: two additions. */
    public long advance(long monotonicMs) {
        this.monotonicMs = Math.max(this.monotonicMs, monotonicMs);
        nowMs = Math.max(nowMs, this.monotonicMs + offsetMs);
        return nowMs;
    }

    /** A root of another owner for a cut was heard. The owner must be in another process: one in this has the same clock. */
    public void heardRoot(String replica, long cutMs) {
        shown(replica, cutMs + windows.graceMs());
    }

    /** A record was read that a broker had stamped at a time. */
    public void heardBroker(long appendTimeMs) {
        shown(BROKERS, appendTimeMs);
    }

    private void shown(String witness, long timeMs) {
        witnesses
                .computeIfAbsent(witness, name -> new Witness())
                .shows(windows.dueAt(timeMs), timeMs - monotonicMs, monotonicMs);
    }

    /**
     * Compares the time with the wall clock and with what was heard. To be called often, in between the calls of {@link
     * #advance}.
     *
     * @param owners how many owners have a clock of their own, this one included
     * @return whether a step was accepted: time may then have gone back, and the reconciler must be built again
     */
    public boolean regulate(long wallMs, long monotonicMs, int owners) {
        advance(monotonicMs);
        long passedMs = this.monotonicMs - regulatedMs;
        regulatedMs = this.monotonicMs;
        wallOffsetMs = wallMs - this.monotonicMs;
        if (Math.abs(wallOffsetMs - steadyWallMs) >= windows.graceMs()) {
            steadyWallMs = wallOffsetMs;
            wallSteadySinceMs = this.monotonicMs;
        }
        witnesses
                .values()
                .forEach(witness -> witness.forgetBefore(this.monotonicMs - ROUNDS_HEARD * windows.intervalMs()));
        witnesses.values().removeIf(Witness::isSilent);
        long stepMs = acceptedStepMs(owners);
        confirmed = stepMs == 0 && isShownBy(owners);
        if (stepMs == 0) {
            if (!wallIsAway()) {
                long most = passedMs / 2;
                offsetMs += Math.max(-most, Math.min(most, wallOffsetMs - offsetMs));
                advance(monotonicMs);
            }
            return false;
        }
        offsetMs += stepMs;
        nowMs = this.monotonicMs + offsetMs;
        return true;
    }

    /**
     * Whether something else than this process has shown the same time, as of the last {@link #regulate}: another owner, or the
     * brokers. Where nothing else can show one, because all owners are in this process, a wall clock that has been steady for
     * the patience counts.
     */
    public boolean isConfirmed() {
        return confirmed;
    }

    private boolean isShownBy(int owners) {
        if (witnesses.isEmpty()) {
            return owners == 1 && !wallIsAway() && isSteadyFor(patienceMs);
        }
        return witnesses.values().stream().anyMatch(witness -> shows(witness, offsetMs));
    }

    private boolean wallIsAway() {
        return Math.abs(wallOffsetMs - offsetMs) >= Math.max(1, windows.graceMs());
    }

    private long acceptedStepMs(int owners) {
        if (wallIsAway() && isSteadyFor(windows.intervalMs())) {
            long confirm =
                    witnesses.values().stream().filter(this::confirmsWall).count();
            boolean confirmed = confirm > 0 && isMajority(confirm + 1, owners);
            if (confirmed || isSteadyFor(patienceMs) && isBelievedAlone(confirm)) {
                return wallOffsetMs - offsetMs;
            }
        }
        return majority(owners) - offsetMs;
    }

    /** Whether a wall clock that has been steady for long is believed without a majority. */
    private boolean isBelievedAlone(long confirm) {
        long contradict = witnesses.values().stream()
                .filter(witness -> shows(witness, offsetMs))
                .count();
        Witness brokers = witnesses.get(BROKERS);
        boolean near = Math.abs(wallOffsetMs - offsetMs) < windows.graceMs() + windows.intervalMs();
        return contradict == 0
                || brokers != null && confirmsWall(brokers)
                || near && confirm > 0 && confirm + 1 >= contradict;
    }

    private boolean isSteadyFor(long ms) {
        return monotonicMs - wallSteadySinceMs >= ms;
    }

    private boolean isMajority(long votes, int owners) {
        Witness brokers = witnesses.get(BROKERS);
        return 2 * votes > owners + (brokers != null && shows(brokers, brokers.latestMs()) ? 1 : 0);
    }

    /** Whether a witness shows the time of the wall clock, and is nearer to it than to the time so far. */
    private boolean confirmsWall(Witness witness) {
        long nearestMs = Math.abs(wallOffsetMs - offsetMs) / 2;
        long earliestMs = wallOffsetMs - latestDelayMs();
        long latestMs = wallOffsetMs + windows.graceMs();
        return wallOffsetMs > offsetMs
                ? witness.showsTwice(Math.max(earliestMs, wallOffsetMs - nearestMs + 1), latestMs)
                : witness.showsTwice(earliestMs, Math.min(latestMs, wallOffsetMs + nearestMs - 1));
    }

    /** Whether a witness shows a time, less the monotonic time, or what may be the same. */
    private boolean shows(Witness witness, long atMs) {
        return witness.showsTwice(atMs - latestDelayMs(), atMs + windows.graceMs());
    }

    /** How much later than its round is due a root is expected. */
    private long latestDelayMs() {
        return windows.intervalMs() / 2;
    }

    /** The offset that a majority of witnesses shows and that contradicts the one so far; otherwise the one so far. */
    private long majority(int owners) {
        for (Witness first : witnesses.values()) {
            long atMs = first.latestMs();
            boolean ahead = atMs > offsetMs + windows.graceMs();
            boolean behind = atMs < offsetMs - windows.graceMs() - windows.intervalMs();
            if (!ahead && !behind) {
                continue;
            }
            long spreadMs = latestDelayMs();
            long votes = witnesses.values().stream()
                    .filter(witness ->
                            witness.showsTwice(atMs - spreadMs, atMs + spreadMs) && !shows(witness, offsetMs))
                    .count();
            if (isMajority(votes, owners)) {
                return witnesses.values().stream()
                        .mapToLong(witness -> witness.highestMs(atMs - spreadMs, atMs + spreadMs))
                        .reduce(atMs, Math::max);
            }
        }
        return offsetMs;
    }

    /** What contradicts the time most; empty if nothing does. */
    public Optional<Doubt> doubt() {
        if (wallIsAway()) {
            return Optional.of(new Doubt(Source.WALL_CLOCK, null, monotonicMs + wallOffsetMs, monotonicMs + offsetMs));
        }
        for (Map.Entry<String, Witness> witness : witnesses.entrySet()) {
            long shownMs = witness.getValue().latestMs();
            boolean near = shownMs <= offsetMs + windows.graceMs()
                    && shownMs >= offsetMs - windows.graceMs() - windows.intervalMs();
            if (!near && shows(witness.getValue(), shownMs)) {
                boolean brokers = witness.getKey().equals(BROKERS);
                return Optional.of(new Doubt(
                        brokers ? Source.BROKERS : Source.PEER,
                        brokers ? null : witness.getKey(),
                        monotonicMs + shownMs,
                        monotonicMs + offsetMs));
            }
        }
        return Optional.empty();
    }

    /** What shows another time. */
    public enum Source {
        WALL_CLOCK,
        BROKERS,
        PEER
    }

    /**
     * Another time is shown, and not followed.
     *
     * @param source what shows it
     * @param replica the peer, or null
     * @param shownMs the time shown
     * @param nowMs the time that is followed
     */
    public record Doubt(Source source, String replica, long shownMs, long nowMs) {}
}

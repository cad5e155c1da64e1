package io.trueup.reconcile.clock;

import java.util.ArrayDeque;

/**
 * What one peer, or the brokers, have shown of their time. A message shows a time that its sender had passed when it was sent;
 * it may have been on its way for long. So a single message shows little, and a burst of old ones too. Bounded. Not
 * thread-safe.
 */
final class Witness {

    private static final int MAX_CLAIMS = 16;

    /**
     * One time shown.
     *
     * @param round the round that was due at this time
     * @param offsetMs this time, less the monotonic time at which it was heard
     * @param heardMs that monotonic time
     */
    private record Claim(long round, long offsetMs, long heardMs) {}

    private final ArrayDeque<Claim> claims = new ArrayDeque<>();

    /** A time was shown; of those within one round, the one counts that was least delayed. */
    void shows(long round, long offsetMs, long monotonicMs) {
        Claim last = claims.peekLast();
        if (last != null && last.round() == round) {
            if (offsetMs <= last.offsetMs()) {
                return;
            }
            claims.removeLast();
        } else if (claims.size() == MAX_CLAIMS) {
            claims.removeFirst();
        }
        claims.addLast(new Claim(round, offsetMs, monotonicMs));
    }

    void forgetBefore(long monotonicMs) {
        claims.removeIf(claim -> claim.heardMs() < monotonicMs);
    }

    boolean isSilent() {
        return claims.isEmpty();
    }

    /** The latest time shown, less the monotonic time; not while it is silent. */
    long latestMs() {
        return claims.getLast().offsetMs();
    }

    /** Whether at least two rounds show times within a range, less the monotonic time. */
    boolean showsTwice(long fromMs, long toMs) {
        Claim first = null;
        for (Claim claim : claims) {
            if (claim.offsetMs() < fromMs || claim.offsetMs() > toMs) {
                continue;
            }
            if (first != null && claim.round() != first.round()) {
                return true;
            }
            first = claim;
        }
        return false;
    }

    /** Latest time within a range, less the monotonic time; {@code fromMs} if there is none. */
    long highestMs(long fromMs, long toMs) {
        return claims.stream()
                .mapToLong(Claim::offsetMs)
                .filter(offset -> offset >= fromMs && offset <= toMs)
                .reduce(fromMs, Math::max);
    }
}

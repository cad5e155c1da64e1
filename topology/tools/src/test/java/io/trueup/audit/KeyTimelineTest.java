package io.trueup.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import org.junit.jupiter.api.Test;

/** Two replicas, 0 and 1. */
class KeyTimelineTest {

    private static final long AT = 1_000;

    private final KeyTimeline timeline = new KeyTimeline(2, timeMs -> true);

    @Test
    void shouldNameTheWriteThatOneReplicaNeverGot() {
        write(100, 0, 5, 1);
        write(101, 1, 7, 1);
        write(200, 0, 6, 2);

        assertOrigin(0, 6, 200);
    }

    @Test
    void shouldNotCountDifferencesThatHaveEnded() {
        write(100, 0, 5, 1);
        write(150, 1, 7, 1);
        write(200, 0, 6, 2);
        write(900, 1, 8, 2);

        assertThat(timeline.origin(AT)).isEmpty();

        write(950, 1, 9, 3);

        assertOrigin(1, 9, 950);
    }

    @Test
    void shouldNameTheFirstWriteWhereTheReplicasHaveDifferedFromThenOn() {
        write(100, 0, 5, 1);
        write(200, 1, 7, 2);
        write(300, 0, 6, 3);

        assertOrigin(0, 5, 100);
    }

    @Test
    void shouldPutReplicasInOrderByTimeNotInOrderOfReading() {
        write(300, 0, 5, 1);
        write(100, 1, 7, 1);

        assertThat(timeline.origin(AT)).isEmpty();

        write(400, 1, 8, 2);
        write(350, 0, 6, 2);

        assertThat(timeline.origin(AT)).isEmpty();

        write(360, 0, 7, 3);

        assertOrigin(0, 6, 350);
    }

    @Test
    void shouldTakeTheReplicaFirstInOrderWhereTimesAreTheSame() {
        write(100, 1, 7, 2);
        write(100, 0, 5, 1);

        assertOrigin(0, 5, 100);
    }

    @Test
    void shouldNotLetALaterTimestampHideAHigherOffset() {
        write(100, 0, 5, 1);
        write(100, 1, 7, 1);
        write(500, 0, 6, 2);
        write(400, 0, 7, 3);

        assertOrigin(0, 7, 400);
    }

    @Test
    void shouldNameADelete() {
        write(100, 0, 5, 1);
        write(101, 1, 7, 1);
        delete(200, 1, 8);

        assertOrigin(1, 8, 200);
    }

    @Test
    void shouldFindReplicasEqualAgainOnceAValueHasExpired() {
        expiring(100, 0, 5, 1, 500);

        assertThat(timeline.origin(499)).isPresent();
        assertThat(timeline.origin(500)).isEmpty();
    }

    @Test
    void shouldNameTheWriteWhoseValueExpiresEarlierThanItsCopy() {
        expiring(100, 0, 5, 1, 500);
        expiring(101, 1, 7, 1, 600);

        assertThat(timeline.origin(499)).isEmpty();
        KeyTimeline.Origin origin = timeline.origin(500).orElseThrow();
        assertThat(origin.byExpiry()).isTrue();
        assertThat(origin.timeMs()).isEqualTo(500);
        assertThat(origin.change().offset()).isEqualTo(5);
        assertThat(timeline.origin(600)).isEmpty();
    }

    @Test
    void shouldNotBlameAnExpiryThatAWriteHasPrevented() {
        expiring(100, 0, 5, 1, 500);
        write(101, 1, 7, 1);
        write(300, 0, 6, 1);

        assertThat(timeline.origin(AT)).isEmpty();
    }

    @Test
    void shouldTakeWritesDatedAheadAsTheyAre() {
        write(100, 0, 5, 1);
        write(101, 1, 7, 1);
        write(5_000, 0, 6, 2);

        assertOrigin(0, 6, 5_000);
    }

    private void write(long timeMs, int replica, long offset, int digest) {
        expiring(timeMs, replica, offset, digest, Entry.NEVER);
    }

    private void expiring(long timeMs, int replica, long offset, int digest, long expiryMs) {
        timeline.add(new KeyTimeline.Change(timeMs, replica, offset, new Hash128(digest, digest), expiryMs), null);
    }

    private void delete(long timeMs, int replica, long offset) {
        timeline.add(new KeyTimeline.Change(timeMs, replica, offset, Hash128.ZERO, Long.MIN_VALUE), null);
    }

    private void assertOrigin(int replica, long offset, long timeMs) {
        KeyTimeline.Origin origin = timeline.origin(AT).orElseThrow();
        assertThat(origin.change().replica()).isEqualTo(replica);
        assertThat(origin.change().offset()).isEqualTo(offset);
        assertThat(origin.timeMs()).isEqualTo(timeMs);
        assertThat(origin.byExpiry()).isFalse();
    }
}

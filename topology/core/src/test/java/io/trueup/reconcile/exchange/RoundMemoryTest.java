package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RoundMemoryTest {

    private static final long ENTRY = RoundMemory.BYTES_PER_ENTRY;

    private final RoundMemory memory = new RoundMemory(100 * RoundMemory.BYTES_PER_ENTRY);

    private RoundMemory.Share open(String replica, int partition, long cutMs) {
        RoundMemory.Share share = memory.open(replica, partition, 100);
        share.begin(cutMs);
        return share;
    }

    @Test
    void shouldBeSharedByAllPartitionsAndReplicas() {
        RoundMemory.Share first = open("eu", 0, 1_000);
        RoundMemory.Share second = open("eu", 1, 1_000);
        RoundMemory.Share third = open("us", 0, 1_000);
        first.heard(50);
        second.heard(16);
        assertThat(first.isExhausted()).isFalse();
        third.heard(34);
        assertThat(first.isExhausted()).isTrue();
        assertThat(third.isExhausted()).isTrue();

        first.release();
        assertThat(third.isExhausted()).isFalse();
    }

    @Test
    void shouldLeaveAnEqualPartToAPartitionThatComesLast() {
        open("eu", 0, 1_000).heard(60);
        open("eu", 1, 1_000).heard(60);
        RoundMemory.Share last = open("eu", 2, 1_000);
        assertThat(last.isExhausted()).isFalse();
        last.heard(32);
        assertThat(last.isExhausted()).isFalse();
        last.heard(2);
        assertThat(last.isExhausted()).isTrue();
    }

    @Test
    void shouldCountEarlyMessages() {
        RoundMemory.Share share = open("eu", 0, 1_000);
        share.early(100 * RoundMemory.BYTES_PER_ENTRY);
        share.begin(1_100);
        assertThat(share.isExhausted()).isTrue();
        share.early(-RoundMemory.BYTES_PER_ENTRY);
        assertThat(share.isExhausted()).isFalse();
    }

    @Test
    void shouldForgetWhatTheLastReconcilerOfAPartitionHeld() {
        open("eu", 0, 1_000).heard(100);
        RoundMemory.Share other = open("us", 0, 1_000);
        other.heard(50);
        assertThat(other.isExhausted()).isTrue();
        open("eu", 0, 1_000);
        assertThat(other.isExhausted()).isFalse();
    }

    /** A partition may move to another process in the middle of a round. */
    @Test
    void shouldForgetARoundThatWasNotClosedAfterAnInterval() {
        open("eu", 0, 1_000).heard(100);
        RoundMemory.Share other = open("eu", 1, 1_100);
        other.heard(50);
        assertThat(other.isExhausted()).isTrue();
        other.begin(1_200);
        other.heard(50);
        assertThat(other.isExhausted()).isFalse();

        open("eu", 2, 86_400_000).heard(100);
        assertThat(other.isExhausted()).as("beside one of a wrong clock").isFalse();
    }

    /** A peer's entries may have vectors of many writers where this replica's have few. */
    @Test
    void shouldCountVectorsAsExpectedAndThoseHeardOnceTheyAreMore() {
        RoundMemory.Share share = open("eu", 0, 1_000);
        share.heard(50);
        share.expectVectors(20 * ENTRY);
        share.heardVectors(20 * ENTRY);
        assertThat(share.isExhausted()).isFalse();
        share.heardVectors(29 * ENTRY);
        assertThat(share.isExhausted()).isFalse();
        share.heardVectors(ENTRY);
        assertThat(share.isExhausted()).isTrue();

        share.release();
        assertThat(share.isExhausted()).isFalse();
    }

    @Test
    void shouldHaveRoomForVectorsThatAreExpectedAndForTwiceTheBoundOfAll() {
        RoundMemory.Share first = open("eu", 0, 1_000);
        RoundMemory.Share second = open("eu", 1, 1_000);
        first.expectVectors(150 * ENTRY);
        second.expectVectors(50 * ENTRY);
        assertThat(first.hasRoomForVectors(150 * ENTRY)).isTrue();
        first.heardVectors(150 * ENTRY);

        assertThat(first.hasRoomForVectors(1)).isFalse();
        assertThat(first.hasRoomForVectors(0)).as("entries without vectors").isTrue();
        assertThat(second.hasRoomForVectors(50 * ENTRY)).isTrue();
        second.release();
        assertThat(first.hasRoomForVectors(50 * ENTRY)).isTrue();
        assertThat(first.hasRoomForVectors(50 * ENTRY + 1)).isFalse();
    }
}

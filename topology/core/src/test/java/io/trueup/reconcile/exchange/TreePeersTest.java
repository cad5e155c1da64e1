package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TreePeersTest {

    private final TreePeers peers = new TreePeers();

    @Test
    void shouldExchangeSketchesAsLongAsAllDo() {
        assertThat(peers.beginRound()).isTrue();
        assertThat(peers.beginRound()).isTrue();
    }

    @Test
    void shouldDescendTreesForSomeRoundsBesideAPeerThatDoes() {
        peers.descended("eu");

        for (int round = 0; round < TreePeers.ROUNDS; round++) {
            assertThat(peers.beginRound()).as("round %d", round).isFalse();
        }
        assertThat(peers.beginRound()).isTrue();
    }

    @Test
    void shouldWaitForTheLastOfThem() {
        peers.descended("eu");
        peers.beginRound();
        peers.descended("us");

        for (int round = 0; round < TreePeers.ROUNDS; round++) {
            assertThat(peers.beginRound()).as("round %d", round).isFalse();
        }
        assertThat(peers.beginRound()).isTrue();
    }
}

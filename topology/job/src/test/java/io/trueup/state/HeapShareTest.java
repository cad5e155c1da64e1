package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapShareTest {

    private static final long MIB = 1 << 20;

    @Test
    void shouldSayOnceThatTheEntriesTakeMuchOfTheHeap() {
        HeapShare share = new HeapShare(300 * MIB);

        share.add(100 * MIB);
        assertThat(share.isLarge()).isFalse();
        share.add(1);
        assertThat(share.isLarge()).isTrue();
        share.add(-20 * MIB);
        assertThat(share.isLarge())
                .as("near the limit it would be said again and again")
                .isTrue();
        share.add(-10 * MIB);
        assertThat(share.isLarge()).isFalse();
        assertThat(share.held()).isEqualTo(70 * MIB + 1);
    }
}

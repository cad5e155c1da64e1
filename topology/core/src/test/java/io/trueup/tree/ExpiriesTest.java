package io.trueup.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import org.junit.jupiter.api.Test;

class ExpiriesTest {

    private static final KeyedHash HASH = new KeyedHash(TestSettings.SECRET);

    /** The symbols of a window take more room than the segments of a small tree. */
    @Test
    void shouldKeepEightWindowsOfASmallTreeInMemoryBesideTheirSymbols() {
        for (int bits = 2; bits <= 6; bits++) {
            for (int symbols : new int[] {0, 128}) {
                Settings settings = TestSettings.settings("eu", "us")
                        .changed()
                        .segmentBits(bits)
                        .symbols(symbols)
                        .build();
                Expiries expiries = new Expiries(new PendingDeltas(HASH, symbols), settings.expirySlots(), 0);

                for (long window = 1; window <= 8; window++) {
                    for (int segment = 0; segment < 1 << bits; segment++) {
                        expiries.add(window, new Hash128(segment, window), segment, new Hash128(7, 7));
                    }
                }

                assertThat(expiries.knownTo())
                        .as("%d segments, %d symbols", 1 << bits, symbols)
                        .isEqualTo(Windows.NONE);
            }
        }
    }
}

package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Hash128;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Trees of 256 segments. */
class CoverageTest {

    private final Settings settings = TestSettings.settings("ap", "eu", "us");
    private final PeerTree eu = peer("eu");
    private final PeerTree us = peer("us");
    private final BitSet resolved = new BitSet();
    private final Set<Long> resolvedKeys = new HashSet<>();
    private final Coverage coverage =
            new Coverage(settings, new TreeMap<>(Map.of("eu", eu, "us", us)), resolved, resolvedKeys);

    private static PeerTree peer(String name) {
        return new PeerTree(name, 1, new Root(new Hash128(1, 1), 1_000, Evidence.of(0, 0), false, false), true);
    }

    private static long key(int segment, int number) {
        return ((long) segment << -8) + number;
    }

    /** A peer differs in keys of the first segments. */
    private static void differs(PeerTree peer, int segments, int keysOfEach) {
        for (int segment = 0; segment < segments; segment++) {
            peer.differing.set(segment);
            peer.decoded.set(segment);
            for (int number = 0; number < keysOfEach; number++) {
                peer.decoded(segment, key(segment, number));
            }
        }
    }

    private void resolve(PeerTree peer, int segments, int keysOfEach) {
        for (int segment = 0; segment < segments; segment++) {
            for (int number = 0; number < keysOfEach; number++) {
                peer.resolvedWithKeys.add(key(segment, number));
                resolvedKeys.add(key(segment, number));
            }
        }
    }

    @Test
    void shouldCountKnownKeysInPlaceOfTheirSegments() {
        differs(eu, 10, 3);
        resolve(eu, 4, 3);

        assertThat(coverage.unresolvedFactor("eu")).isEqualTo(30.0 / 12);
        assertThat(coverage.unresolvedFactor("ap")).isEqualTo(30.0 / 12);
        assertThat(coverage.unheardFactor("eu")).isEqualTo(30.0 / 12);
    }

    /** Of us nothing but its root is known. Each of the segments that were compared with eu stands for 6.4 others. */
    @Test
    void shouldCountTheSegmentsOfResolvedKeysWhileTheHashesOfAPeerAreAwaited() {
        differs(eu, 40, 2);
        resolve(eu, 40, 2);
        us.awaited.set(1);

        assertThat(coverage.unresolvedFactor("eu")).isEqualTo(1);
        assertThat(coverage.unheardFactor("eu")).isEqualTo(256.0 / 40);
        assertThat(coverage.unheardFactor("ap")).isEqualTo(256.0 / 40);
        assertThat(coverage.unheardFactor("us"))
                .as("nothing is compared with us")
                .isEqualTo(256);
    }

    @Test
    void shouldNotCountASegmentOfWhichAKnownKeyIsNotResolved() {
        differs(eu, 40, 2);
        resolve(eu, 40, 1);
        resolve(eu, 10, 2);
        us.awaited.set(1);

        assertThat(coverage.unheardFactor("eu")).isEqualTo(256.0 / 10);
    }

    @Test
    void shouldCountSegmentsInWhichTheKeysOfSomePeerAreNotKnown() {
        differs(eu, 10, 3);
        us.differing.set(0, 20);
        for (int segment = 0; segment < 5; segment++) {
            resolved.set(segment);
            us.resolvedWith.set(segment);
            eu.resolvedWith.set(segment);
        }

        assertThat(coverage.unresolvedFactor("us")).isEqualTo(4);
        assertThat(coverage.unresolvedFactor("ap")).isEqualTo(4);
    }
}

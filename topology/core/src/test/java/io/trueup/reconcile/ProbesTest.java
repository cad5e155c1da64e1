package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.ProbeAnswer;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProbesTest {

    private static final long NOW = 1_000_000;

    private final List<Body> published = new ArrayList<>();
    private final Probes probes = new Probes(TestSettings.settings("eu", "us"), new Probes.Local() {
        @Override
        public ProbeAnswer held(long cutMs, Hash128 keyHash) {
            throw new AssertionError("the writes partition is not consumed");
        }

        @Override
        public void publish(long cutMs, Body body) {
            published.add(body);
        }

        @Override
        public void awaitEnd(long ticket) {}

        @Override
        public void judge(long cutMs, Hash128 keyHash, Map<String, ProbeAnswer> heard) {}
    });

    /** Peers would answer a probe that is not followed here. */
    @Test
    void shouldBroadcastNothingWhenTooManyProbesAreUnderWay() {
        for (int i = 0; i < 10_000; i++) {
            probes.start(NOW, new Hash128(1, i));
        }
        assertThat(published).hasSize(10_000);

        probes.start(NOW, new Hash128(2, 2));

        assertThat(published).hasSize(10_000);
    }
}

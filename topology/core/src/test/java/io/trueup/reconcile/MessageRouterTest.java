package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.MapTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Messages that come with the fingerprint of other settings, or of another version. */
class MessageRouterTest {

    private static final int PARTITION = 0;

    private final Settings settings = TestSettings.settings("eu", "us");
    private final long fingerprint = settings.fingerprint(PARTITION);
    private final long dueMs = 100 * settings.times().intervalMs();
    private final long cutMs = dueMs - settings.times().graceMs();
    private final Sent sent = new Sent();
    private final Reconciler reconciler = new Reconciler(
            settings,
            PARTITION,
            new MapTable(),
            sent,
            sent,
            FloodTotals.NONE,
            RoundMemory.unlimited(),
            dueMs - settings.times().intervalMs());

    @BeforeEach
    void seal() {
        reconciler.open(dueMs - settings.times().intervalMs(), EntryTree.SLICES);
        reconciler.progress(dueMs, dueMs);
        reconciler.tick(dueMs);
        reconciler.sealed(dueMs, 100, 7);
    }

    @Test
    void shouldCompareAPeerOfTheSameFingerprint() {
        hear("us", fingerprint, root());

        assertThat(sent.reports).singleElement().satisfies(report -> {
            assertThat(report.outcome()).isEqualTo(RoundSummary.Outcome.DIVERGENT);
            assertThat(report.peers().heard()).containsExactly("us");
            assertThat(report.peers().disagreeing()).isEmpty();
        });
    }

    @Test
    void shouldNotComparePeersOfOtherFingerprintsButNameThem() {
        hear("us", fingerprint + 1, root());

        assertThat(sent.reports).singleElement().satisfies(report -> {
            assertThat(report.outcome()).isEqualTo(RoundSummary.Outcome.ALONE);
            assertThat(report.peers().heard()).isEmpty();
            assertThat(report.peers().disagreeing()).containsExactly("us");
        });
        assertThat(reconciler.isRootOfPeer(message("us", fingerprint + 1, root())))
                .isFalse();
        assertThat(reconciler.isRootOfPeer(message("us", fingerprint, root()))).isTrue();
    }

    @Test
    void shouldNotObeyACommandOfAnotherFingerprint() {
        Message.Pause pause = new Message.Pause("us", true, dueMs, "an id");
        hear(Message.PERSON, fingerprint + 1, pause);
        assertThat(reconciler.isPaused("us")).isFalse();
        assertThat(sent.reports)
                .singleElement()
                .satisfies(report -> assertThat(report.peers().disagreeing()).containsExactly("(a command)"));

        hear(Message.PERSON, fingerprint, pause);
        assertThat(reconciler.isPaused("us")).isTrue();
    }

    /** Takes in a message, and lets the round end. */
    private void hear(String from, long itsFingerprint, Body body) {
        reconciler.message(dueMs, message(from, itsFingerprint, body));
        reconciler.tick(dueMs + settings.times().deadlineMs());
    }

    private Message message(String from, long itsFingerprint, Body body) {
        return new Message(from, PARTITION, cutMs, 7, itsFingerprint, body);
    }

    private Root root() {
        return new Root(new Hash128(1, 2), 2, Evidence.of(dueMs, dueMs), false, false);
    }

    /** Keeps the reports. */
    private static final class Sent implements Outbox, EndOfInput {
        private final List<RoundSummary> reports = new ArrayList<>();

        @Override
        public int publish(Message message) {
            return 1;
        }

        @Override
        public void refused(Message message, String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void repair(Repair repair) {
            throw new AssertionError("nothing is held that could be sent: " + repair);
        }

        @Override
        public void conflict(Conflict conflict) {}

        @Override
        public void filling(String target, long lacking, long entries, boolean held) {}

        @Override
        public void scanCompleted(String scan, long dropped) {}

        @Override
        public void report(RoundSummary summary) {
            reports.add(summary);
        }

        @Override
        public void awaitEnd(long round) {}

        @Override
        public void awaitEndForProbes(long ticket) {}
    }
}

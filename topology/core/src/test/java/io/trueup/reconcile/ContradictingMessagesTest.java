package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.MapTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Messages of a peer that cannot be true, before and after the cut is sealed. */
class ContradictingMessagesTest {

    private static final int PARTITION = 0;
    private static final long SEAL_OFFSET = 7;

    private final Settings settings = TestSettings.settings("eu", "us");
    private final long intervalMs = settings.times().intervalMs();
    private final long dueMs = 100 * intervalMs;
    private final long cutMs = dueMs - settings.times().graceMs();
    private final List<String> refused = new ArrayList<>();
    private final Sent sent = new Sent();
    private final Reconciler reconciler = new Reconciler(
            settings,
            PARTITION,
            new MapTable(),
            sent,
            sent,
            FloodTotals.NONE,
            RoundMemory.unlimited(),
            dueMs - intervalMs);

    @BeforeEach
    void buildTheTree() {
        reconciler.open(dueMs - intervalMs, EntryTree.SLICES);
    }

    @Test
    void shouldRefuseMessagesAboutACutThatNoRoundHas() {
        for (long otherMs : new long[] {cutMs - 1, cutMs + 1, dueMs, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> reconciler.message(dueMs, message(otherMs, root())))
                    .isInstanceOf(InvalidMessageException.class)
                    .hasMessage("no round has a cut at " + otherMs);
        }
        reconciler.message(dueMs, message(cutMs, root()));
    }

    /** The entries of a root are live ones; a segment has tombstones, too, and what was written since the cut. */
    @Test
    void shouldAcceptMoreChunksThanTheRootHasEntries() {
        open();
        reconciler.message(
                dueMs, message(cutMs, new Root(new Hash128(1, 2), 0, Evidence.of(dueMs, dueMs), false, false)));

        for (int chunk = 0; chunk < 3; chunk++) {
            reconciler.message(dueMs, message(cutMs, chunk(chunk, 3)));
        }

        assertThat(refused).isEmpty();
    }

    @Test
    void shouldRefuseAContradictionOnceTheRoundIsOpen() {
        open();
        reconciler.message(dueMs, message(cutMs, root()));
        reconciler.message(dueMs, message(cutMs, chunk(0, 3)));

        assertThatThrownBy(() -> reconciler.message(dueMs, message(cutMs, chunk(1, 2))))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessageContaining("2 chunks here, and 3 in an earlier message");
    }

    @Test
    void shouldDropAContradictionThatHasWaitedForTheSealAndGoOnWithTheRound() {
        reconciler.progress(dueMs, dueMs);
        reconciler.tick(dueMs);
        reconciler.message(dueMs, message(cutMs, root()));
        reconciler.message(dueMs, message(cutMs, chunk(0, 3)));
        reconciler.message(dueMs, message(cutMs, chunk(1, 2)));
        assertThat(refused).isEmpty();

        reconciler.sealed(dueMs, 100, SEAL_OFFSET);

        assertThat(refused).singleElement().asString().contains("us", "2 chunks here, and 3 in an earlier message");
        assertThat(sent.published).isNotEmpty();
    }

    private void open() {
        reconciler.progress(dueMs, dueMs);
        reconciler.tick(dueMs);
        reconciler.sealed(dueMs, 100, SEAL_OFFSET);
    }

    private Root root() {
        return new Root(new Hash128(1, 2), 2, Evidence.of(dueMs, dueMs), false, false);
    }

    private static Segment chunk(int chunk, int chunks) {
        EntrySummary entry = new EntrySummary(new Hash128(0, chunk), 1, 0, 0, Entry.NEVER, false, new Hash128(1, 1));
        return new Segment(0, chunk, chunks, List.of(entry));
    }

    private Message message(long atMs, Body body) {
        return new Message("us", PARTITION, atMs, SEAL_OFFSET, settings.fingerprint(PARTITION), body);
    }

    /** Keeps what is sent. */
    private final class Sent implements Outbox, EndOfInput {
        private final List<Message> published = new ArrayList<>();

        @Override
        public int publish(Message message) {
            published.add(message);
            return 1;
        }

        @Override
        public void refused(Message message, String reason) {
            refused.add(message.replica() + ": " + reason);
        }

        @Override
        public void repair(Repair repair) {}

        @Override
        public void conflict(Conflict conflict) {}

        @Override
        public void filling(String target, long lacking, long entries, boolean held) {}

        @Override
        public void scanCompleted(String scan, long dropped) {}

        @Override
        public void report(RoundSummary summary) {}

        @Override
        public void awaitEnd(long round) {}

        @Override
        public void awaitEndForProbes(long ticket) {}
    }
}

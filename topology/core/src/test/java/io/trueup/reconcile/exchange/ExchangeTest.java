package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExchangeTest {

    private static final long CUT = 1_000_000;
    private static final Hash128 OTHER_ROOT = new Hash128(7, 7);
    private static final EntrySummary ENTRY =
            new EntrySummary(new Hash128(0, 1), 1, CUT - 50_000, CUT - 50_000, Entry.NEVER, false, new Hash128(3, 3));

    private static final EntrySummary OTHER =
            new EntrySummary(new Hash128(2, 1), 1, CUT - 50_000, CUT - 50_000, Entry.NEVER, false, new Hash128(4, 4));

    /** A replica that holds nothing, or something everywhere. */
    private static final class Local implements LocalSketches, Exchange.SegmentConsumer {
        final boolean empty;
        int rows;
        final List<Body> published = new ArrayList<>();
        final List<Map<String, List<EntrySummary>>> resolved = new ArrayList<>();

        Local(boolean empty) {
            this.empty = empty;
        }

        @Override
        public Hash128 node(int level, int index) {
            return empty ? Hash128.ZERO : new Hash128(1 + level, 1 + index);
        }

        @Override
        public boolean isEmpty(int level, int index) {
            return empty;
        }

        @Override
        public boolean holdsNothing(int level, int index) {
            return empty;
        }

        @Override
        public boolean hasVectors() {
            return false;
        }

        @Override
        public int rows(int segment) {
            return rows;
        }

        @Override
        public List<EntrySummary> segment(int index) {
            return List.of();
        }

        @Override
        public List<EntrySummary> key(long upperLane) {
            return List.of();
        }

        @Override
        public long entries() {
            return 0;
        }

        @Override
        public Sketch sketch() {
            return new Sketch(128);
        }

        @Override
        public Sketch sketch(List<Integer> segments, int symbols) {
            return new Sketch(symbols);
        }

        @Override
        public ElementHash elementHash() {
            return new KeyedHash(TestSettings.SECRET);
        }

        @Override
        public void accept(int segment, Map<String, List<EntrySummary>> heard) {
            resolved.add(Map.copyOf(heard));
        }

        @Override
        public void acceptKey(long key, Map<String, List<EntrySummary>> heard) {
            resolved.add(Map.copyOf(heard));
        }
    }

    private final Local local = new Local(true);
    private final Settings settings = TestSettings.settings("ap", "eu");
    private final Exchange exchange = exchange(local);

    @Test
    void shouldIgnoreMessagesAboutATreeSealedAtAnotherOffset() {
        exchange.receive("eu", 5, root());

        exchange.receive("eu", 4, segment(0, 1));
        assertThat(local.resolved).isEmpty();

        exchange.receive("eu", 5, segment(0, 1));
        assertThat(local.resolved).containsExactly(Map.of("ap", List.of(), "eu", List.of(ENTRY)));
    }

    @Test
    void shouldNotMixMessagesFromBeforeAndAfterARestartOfThePeer() {
        exchange.receive("eu", 5, root());
        exchange.receive("eu", 5, segment(0, 2));
        exchange.receive("eu", 9, root());

        exchange.receive("eu", 9, segment(1, 2));
        assertThat(local.resolved).isEmpty();

        exchange.receive("eu", 9, segment(0, 2));
        assertThat(local.resolved).hasSize(1);
    }

    @Test
    void shouldResolveNoSegmentBeforeAllRootsAreHeardOrSettlingHasEnded() {
        Exchange amongThree = exchange(local, 3);
        amongThree.receive("eu", 5, root());
        amongThree.receive("eu", 5, segment(0, 1));
        assertThat(local.resolved).isEmpty();

        amongThree.settle();
        assertThat(local.resolved).hasSize(1);
    }

    private Exchange exchange(Local local) {
        return exchange(local, 2);
    }

    private Exchange exchange(Local local, int owners) {
        return exchange(local, owners, RoundMemory.unlimited());
    }

    private Exchange exchange(Local local, int owners, RoundMemory memory) {
        return exchange(settings, local, owners, memory);
    }

    private static Exchange exchange(Settings settings, Local local, int owners, RoundMemory memory) {
        return exchange(settings, local, owners, memory, new TreePeers());
    }

    private static Exchange exchange(
            Settings settings, Local local, int owners, RoundMemory memory, TreePeers treePeers) {
        return new Exchange(
                settings,
                owners,
                local,
                new Root(Hash128.ZERO, 0, Evidence.of(CUT + 500, CUT + 500), false, false),
                local.published::add,
                local,
                new LagPolicy(settings),
                new SegmentRotation(settings.shape().segmentBits()),
                treePeers,
                memory.open("us", 0, 10_000),
                CUT);
    }

    /** A mirrored control topic may deliver a level again after the next one has arrived. */
    @Test
    void shouldNotWaitAgainForHashesAlreadyHeardWhenALevelArrivesTwice() {
        Local full = new Local(false);
        Exchange ofFull = exchange(full);
        Message.Level upper = level(full, 0, 0, 3);
        ofFull.receive("eu", 5, root());
        ofFull.receive("eu", 5, upper);
        ofFull.receive("eu", 5, level(full, 4, 3, 48));
        ofFull.receive("eu", 5, upper);
        ofFull.receive("eu", 5, new Segment(48, 0, 1, List.of()));

        assertThat(full.resolved).hasSize(1);
        assertThat(ofFull.isComplete()).isTrue();
    }

    /** A third replica holds another entry for a key of a segment that the first two have compared without it. */
    @Test
    void shouldNotCountAKeyAsComparedWithAReplicaThatWasHeardAfterItsSegment() {
        Local full = new Local(false);
        Exchange sketched = sketchedAmongThree(full);
        sketched.receive("eu", 5, new Root(full.node(0, 0), 1, Evidence.of(CUT + 500, CUT + 500), false, false));
        sketched.settle();
        sketched.receive("eu", 5, segment(0, 1));
        assertThat(full.resolved).hasSize(1);

        sketched.receive("us", 5, root());
        sketched.receive("us", 5, new Message.Symbols(List.of(), 0, symbols(ENTRY)));
        sketched.receive("us", 5, new Message.Entries(List.of(ENTRY), List.of()));
        assertThat(sketched.isComplete()).as("eu has not answered").isFalse();
        sketched.close();

        assertThat(full.resolved).as("judged without eu").hasSize(1);
        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu");
        assertThat(sketched.isWhole()).isFalse();
    }

    @Test
    void shouldCountAKeyAsComparedWithAllOnceAllHaveSentIt() {
        Local full = new Local(false);
        Exchange sketched = sketchedAmongThree(full);
        sketched.receive("eu", 5, new Root(full.node(0, 0), 1, Evidence.of(CUT + 500, CUT + 500), false, false));
        sketched.settle();
        sketched.receive("eu", 5, segment(0, 1));
        sketched.receive("us", 5, root());
        sketched.receive("us", 5, new Message.Symbols(List.of(), 0, symbols(ENTRY)));
        sketched.receive("us", 5, new Message.Entries(List.of(ENTRY), List.of()));
        sketched.receive("eu", 5, new Message.Entries(List.of(), List.of(new Hash128(0, 1))));

        assertThat(full.resolved).hasSize(2);
        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu", "us");
        assertThat(sketched.isWhole()).isTrue();
    }

    /** A key was compared with one peer, its segment with another one. */
    @Test
    void shouldJudgeAKeyOfASegmentWithAllThatWereHeardOfEither() {
        Local full = new Local(false);
        Exchange sketched = sketchedAmongThree(full);
        sketched.receive("eu", 5, root());
        sketched.settle();
        sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));
        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu");
        sketched.receive("us", 5, root());

        sketched.receive("us", 5, segment(0, 1));
        sketched.close();

        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu", "us");
        assertThat(full.resolved.get(full.resolved.size() - 1)).containsOnlyKeys("ap", "eu", "us");
    }

    /**
     * A sketch has shown one key, as its symbols say. Then the trees are descended, since some peer does not know the keys: another segment
     * differs as well, of which neither side knows a key. Each would wait for the other to send it.
     */
    @Test
    void shouldSendASegmentThatDiffersAtTheCutThoughNoKeyIsKnownThere() {
        Local full = new Local(false);
        Exchange sketched = sketchedAmongThree(full);
        sketched.receive("us", 5, root());
        sketched.receive("us", 5, new Message.Symbols(List.of(), 0, symbols(ENTRY)));
        assertThat(full.published).hasAtLeastOneElementOfType(Message.Entries.class);

        sketched.receive("us", 5, level(full, 0, 0, 3));
        sketched.receive("us", 5, level(full, 4, 3, 48));

        assertThat(full.published)
                .filteredOn(Segment.class::isInstance)
                .extracting(body -> ((Segment) body).index())
                .containsExactly(48);
    }

    /** What it held before does not count. */
    @Test
    void shouldJudgeAKeyAgainWithAReplicaThatHasSealedItsTreeAnew() {
        Local full = new Local(false);
        Exchange sketched = sketchedAmongThree(full);
        sketched.receive("eu", 5, root());
        sketched.receive("us", 5, root());
        sketched.receive("us", 5, new Message.Entries(List.of(ENTRY), List.of()));
        sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));
        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu", "us");

        sketched.receive("us", 9, root());

        assertThat(sketched.judgedWith(0)).containsExactlyInAnyOrder("ap", "eu");
    }

    /** A sketch of what is held now shows one key. At the cut, another one differed. */
    @Test
    void shouldCompareAKeyThatDifferedAtTheCutThoughASketchOfNowDoesNotShowIt() {
        Local full = new Local(false);
        Exchange sketched = sketchedOfNow(full, 1);

        sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));
        assertThat(sketched.isWhole()).isFalse();

        sketched.receive("eu", 5, new Message.Entries(List.of(OTHER), List.of()));
        assertThat(sketched.isWhole()).isTrue();
        assertThat(full.published).noneMatch(Message.Level.class::isInstance);
    }

    /** The symbols at the cut are lost, or show more than they can decode. */
    @Test
    void shouldDescendTheTreesWhereASketchOfNowDoesNotTellWhatDifferedAtTheCut() {
        Local full = new Local(false);
        Exchange sketched = sketchedOfNow(full, 0);
        sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));

        assertThat(full.published).anyMatch(Message.Level.class::isInstance);
        assertThat(sketched.isWhole()).isFalse();
    }

    /** Everything that differs is resolved by the keys that a sketch of the segments shows, as they are now. */
    @Test
    void shouldDescendTheTreesInTheNextRoundsWhereSketchesOfSegmentsDoNotTellWhatDifferedAtTheCut() {
        Local full = new Local(false);
        TreePeers treePeers = new TreePeers();
        Exchange sketched = sketchedSegment(full, treePeers);
        sketched.receive("eu", 5, new Message.Symbols(List.of(0), 0, symbols(ENTRY)));
        sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));

        assertThat(sketched.isComplete()).isTrue();
        assertThat(sketched.isWhole()).isFalse();
        sketched.close();
        assertThat(treePeers.beginRound()).as("whether sketches are exchanged").isFalse();
    }

    @Test
    void shouldCompareEverythingWhereSketchesOfSegmentsAndTheSymbolsAtTheCutShowTheSame() {
        Message.Symbols atCut = new Message.Symbols(List.of(), 0, symbols(ENTRY));
        Message.Symbols now = new Message.Symbols(List.of(0), 0, symbols(ENTRY));
        for (List<Message.Symbols> order : List.of(List.of(atCut, now), List.of(now, atCut))) {
            TreePeers treePeers = new TreePeers();
            Exchange sketched = sketchedSegment(new Local(false), treePeers);

            order.forEach(symbols -> sketched.receive("eu", 5, symbols));
            sketched.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));

            assertThat(sketched.isWhole()).isTrue();
            sketched.close();
            assertThat(treePeers.beginRound())
                    .as("whether sketches are exchanged")
                    .isTrue();
        }
    }

    /** A peer sends some symbols of two keys at the cut, too few to decode; and a sketch of what it holds now, which shows one. */
    private Exchange sketchedOfNow(Local local, int symbolsAtCut) {
        Settings sketches =
                TestSettings.settings("ap", "eu").changed().symbols(128).build();
        Exchange sketched = exchange(sketches, local, 2, RoundMemory.unlimited());
        sketched.receive("eu", 5, root());
        if (symbolsAtCut > 0) {
            sketched.receive("eu", 5, new Message.Symbols(List.of(), 0, symbols(symbolsAtCut, ENTRY, OTHER)));
        }
        List<Integer> all = IntStream.range(0, 256).boxed().toList();
        sketched.receive("eu", 5, new Message.Symbols(all, 0, symbols(ENTRY)));
        return sketched;
    }

    /** The trees are descended with a peer that differs in one segment. */
    private Exchange sketchedSegment(Local local, TreePeers treePeers) {
        local.rows = 100;
        Settings sketches =
                TestSettings.settings("ap", "eu").changed().symbols(128).build();
        Exchange sketched = exchange(sketches, local, 2, RoundMemory.unlimited(), treePeers);
        sketched.receive("eu", 5, root());
        sketched.receive("eu", 5, level(local, 0, 0, 0));
        sketched.receive("eu", 5, level(local, 4, 0, 0));
        return sketched;
    }

    private Exchange sketchedAmongThree(Local local) {
        Settings sketches =
                TestSettings.settings("ap", "eu", "us").changed().symbols(128).build();
        return exchange(sketches, local, 3, RoundMemory.unlimited());
    }

    private static byte[] symbols(EntrySummary entry) {
        return symbols(12, entry);
    }

    private static byte[] symbols(int symbols, EntrySummary... entries) {
        Sketch sketch = new Sketch(symbols);
        for (EntrySummary entry : entries) {
            sketch.add(
                    new KeyedHash(TestSettings.SECRET),
                    entry.keyHash().hi(),
                    entry.digest().hi(),
                    1);
        }
        return sketch.encode(0, symbols);
    }

    /** A peer whose entries have vectors, and that has chosen more than this replica would have. */
    @Test
    void shouldHearOneSegmentOfEachPeerAndNoMoreThanTwiceTheBound() {
        List<EntrySummary> entries = Collections.nCopies(10, entryOfTwelveWriters(1L << 40));
        long bytes = MessageMemory.vectorBytes(entries);
        Exchange bounded = exchange(local, 2, new RoundMemory(bytes * 3 / 2));
        bounded.receive("eu", 5, root());

        for (int segment = 0; segment < 5; segment++) {
            bounded.receive("eu", 5, new Segment(segment, 0, 1, entries));
        }
        assertThat(local.resolved).hasSize(3);

        local.resolved.clear();
        Exchange full = exchange(local, 2, new RoundMemory(1));
        full.receive("eu", 5, root());
        full.receive("eu", 5, new Segment(7, 0, 2, entries));
        full.receive("eu", 5, new Segment(8, 0, 1, entries));
        full.receive("eu", 5, new Segment(7, 1, 2, entries));
        assertThat(local.resolved).hasSize(1);

        local.resolved.clear();
        full.receive("eu", 5, new Message.Entries(List.of(entryOfTwelveWriters(1L << 40)), List.of()));
        full.receive("eu", 5, new Message.Entries(List.of(entryOfTwelveWriters(2L << 40)), List.of()));
        assertThat(local.resolved).hasSize(1);

        full.receive("eu", 5, new Message.Entries(List.of(ENTRY), List.of()));
        assertThat(local.resolved).as("without a vector").hasSize(2);
    }

    private static EntrySummary entryOfTwelveWriters(long key) {
        Map<String, Long> counters = new HashMap<>();
        for (int writer = 0; writer < 12; writer++) {
            counters.put("writer" + writer, 1L);
        }
        VersionVector vector = VersionVector.of(counters);
        return new EntrySummary(
                new Hash128(key, 1),
                12,
                vector,
                CUT - 50_000,
                CUT - 50_000,
                Entry.NEVER,
                false,
                new Hash128(3, 3),
                false);
    }

    /** Hashes four levels below a node, of which one differs. */
    private static Message.Level level(Local local, int parentLevel, int parent, int different) {
        long[] hashes = new long[2 << 4];
        for (int child = 0; child < 1 << 4; child++) {
            int index = (parent << 4) + child;
            Hash128 hash = index == different ? OTHER_ROOT : local.node(parentLevel + 4, index);
            hashes[2 * child] = hash.hi();
            hashes[2 * child + 1] = hash.lo();
        }
        return new Message.Level(parentLevel, parentLevel + 4, new int[] {parent}, hashes);
    }

    private static Root root() {
        return new Root(OTHER_ROOT, 1, Evidence.of(CUT + 500, CUT + 500), false, false);
    }

    private static Segment segment(int chunk, int chunks) {
        return new Segment(0, chunk, chunks, List.of(ENTRY));
    }
}

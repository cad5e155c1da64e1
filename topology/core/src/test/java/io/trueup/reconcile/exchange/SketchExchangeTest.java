package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a peer sends is bounded in what it makes a replica read and try. */
class SketchExchangeTest {

    private static final int SEGMENTS = 16;
    private static final int ROWS = 1_000;
    private static final int MAX_ENTRIES = 4_000;

    private final List<Body> published = new ArrayList<>();
    private final List<List<Integer>> undecodable = new ArrayList<>();
    private final List<List<Integer>> decoded = new ArrayList<>();
    private final Counting local = new Counting();
    private final Settings settings = TestSettings.settings("eu", "us")
            .changed()
            .segmentBits(4)
            .symbols(128)
            .maxEntriesPerRound(MAX_ENTRIES)
            .build();
    private final SketchExchange.Outcome outcome = new SketchExchange.Outcome() {
        @Override
        public void decoded(PeerTree peer, List<Integer> segments, Collection<Long> keys) {
            decoded.add(segments);
        }

        @Override
        public void undecodable(PeerTree peer, List<Integer> segments) {
            undecodable.add(segments);
        }
    };
    private final SketchExchange sketches = exchange(settings, RoundMemory.unlimited());
    private final PeerTree peer =
            new PeerTree("us", 1, new Root(Hash128.ZERO, SEGMENTS * ROWS, Evidence.of(0, 0), false, false), true);

    /** Counts the rows that are read. */
    private static final class Counting implements LocalSketches {
        private long read;
        /** How many entries there are. */
        private long written;

        @Override
        public long entries() {
            return SEGMENTS * ROWS;
        }

        @Override
        public Sketch sketch() {
            return new Sketch(128);
        }

        @Override
        public Sketch sketch(List<Integer> segments, int symbols) {
            read += (long) ROWS * segments.size();
            Sketch sketch = new Sketch(symbols);
            for (long element = 0; element < written; element++) {
                sketch.add(elementHash(), element + 1, element + 1, 1);
            }
            return sketch;
        }

        @Override
        public ElementHash elementHash() {
            return new KeyedHash(TestSettings.SECRET);
        }

        @Override
        public List<EntrySummary> key(long upperLane) {
            return List.of();
        }

        @Override
        public Hash128 node(int level, int index) {
            return Hash128.ZERO;
        }

        @Override
        public boolean isEmpty(int level, int index) {
            return false;
        }

        @Override
        public boolean holdsNothing(int level, int index) {
            return false;
        }

        @Override
        public boolean hasVectors() {
            return false;
        }

        @Override
        public int rows(int segment) {
            return ROWS;
        }

        @Override
        public List<EntrySummary> segment(int index) {
            return List.of();
        }
    }

    private static List<Integer> allBut(int segment) {
        return IntStream.range(0, SEGMENTS)
                .filter(index -> index != segment)
                .boxed()
                .toList();
    }

    private static byte[] noise(int symbols, long seed) {
        byte[] noise = new byte[symbols * Sketch.SYMBOL_BYTES];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    @Test
    void shouldReadABoundedNumberOfEntriesWhateverSegmentsAPeerNames() {
        for (int without = 0; without < SEGMENTS; without++) {
            sketches.receive(peer, new Symbols(allBut(without), 0, noise(20, without)));
        }

        assertThat(local.read).isPositive().isLessThanOrEqualTo(8 * MAX_ENTRIES);
        assertThat(undecodable).contains(allBut(SEGMENTS - 1));
        assertThat(decoded).isEmpty();
    }

    @Test
    void shouldReadABoundedNumberOfEntriesHoweverManySymbolsFollow() {
        List<Integer> some = List.of(1, 2);
        for (int first = 0; first < 20_000; first += 1_000) {
            sketches.receive(peer, new Symbols(some, first, noise(1_000, first)));
        }

        assertThat(local.read).isPositive().isLessThanOrEqualTo(8 * MAX_ENTRIES);
        assertThat(undecodable).containsExactly(some);
    }

    private SketchExchange exchange(Settings some, RoundMemory memory) {
        return new SketchExchange(some, local, published::add, outcome, memory.open("eu", 0, 1_000));
    }

    /** A peer may send many symbols of many lists of segments, whatever it has; the process stays alive. */
    @Test
    void shouldDescendTreesWhereSymbolsWouldTakeUpMoreMemoryThanRoundsMay() {
        RoundMemory memory = new RoundMemory(50_000);
        SketchExchange bounded = exchange(settings, memory);
        List<List<Integer>> lists = new ArrayList<>();

        for (int segment = 0; segment < SEGMENTS; segment++) {
            lists.add(List.of(segment));
            bounded.receive(peer, new Symbols(List.of(segment), 1, noise(1_000, segment)));
        }

        assertThat(memory.heldBytes()).isPositive().isLessThanOrEqualTo(2 * 50_000);
        assertThat(peer.sketches.values().stream().mapToLong(PeerSketch::bytes).sum())
                .isLessThanOrEqualTo(memory.heldBytes());
        assertThat(undecodable)
                .containsExactlyElementsOf(lists.subList(4, SEGMENTS)); // four messages of 21 000 bytes have room
    }

    /** The symbols that are kept at the cut are few, and prove what differed there. */
    @Test
    void shouldHearTheSymbolsAtTheCutWhereMemoryIsUsedUp() {
        SketchExchange bounded = exchange(settings, new RoundMemory(0));

        bounded.receive(peer, new Symbols(List.of(), 0, noise(12, 1)));

        assertThat(peer.sketches.get(List.of()).length()).isEqualTo(12);
    }

    @Test
    void shouldPublishNothingOfSegmentsThatItMayNotRead() {
        Settings few = settings.changed().maxEntriesPerRound(100).build();
        SketchExchange bounded = exchange(few, RoundMemory.unlimited());

        assertThat(bounded.begin(List.of(1, 2), 10)).isFalse();

        assertThat(local.read).isZero();
        assertThat(published).isEmpty();
    }

    /** Symbols of one state, followed by symbols of another one, decode to nothing. */
    @Test
    void shouldPublishNoMoreSymbolsOfSegmentsThatWereWrittenMeanwhile() {
        List<Integer> some = List.of(1, 2);
        Sketch ofPeer = new Sketch(1_000);
        for (long element = 1_000; element < 1_060; element++) {
            ofPeer.add(local.elementHash(), element, element, 1);
        }
        sketches.receive(peer, new Symbols(some, 0, ofPeer.encode(0, 20)));
        assertThat(published).isNotEmpty();

        local.written++;
        for (int first = 20; first < 6_000; first += 980) {
            sketches.receive(peer, new Symbols(some, first, noise(980, first)));
        }

        assertThat(published)
                .as("symbols of no entries")
                .allSatisfy(body -> assertThat(((Symbols) body).symbols()).containsOnly(0));
        assertThat(undecodable).containsExactly(some);
    }

    /** Of two keys that differed at the cut, one is equal by now, and a third one differs now alone. */
    @Test
    void shouldTellTheKeysThatDifferedAtTheCutFromASketchOfWhatIsHeldNow() {
        List<Integer> some = List.of(1, 2);
        sketches.receive(peer, new Symbols(some, 0, symbolsOf(40, 5, 7)));
        assertThat(decoded).containsExactly(some);
        assertThat(sketches.atCut(peer)).as("without symbols at the cut").isNull();

        sketches.keep(peer, new Symbols(List.of(), 0, symbolsOf(12, 5, 6)));

        assertThat(sketches.atCut(peer)).contains(5L, 6L);
    }

    @Test
    void shouldTellNoKeysAtTheCutWhereTooManyHaveChangedSince() {
        sketches.receive(peer, new Symbols(List.of(1, 2), 0, symbolsOf(40, 5, 7)));
        long[] changed = IntStream.range(100, 150).asLongStream().toArray();

        sketches.keep(peer, new Symbols(List.of(), 0, symbolsOf(12, changed)));

        assertThat(sketches.atCut(peer)).isNull();
    }

    private byte[] symbolsOf(int symbols, long... elements) {
        Sketch sketch = new Sketch(symbols);
        for (long element : elements) {
            sketch.add(local.elementHash(), element, element, 1);
        }
        return sketch.encode(0, symbols);
    }

    @Test
    void shouldPublishNoSketchThatTakesMoreBytesThanTheEntries() {
        assertThat(sketches.begin(List.of(1, 2), 10 * ROWS)).isFalse();
        assertThat(published).isEmpty();

        assertThat(sketches.begin(List.of(1, 2), ROWS / 10.0)).isTrue();
        assertThat(published)
                .extracting(body -> ((Symbols) body).segments())
                .as("beside the symbols at the cut")
                .containsExactly(List.of(), List.of(1, 2));
    }

    /** Another peer has lost most of what it held: its sketch would not decode, however long. */
    @Test
    void shouldPublishNoHopelessSketchAfterOneForAnotherPeer() {
        SketchExchange all =
                exchange(settings.changed().maxEntriesPerRound(SEGMENTS * ROWS).build(), RoundMemory.unlimited());
        assertThat(all.begin(lacking(500))).isTrue();
        int before = published.size();
        assertThat(before).isPositive();

        assertThat(all.begin(lacking(12_000))).isFalse();

        assertThat(published).hasSize(before);
    }

    /** The symbols at the cut that come first tell less of how many are needed than those of the sketch that follow. */
    @Test
    void shouldPublishNoMoreSymbolsBeforeThoseOfThePeerAreHeard() {
        SketchExchange all =
                exchange(settings.changed().maxEntriesPerRound(SEGMENTS * ROWS).build(), RoundMemory.unlimited());
        PeerTree lacking = lacking(500);
        assertThat(all.begin(lacking)).isTrue();
        int before = published.size();

        all.receive(lacking, new Symbols(List.of(), 0, sketchOf(4_000).encode(0, 128)));

        assertThat(published).hasSize(before);
    }

    private static PeerTree lacking(int entries) {
        Root root = new Root(Hash128.ZERO, SEGMENTS * ROWS - entries, Evidence.of(0, 0), false, false);
        return new PeerTree("ap", 1, root, true);
    }

    /** After 1 000 symbols it is known that 5 000 do not suffice. */
    @Test
    void shouldPublishNoSymbolsWhereFarMoreElementsDifferThanTheyDecode() {
        List<Integer> some = List.of(1, 2);

        sketches.receive(peer, new Symbols(some, 0, sketchOf(30_000).encode(0, 980)));

        assertThat(published).isEmpty();
        assertThat(undecodable).containsExactly(some);
    }

    @Test
    void shouldPublishMoreSymbolsWhereTheyAreLikelyToSuffice() {
        sketches.receive(peer, new Symbols(List.of(1, 2), 0, sketchOf(2_000).encode(0, 980)));

        assertThat(published).isNotEmpty();
        assertThat(undecodable).isEmpty();
    }

    private Sketch sketchOf(int elements) {
        Sketch sketch = new Sketch(1_000);
        Random random = new Random(7);
        for (int element = 0; element < elements; element++) {
            sketch.add(local.elementHash(), random.nextLong(), random.nextLong(), random.nextBoolean() ? 1 : -1);
        }
        return sketch;
    }

    /** Each try takes time. */
    @Test
    void shouldTryASketchABoundedNumberOfTimes() {
        List<Integer> one = List.of(1);
        int first = 0;
        while (undecodable.isEmpty() && first < 2_000) {
            byte[] symbol = noise(1, first);
            symbol[Sketch.SYMBOL_BYTES - 1] = 0; // as many elements of one as of the other
            sketches.receive(peer, new Symbols(one, first++, symbol));
        }

        assertThat(first).isBetween(64, 400);
        assertThat(undecodable).containsExactly(one);
    }
}

package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.settings.Settings;
import io.trueup.sketch.Decoding;
import io.trueup.sketch.Sketch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Finds the keys in which this replica and its peers differ, by sketches: of the whole trees at the cut, of which the first
 * symbols are kept, or of what is held now in the segments that differ. Each replica publishes the first symbols, subtracts its
 * own from those of a peer, and decodes. Where they do not suffice, both see that, and publish more. Whoever has decoded has
 * published as many symbols as it took, so that its peer can decode as well.
 *
 * <p>What is decoded is a hint which keys to compare. Not thread-safe.
 */
final class SketchExchange {

    /** In place of a list of segments: the whole tree, at the cut. */
    static final List<Integer> ALL = List.of();

    /** What becomes of the sketches of a peer. */
    interface Outcome {

        /**
         * The keys are known in which a peer differs.
         *
         * @param segments the segments that the sketch covers
         * @param keys the upper lanes of their hashes
         */
        void decoded(PeerTree peer, List<Integer> segments, Collection<Long> keys);

        /** A sketch of a peer does not decode, however many symbols are sent. */
        void undecodable(PeerTree peer, List<Integer> segments);
    }

    /** Suffice for two differences in all but three of 100 cases. */
    private static final int MIN_SYMBOLS = 8;
    /** Symbols for each element that is expected. */
    private static final double SYMBOLS_PER_ELEMENT = 1.4;
    /** An entry takes about as many bytes as so many symbols: more symbols than that take more than the entries themselves. */
    private static final double SYMBOLS_PER_ENTRY = 2.5;
    /** The most lists of segments that a peer's sketches may be about. */
    private static final int MAX_LISTS = 16;

    private final Settings settings;
    private final LocalSketches local;
    private final Consumer<Body> publish;
    private final Outcome outcome;
    private final Map<List<Integer>, Own> own = new HashMap<>();

    /** A sketch of this replica. */
    private final class Own {
        private final List<Integer> segments;
        private final int limit;
        private Sketch sketch;
        private int published;

        Own(List<Integer> segments) {
            this.segments = segments;
            if (segments.equals(ALL)) {
                sketch = local.sketch();
                limit = sketch.size();
            } else {
                long rows = segments.stream().mapToLong(local::rows).sum();
                sketch = new Sketch(0);
                limit = (int) Math.min(MessageCheck.MAX_SYMBOLS, MIN_SYMBOLS + rows * SYMBOLS_PER_ENTRY);
            }
        }

        Sketch prefix(int symbols) {
            build(symbols);
            return sketch.prefix(symbols);
        }

        private void build(int symbols) {
            if (sketch.size() < symbols) {
                sketch = local.sketch(segments, Math.min(limit, 2 * symbols));
            }
        }

        void publishUpTo(long symbols) {
            int until = (int) Math.min(limit, symbols);
            build(until);
            while (published < until) {
                int count = Math.min(until - published, settings.limits().maxEntriesPerMessage());
                publish.accept(new Symbols(segments, published, sketch.encode(published, count)));
                published += count;
            }
        }
    }

    SketchExchange(Settings settings, LocalSketches local, Consumer<Body> publish, Outcome outcome) {
        this.settings = settings;
        this.local = local;
        this.publish = publish;
        this.outcome = outcome;
    }

    private Own own(List<Integer> segments) {
        return own.computeIfAbsent(segments, Own::new);
    }

    /**
     * Publishes the first symbols of the whole tree for a peer, unless those that are kept cannot suffice. Of a difference in the number of
     * entries, nothing follows of how many keys have changed: as many are assumed.
     *
     * @return whether they may suffice
     */
    boolean beginAll(PeerTree peer) {
        long surplus = surplus(peer);
        Own all = own(ALL);
        if (surplus * SYMBOLS_PER_ELEMENT > all.limit) {
            return false;
        }
        all.publishUpTo(Math.max(MIN_SYMBOLS, Math.round(3 * surplus * SYMBOLS_PER_ELEMENT * 1.2)));
        return true;
    }

    private long surplus(PeerTree peer) {
        return Math.abs(local.entries() - peer.root.entries());
    }

    /**
     * Publishes the first symbols of some segments.
     *
     * @param elements how many elements are expected in which a peer differs there
     */
    void begin(List<Integer> segments, double elements) {
        own(segments).publishUpTo(MIN_SYMBOLS + Math.round(elements * SYMBOLS_PER_ELEMENT));
    }

    /** Takes in symbols of a peer that is compared by sketches. */
    void receive(PeerTree peer, Symbols symbols) {
        List<Integer> segments = symbols.segments();
        if (!peer.sketches.containsKey(segments) && peer.sketches.size() == MAX_LISTS) {
            return;
        }
        PeerSketch sketch = peer.sketches.computeIfAbsent(segments, s -> new PeerSketch());
        sketch.add(symbols.first(), symbols.symbols());
        decode(peer, segments, sketch);
    }

    private void decode(PeerTree peer, List<Integer> segments, PeerSketch sketch) {
        Own mine = own(segments);
        int symbols = Math.min(sketch.length(), mine.limit);
        if (sketch.ended || symbols == sketch.tried) {
            return;
        }
        sketch.tried = symbols;
        Sketch difference = mine.prefix(symbols);
        difference.subtract(sketch.prefix(symbols));
        Decoding decoding = Decoding.of(local.elementHash(), difference);
        if (decoding.isComplete()) {
            sketch.ended = true;
            mine.publishUpTo(symbols);
            outcome.decoded(peer, segments, keys(decoding));
        } else if (symbols == mine.limit || isHopeless(mine, difference, peer)) {
            sketch.ended = true;
            outcome.undecodable(peer, segments);
        } else {
            mine.publishUpTo(more(mine, difference, peer));
        }
    }

    private static Collection<Long> keys(Decoding decoding) {
        TreeSet<Long> keys = new TreeSet<>(Long::compareUnsigned);
        for (int element = 0; element < decoding.size(); element++) {
            keys.add(decoding.key(element));
        }
        return new ArrayList<>(keys);
    }

    /** Whether a tree differs in so much more than its kept symbols can decode that trying more of them only costs time. */
    private boolean isHopeless(Own mine, Sketch difference, PeerTree peer) {
        return mine.segments.equals(ALL) && estimate(difference, peer) > 2L * mine.limit;
    }

    private long more(Own mine, Sketch difference, PeerTree peer) {
        long tried = difference.size();
        return mine.segments.equals(ALL)
                ? Math.max(2 * tried, 2 * estimate(difference, peer))
                : tried + tried / 2 + MIN_SYMBOLS;
    }

    private long estimate(Sketch difference, PeerTree peer) {
        return difference.estimate(local.entries() - peer.root.entries());
    }
}

package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.settings.Settings;
import io.trueup.sketch.Decoding;
import io.trueup.sketch.Sketch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Finds the keys in which this replica and its peers differ, by sketches. A sketch is
 *
 * <ul>
 *   <li>of the whole tree at the cut: its first symbols are kept;
 *   <li>where these do not suffice, of all that is held now, if that is not too much to read;
 *   <li>otherwise of what is held now in the segments that differ, once the trees are descended.
 * </ul>
 *
 * Each replica publishes the first symbols, subtracts its own from those of a peer, and decodes. Where they do not suffice, both see
 * that, and publish more. Whoever has decoded has published as many symbols as it took, so that its peer can decode as well.
 *
 * <p>What is decoded is a hint which keys to compare. What is held now may be equal though it was not at the cut, and nothing but the cut
 * is the same for all. So the kept symbols are published beside those of any other sketch, and tell which further keys differed at the cut.
 *
 * <p>Whatever peers send, all sketches of what is held now read a bounded number of entries in a round and take up bounded memory, and
 * each sketch of a peer is tried a bounded number of times. What is beyond that is not decoded. Not thread-safe.
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

    /** Suffice for two differences in 99 of 100 cases. */
    private static final int MIN_SYMBOLS = 12;
    /** Symbols that a large number of elements takes, for each of them. */
    private static final double SYMBOLS_PER_ELEMENT = 1.4;
    /** Elements for each entry that one replica has more than the other, if as many keys have changed. */
    private static final int ELEMENTS_PER_SURPLUS = 3;
    /** Of kept symbols, so many times as many are sent after some that did not suffice. */
    private static final int GROWTH = 4;
    /** An entry takes about as many bytes as so many symbols: more symbols than that take more than the entries themselves. */
    private static final double SYMBOLS_PER_ENTRY = 2.5;
    /** The most lists of segments that a peer's sketches may be about. */
    private static final int MAX_LISTS = 16;

    /** For sketches of what is held now, so many times as many entries are read in a round as it compares with one peer. */
    private static final int READS = 8;
    /** A sketch is tried so many times, and twice for each message that its symbols fill. */
    private static final int MAX_TRIES = 64;

    private final Settings settings;
    private final LocalSketches local;
    private final Consumer<Body> publish;
    private final Outcome outcome;
    private final RoundMemory.Share memory;
    private final int segments;
    /** Every segment, as what is held now is named; empty if there are too many for a sketch. */
    private final List<Integer> allSegments;
    /** How many entries may still be read in this round. */
    private long readable;

    private final Map<List<Integer>, Own> own = new HashMap<>();

    /** A sketch of this replica. */
    private final class Own {
        private final List<Integer> segments;
        private int limit;
        private Sketch sketch;
        private int published;

        Own(List<Integer> segments) {
            this.segments = segments;
            if (isKept()) {
                sketch = local.sketch();
                limit = sketch.size();
            } else {
                sketch = new Sketch(0);
                limit = (int) Math.min(MessageCheck.MAX_SYMBOLS, MIN_SYMBOLS + rows(segments) * SYMBOLS_PER_ENTRY);
            }
        }

        boolean isKept() {
            return segments.equals(ALL);
        }

        /** So many symbols, or as many as there may be. */
        int upTo(long symbols) {
            if (sketch.size() < Math.min(limit, symbols)) {
                build((int) Math.min(limit, 2 * symbols));
            }
            return (int) Math.min(limit, symbols);
        }

        private void build(int symbols) {
            long rows = rows(segments);
            if (rows > readable || !memory.holdSymbols((long) (symbols - sketch.size()) * Sketch.SYMBOL_BYTES)) {
                limit = sketch.size();
                return;
            }
            readable -= rows;
            Sketch larger = local.sketch(segments, symbols);
            if (Arrays.equals(larger.encode(0, published), sketch.encode(0, published))) {
                sketch = larger;
            } else {
                limit = sketch.size(); // there were writes meanwhile: symbols of two states decode to nothing
            }
        }

        void publishUpTo(long symbols) {
            int until = upTo(symbols);
            if (!isKept() && until > 0) {
                own(ALL).publishUpTo(until);
            }
            while (published < until) {
                int count = Math.min(until - published, settings.limits().maxEntriesPerMessage());
                publish.accept(new Symbols(segments, published, sketch.encode(published, count)));
                published += count;
            }
        }
    }

    /** @param memory where symbols are counted, but for those that are kept at every cut */
    SketchExchange(
            Settings settings, LocalSketches local, Consumer<Body> publish, Outcome outcome, RoundMemory.Share memory) {
        this.settings = settings;
        this.local = local;
        this.publish = publish;
        this.outcome = outcome;
        this.memory = memory;
        this.segments = 1 << settings.shape().segmentBits();
        boolean listed = settings.shape().sketches() && segments <= MessageCheck.MAX_SEGMENTS;
        this.allSegments = IntStream.range(0, listed ? segments : 0).boxed().toList();
        this.readable = (long) READS * settings.limits().maxEntriesPerRound();
    }

    private Own own(List<Integer> some) {
        return own.computeIfAbsent(some, Own::new);
    }

    /**
     * Publishes the first symbols of everything for a peer whose tree differs.
     *
     * @return whether they may suffice; otherwise nothing was published
     */
    boolean begin(PeerTree peer) {
        long surplus = surplus(peer);
        Own kept = own(ALL);
        if (surplus * SYMBOLS_PER_ELEMENT > kept.limit) {
            peer.begunNow = true;
            return beginNow((double) ELEMENTS_PER_SURPLUS * surplus);
        }
        kept.publishUpTo(Math.max(MIN_SYMBOLS, symbolsFor(2.0 * ELEMENTS_PER_SURPLUS * Math.max(0, surplus - 1))));
        return true;
    }

    private long surplus(PeerTree peer) {
        return Math.abs(local.entries() - peer.root.entries());
    }

    /** Publishes the first symbols of all that is held now; false if that is too much. */
    private boolean beginNow(double elements) {
        if (allSegments.isEmpty() || !isReadable(allSegments)) {
            return false;
        }
        return begin(allSegments, elements);
    }

    /** Whether segments hold no more than one round may read. */
    private boolean isReadable(List<Integer> some) {
        return rows(some) <= settings.limits().maxEntriesPerRound();
    }

    private long rows(List<Integer> some) {
        return some.stream().mapToLong(local::rows).sum();
    }

    /** Whether symbols of this replica were published. */
    boolean hasPublished() {
        return own.values().stream().anyMatch(mine -> mine.published > 0);
    }

    /** Whether a sketch covers everything. */
    boolean coversAll(List<Integer> some) {
        return some.equals(ALL) || some.equals(allSegments);
    }

    /**
     * Publishes the first symbols of some segments.
     *
     * @param elements how many elements are expected in which a peer differs there
     * @return false if that would read too much, or take more bytes than the entries: nothing was published
     */
    boolean begin(List<Integer> some, double elements) {
        Own mine = own(some);
        long symbols = symbolsFor(elements);
        if (symbols > mine.limit && (mine.published == 0 || coversAll(some))) {
            return false;
        }
        mine.publishUpTo(symbols);
        return mine.limit > 0;
    }

    /** How many symbols nearly always suffice for so many elements: of few, the number scatters. */
    private static long symbolsFor(double elements) {
        return Math.round(MIN_SYMBOLS / 2.0 + SYMBOLS_PER_ELEMENT * elements + 2 * Math.sqrt(elements));
    }

    /** Takes in symbols of a peer that is compared by sketches. */
    void receive(PeerTree peer, Symbols symbols) {
        List<Integer> some = symbols.segments();
        boolean known = peer.sketches.containsKey(some);
        boolean tooMuch = peer.sketching && coversAll(some) && !some.equals(ALL) && !isReadable(some);
        if (!known && (tooMuch || peer.sketches.size() == MAX_LISTS)) {
            return;
        }
        PeerSketch sketch = heard(peer, some);
        if (sketch.ended && !some.equals(ALL)) {
            return;
        }
        if (!some.equals(ALL) && !memory.holdSymbols(symbols.symbols().length)) {
            sketch.ended = true;
            outcome.undecodable(peer, some);
        } else {
            sketch.add(symbols.first(), symbols.symbols());
            decode(peer, some, sketch);
        }
        if (sketch.ended && !some.equals(ALL)) {
            sketch.forget();
        }
    }

    private PeerSketch heard(PeerTree peer, List<Integer> some) {
        return peer.sketches.computeIfAbsent(some, s -> new PeerSketch(own(some).limit));
    }

    private void decode(PeerTree peer, List<Integer> some, PeerSketch sketch) {
        Own mine = own(some);
        if (sketch.ended || Math.min(sketch.length(), mine.limit) == sketch.tried && mine.limit > 0) {
            return;
        }
        int symbols = mine.upTo(sketch.length());
        if (mine.limit == 0 || ++sketch.tries > maxTries()) {
            sketch.ended = true;
            outcome.undecodable(peer, some);
            return;
        }
        sketch.tried = symbols;
        Sketch difference = difference(mine, sketch, symbols);
        Decoding decoding = Decoding.of(local.elementHash(), difference);
        if (decoding.isComplete()) {
            sketch.ended = true;
            sketch.decoding = decoding;
            if (!isDecodedByPeer(mine, sketch)) {
                mine.publishUpTo(symbols);
            }
            outcome.decoded(peer, some, keys(decoding));
        } else if (symbols >= Math.min(mine.published, mine.limit)) { // otherwise the peer is about to send more
            more(peer, mine, sketch, difference);
        }
    }

    /** Takes in symbols that a peer keeps, though it is not compared by these alone. */
    void keep(PeerTree peer, Symbols symbols) {
        heard(peer, ALL).add(symbols.first(), symbols.symbols());
    }

    /**
     * All keys in which a peer differed at the cut: those that are decoded, and those that have changed since. They are not known if
     * too many have changed, or kept symbols are lost. From the difference at the cut, which is the same whatever happens, all that is decoded is
     * subtracted: if the rest can be decoded, nothing else has differed.
     *
     * @return null if they are not known
     */
    Collection<Long> atCut(PeerTree peer) {
        PeerSketch ofPeer = peer.sketches.get(ALL);
        int symbols = ofPeer == null ? 0 : Math.min(ofPeer.length(), own(ALL).limit);
        if (symbols == 0) {
            return null;
        }
        Sketch rest = difference(own(ALL), ofPeer, symbols);
        TreeSet<Long> keys = new TreeSet<>(Long::compareUnsigned);
        peer.sketches.forEach((some, sketch) -> {
            if (!some.equals(ALL) && sketch.decoding != null) {
                subtract(sketch.decoding, rest);
                keys.addAll(keys(sketch.decoding));
            }
        });
        Decoding changed = Decoding.of(local.elementHash(), rest);
        if (!changed.isComplete()) {
            return null;
        }
        keys.addAll(keys(changed));
        return keys;
    }

    private void subtract(Decoding decoding, Sketch rest) {
        for (int element = 0; element < decoding.size(); element++) {
            int times = decoding.isOfFirst(element) ? -1 : 1;
            rest.add(local.elementHash(), decoding.key(element), decoding.digest(element), times);
        }
    }

    private int maxTries() {
        return MAX_TRIES + 2 * MessageCheck.MAX_SYMBOLS / settings.limits().maxEntriesPerMessage();
    }

    private static Sketch difference(Own mine, PeerSketch sketch, int symbols) {
        Sketch difference = mine.sketch.prefix(symbols);
        difference.subtract(sketch.prefix(symbols));
        return difference;
    }

    /** Whether a peer can decode as well, by the symbols that are published. */
    private boolean isDecodedByPeer(Own mine, PeerSketch sketch) {
        return mine.published >= sketch.tried
                || mine.published > 0
                        && Decoding.of(local.elementHash(), difference(mine, sketch, mine.published))
                                .isComplete();
    }

    /** The symbols that were heard do not suffice. */
    private void more(PeerTree peer, Own mine, PeerSketch sketch, Sketch difference) {
        int tried = sketch.tried;
        double expected = difference.estimate(Math.round(surplus(peer, mine)));
        if (tried < mine.limit && !isHopeless(expected, tried, mine.limit)) {
            mine.publishUpTo(mine.isKept() ? moreKept(tried, expected) : moreNow(tried, expected));
            return;
        }
        sketch.ended = true;
        boolean begun = mine.isKept() && (peer.begunNow || beginNow(expected));
        if (!begun) {
            outcome.undecodable(peer, mine.segments);
        }
    }

    /**
     * Whether more elements are expected than a number of symbols decodes. The estimate from n symbols scatters by a factor of about
     * 1 + 2 / sqrt(n); it must be wrong by far more if these elements are to be decoded.
     */
    private static boolean isHopeless(double expected, int tried, int limit) {
        return SYMBOLS_PER_ELEMENT * expected > limit * (1 + 8 / Math.sqrt(tried));
    }

    private static long moreKept(int tried, double expected) {
        return Math.max((long) GROWTH * tried, symbolsFor(expected));
    }

    private static long moreNow(int tried, double expected) {
        return Math.max(tried + tried / 4 + MIN_SYMBOLS, symbolsFor(expected));
    }

    /** How many elements more this replica's sketch is likely to have. */
    private double surplus(PeerTree peer, Own mine) {
        double all = local.entries() - peer.root.entries();
        return mine.isKept() ? all : all * mine.segments.size() / segments;
    }

    private static Collection<Long> keys(Decoding decoding) {
        TreeSet<Long> keys = new TreeSet<>(Long::compareUnsigned);
        for (int element = 0; element < decoding.size(); element++) {
            keys.add(decoding.key(element));
        }
        return new ArrayList<>(keys);
    }
}

package io.trueup.sketch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What must hold for the sketches of any two sets. */
class SketchPropertyTest {

    private static final int MANY = 1 << 14;
    private static final KeyedHash HASH = new KeyedHash("0123456789abcdef".getBytes(UTF_8));

    private record Element(long key, long digest) {}

    private static Sketch sketch(int symbols, Iterable<Element> elements) {
        Sketch sketch = new Sketch(symbols);
        elements.forEach(element -> sketch.add(HASH, element.key(), element.digest(), 1));
        return sketch;
    }

    private static List<Element> elements(SplittableRandom random, int count) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(new Element(random.nextLong(), random.nextLong()));
        }
        return elements;
    }

    private static Set<Element> decoded(Decoding decoding, boolean ofFirst) {
        Set<Element> elements = new HashSet<>();
        for (int i = 0; i < decoding.size(); i++) {
            if (decoding.isOfFirst(i) == ofFirst) {
                assertThat(elements.add(new Element(decoding.key(i), decoding.digest(i))))
                        .as("decoded once")
                        .isTrue();
            }
        }
        return elements;
    }

    /** Both sets share elements, and hold other digests for some keys. */
    /** Three symbols for each element suffice in nearly all cases: two elements may share all of them. */
    @Property(tries = 500)
    void theDifferenceIsDecodedFromEnoughSymbols(
            @ForAll long seed,
            @ForAll @IntRange(max = 300) int shared,
            @ForAll @IntRange(max = 60) int changed,
            @ForAll @IntRange(max = 60) int onlyFirst,
            @ForAll @IntRange(max = 60) int onlySecond) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Element> both = elements(random, shared);
        List<Element> first = elements(random, onlyFirst);
        List<Element> second = elements(random, onlySecond);
        for (Element old : elements(random, changed)) {
            first.add(old);
            second.add(new Element(old.key(), random.nextLong()));
        }
        Decoding decoding = null;
        for (int symbols = 20 + 3 * (first.size() + second.size());
                decoding == null || !decoding.isComplete() && symbols <= MANY;
                symbols *= 2) {
            Sketch difference = sketch(symbols, both);
            difference.add(sketch(symbols, first));
            Sketch other = sketch(symbols, second);
            other.add(sketch(symbols, both));
            difference.subtract(other);
            decoding = Decoding.of(HASH, difference);
        }

        assertThat(decoding.isComplete()).isTrue();
        assertThat(decoded(decoding, true)).isEqualTo(Set.copyOf(first));
        assertThat(decoded(decoding, false)).isEqualTo(Set.copyOf(second));
    }

    /** Too few symbols are never taken for enough. */
    @Property(tries = 500)
    void aDecodingIsEitherIncompleteOrRight(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 100) int count,
            @ForAll @IntRange(max = 150) int symbols) {
        List<Element> elements = elements(new SplittableRandom(seed), count);

        Decoding decoding = Decoding.of(HASH, sketch(symbols, elements));

        Set<Element> decoded = decoded(decoding, true);
        assertThat(elements).containsAll(decoded);
        assertThat(decoded(decoding, false)).isEmpty();
        if (symbols > 0) {
            assertThat(decoding.isComplete()).isEqualTo(decoded.size() == count);
        }
    }

    @Property(tries = 200)
    void orderDoesNotMatterAndWhatIsRemovedIsGone(
            @ForAll long seed, @ForAll @IntRange(max = 50) int count, @ForAll @IntRange(max = 64) int symbols) {
        List<Element> elements = elements(new SplittableRandom(seed), count);
        Sketch sketch = sketch(symbols, elements);
        Collections.shuffle(elements, new Random(seed));
        assertThat(sketch(symbols, elements).encode(0, symbols)).isEqualTo(sketch.encode(0, symbols));

        Collections.shuffle(elements, new Random(~seed));
        elements.forEach(element -> sketch.add(HASH, element.key(), element.digest(), -1));

        assertThat(sketch.isEmpty()).isTrue();
        assertThat(sketch.encode(0, symbols)).isEqualTo(new byte[symbols * Sketch.SYMBOL_BYTES]);
    }

    @Property(tries = 200)
    void aShorterSketchIsAPrefix(
            @ForAll long seed, @ForAll @IntRange(max = 50) int count, @ForAll @IntRange(max = 64) int symbols) {
        List<Element> elements = elements(new SplittableRandom(seed), count);

        assertThat(sketch(100, elements).encode(0, symbols))
                .isEqualTo(sketch(symbols, elements).encode(0, symbols));
        assertThat(sketch(100, elements).prefix(symbols).encode(0, symbols))
                .isEqualTo(sketch(symbols, elements).encode(0, symbols));
    }

    /** A message has the lowest eight bits of each count. */
    @Property(tries = 100)
    void theDifferenceToAnEncodedSketchIsDecoded(@ForAll long seed, @ForAll @IntRange(max = 40) int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Element> both = elements(random, 1_000);
        Sketch first = sketch(512, both);
        List<Element> second = elements(random, count);
        first.subtract(Sketch.decode(sketch(512, second).encode(0, 512)));
        first.subtract(Sketch.decode(sketch(512, both).encode(0, 512)));

        Decoding decoding = Decoding.of(HASH, first);

        assertThat(decoding.isComplete()).isTrue();
        assertThat(decoded(decoding, false)).isEqualTo(Set.copyOf(second));
    }

    /** Symbols that nobody has made of elements: decoding ends, and invents nothing. */
    @Property(tries = 500)
    void nothingIsDecodedOfNoise(@ForAll @Size(max = 64) List<@IntRange Integer> noise) {
        byte[] symbols = new byte[noise.size() * Sketch.SYMBOL_BYTES];
        for (int i = 0; i < noise.size(); i++) {
            byte[] symbol = new byte[Sketch.SYMBOL_BYTES];
            new SplittableRandom(noise.get(i)).nextBytes(symbol);
            symbol[Sketch.SYMBOL_BYTES - 1] = (byte) (i % 2 == 0 ? 1 : -1);
            System.arraycopy(symbol, 0, symbols, i * Sketch.SYMBOL_BYTES, symbol.length);
        }

        assertThat(Decoding.of(HASH, Sketch.decode(symbols)).size()).isZero();
    }

    /**
     * Whoever knows the hashes can forge symbols that show an element where it does not belong: peeling it elsewhere brings it
     * back, without end.
     */
    @Property(tries = 500)
    void forgedSymbolsEndAfterAtMostAsManyElementsAsSymbols(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 64) int symbols) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Element> elements = elements(random, 3);
        byte[] forged = new byte[symbols * Sketch.SYMBOL_BYTES];
        for (int i = 0; i < symbols; i++) {
            Sketch one = new Sketch(1);
            Element element = elements.get(random.nextInt(elements.size()));
            one.add(HASH, element.key(), element.digest(), random.nextBoolean() ? 1 : -1);
            System.arraycopy(one.encode(0, 1), 0, forged, i * Sketch.SYMBOL_BYTES, Sketch.SYMBOL_BYTES);
        }

        Decoding decoding = Decoding.of(HASH, Sketch.decode(forged));

        assertThat(decoding.size()).isLessThanOrEqualTo(symbols);
    }

    @Example
    void anElementThatASymbolCannotContainIsNotDecoded() {
        int index = 5;
        long key = 0;
        while (Mapping.contains(index, HASH.mapping(key, 1))) {
            key++;
        }
        Sketch one = new Sketch(1);
        one.add(HASH, key, 1, 1);
        byte[] forged = new byte[8 * Sketch.SYMBOL_BYTES];
        System.arraycopy(one.encode(0, 1), 0, forged, index * Sketch.SYMBOL_BYTES, Sketch.SYMBOL_BYTES);

        Decoding decoding = Decoding.of(HASH, Sketch.decode(forged));

        assertThat(decoding.size()).isZero();
        assertThat(decoding.isComplete()).isFalse();
    }

    /** Elements that a client cannot choose: under another secret, the same element is mapped elsewhere. */
    @Example
    void theMappingIsKeyed() {
        KeyedHash other = new KeyedHash("fedcba9876543210".getBytes(UTF_8));
        int same = 0;
        for (int i = 0; i < 1_000; i++) {
            same += HASH.mapping(i, i) == other.mapping(i, i) || HASH.checksum(i, i) == other.checksum(i, i) ? 1 : 0;
        }

        assertThat(same).isZero();
    }

    @Example
    void bytesThatAreNoSymbolsAreRefused() {
        assertThatThrownBy(() -> Sketch.decode(new byte[Sketch.SYMBOL_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("22 bytes");
    }

    /** The figures that the documentation states. */
    @Example
    void manyElementsNeedFewerThanOneAndAHalfSymbolsEach() {
        SplittableRandom random = new SplittableRandom(7);
        assertThat(symbolsNeeded(elements(random, 2_000))).isLessThan(3_000);
        double two = 0;
        for (int i = 0; i < 200; i++) {
            two += symbolsNeeded(elements(random, 2));
        }
        assertThat(two / 200).isBetween(2.0, 5.0);
    }

    private static int symbolsNeeded(List<Element> elements) {
        Sketch sketch = sketch(3 * elements.size() + 30, elements);
        int low = 0;
        int high = sketch.size();
        while (low < high) {
            int middle = (low + high) / 2;
            if (middle > 0 && Decoding.of(HASH, sketch.prefix(middle)).isComplete()) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    @Example
    void theNumberOfElementsIsEstimatedFromTwelveSymbolsWithinAFactorOfTwoInMostCases() {
        SplittableRandom random = new SplittableRandom(8);
        int near = 0;
        for (int i = 0; i < 300; i++) {
            int first = random.nextInt(1_000);
            int second = 1 + random.nextInt(1_000);
            Sketch difference = sketch(12, elements(random, first));
            difference.subtract(
                    Sketch.decode(sketch(12, elements(random, second)).encode(0, 12)));
            double estimated = difference.estimate(first - second);
            near += estimated >= (first + second) / 2.0 && estimated <= 2.0 * (first + second) ? 1 : 0;
        }

        assertThat(near).isGreaterThan(220);
    }
}

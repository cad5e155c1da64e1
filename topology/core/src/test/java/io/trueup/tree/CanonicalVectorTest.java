package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Two vectors have the same digest only if they are equal, whatever characters the names of their writers have. */
class CanonicalVectorTest {

    private static final KeyedHash HASH = new KeyedHash("0123456789abcdef".getBytes(UTF_8));
    private static final EntryDigest DIGEST = new EntryDigest(HASH, false);

    /** Names whose vectors have the text {@code a=1,b=2}, or one like it. */
    @Provide
    Arbitrary<VersionVector> vectors() {
        Arbitrary<String> names = Arbitraries.strings()
                .withChars('=', ',', '1', '2', 'a', 'b')
                .ofMinLength(0)
                .ofMaxLength(4);
        return Arbitraries.maps(names, Arbitraries.longs().between(0, 12))
                .ofMaxSize(4)
                .map(VersionVector::of);
    }

    /** A vector of at least two writers. */
    @Provide
    Arbitrary<VersionVector> wide() {
        return Arbitraries.maps(
                        Arbitraries.of("a", "b", "1", "2", "a1"),
                        Arbitraries.longs().between(1, 12))
                .ofMinSize(2)
                .map(VersionVector::of);
    }

    @Property(tries = 500)
    void equalDigestsMeanEqualVectors(
            @ForAll @From("vectors") VersionVector a, @ForAll @From("vectors") VersionVector b) {
        assertThat(digest(a).equals(digest(b))).isEqualTo(a.equals(b));
    }

    /** The second vector has the text of the first: some of its commas and equal signs belong to names. */
    @Property(tries = 500)
    void vectorsOfTheSameTextHaveDifferentDigests(@ForAll @From("wide") VersionVector a, @ForAll int joined) {
        VersionVector b = regrouped(a, joined);

        assertThat(b).hasToString(a.toString());
        assertThat(digest(a).equals(digest(b))).isEqualTo(a.equals(b));
    }

    @Example
    void anEqualSignInANameIsNoSeparator() {
        VersionVector two = VersionVector.of(Map.of("a", 1L, "b", 2L));
        VersionVector one = VersionVector.of(Map.of("a=1,b", 2L));

        assertThat(digest(two)).isNotEqualTo(digest(one));
    }

    /** Joins neighbouring counters of a vector's text into the name of the next one. */
    private static VersionVector regrouped(VersionVector vector, int joined) {
        List<String> counters = List.of(vector.toString().split(","));
        Map<String, Long> grouped = new HashMap<>();
        List<String> group = new ArrayList<>();
        for (int i = 0; i < counters.size(); i++) {
            group.add(counters.get(i));
            boolean ends = i == counters.size() - 1 || (joined >> i & 1) == 0;
            if (ends) {
                String text = String.join(",", group);
                int sign = text.lastIndexOf('=');
                grouped.put(text.substring(0, sign), Long.valueOf(text.substring(sign + 1)));
                group.clear();
            }
        }
        return VersionVector.of(grouped);
    }

    @Property(tries = 500)
    void equalBytesMeanEqualVectors(
            @ForAll @From("vectors") VersionVector a, @ForAll @From("vectors") VersionVector b) {
        assertThat(Arrays.equals(a.canonicalBytes(), b.canonicalBytes())).isEqualTo(a.equals(b));
        VersionVector same = VersionVector.of(a.counters());
        assertThat(same.canonicalBytes()).isEqualTo(a.canonicalBytes());
    }

    private static Hash128 digest(VersionVector vector) {
        return DIGEST.of(new Hash128(1, 2), 0, vector, Entry.NEVER, new Hash128(3, 4));
    }
}

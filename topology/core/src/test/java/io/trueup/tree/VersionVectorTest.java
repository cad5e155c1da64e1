package io.trueup.tree;

import static io.trueup.tree.VersionVector.Order.AFTER;
import static io.trueup.tree.VersionVector.Order.BEFORE;
import static io.trueup.tree.VersionVector.Order.CONCURRENT;
import static io.trueup.tree.VersionVector.Order.EQUAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The laws of version vectors: a partial order, and merging is its least upper bound. */
class VersionVectorTest {

    @Provide
    Arbitrary<VersionVector> vectors() {
        return Arbitraries.maps(
                        Arbitraries.of("a", "b", "c"), Arbitraries.longs().between(0, 2))
                .map(VersionVector::of);
    }

    @Property(tries = 300)
    void comparingIsAPartialOrder(
            @ForAll @From("vectors") VersionVector a,
            @ForAll @From("vectors") VersionVector b,
            @ForAll @From("vectors") VersionVector c) {
        assertThat(a.compare(a)).isEqualTo(EQUAL);
        assertThat(a.compare(b) == EQUAL).isEqualTo(a.equals(b));
        assertThat(b.compare(a))
                .isEqualTo(
                        switch (a.compare(b)) {
                            case BEFORE -> AFTER;
                            case AFTER -> BEFORE;
                            case EQUAL -> EQUAL;
                            case CONCURRENT -> CONCURRENT;
                        });
        if (reaches(a, b) && reaches(b, c)) {
            assertThat(reaches(a, c)).isTrue();
        }
    }

    @Property(tries = 300)
    void mergingIsTheLeastUpperBound(
            @ForAll @From("vectors") VersionVector a,
            @ForAll @From("vectors") VersionVector b,
            @ForAll @From("vectors") VersionVector c) {
        VersionVector merged = a.merge(b);

        assertThat(reaches(merged, a) && reaches(merged, b)).isTrue();
        assertThat(merged).isEqualTo(b.merge(a)).hasSameHashCodeAs(b.merge(a));
        assertThat(merged.merge(c)).isEqualTo(a.merge(b.merge(c)));
        if (reaches(c, a) && reaches(c, b)) {
            assertThat(reaches(c, merged)).isTrue();
        }
    }

    @Property(tries = 300)
    void theTotalGrowsWithDominanceAndTheTextDistinguishesVectors(
            @ForAll @From("vectors") VersionVector a, @ForAll @From("vectors") VersionVector b) {
        if (a.compare(b) == AFTER) {
            assertThat(a.total()).isGreaterThan(b.total());
        }
        assertThat(a.toString().equals(b.toString())).isEqualTo(a.equals(b));
    }

    @Example
    void aWriterThatIsAbsentCountsZero() {
        assertThat(VersionVector.of(Map.of("a", 0L, "b", 1L))).isEqualTo(VersionVector.of(Map.of("b", 1L)));
        assertThat(VersionVector.of(Map.of("a", 0L)).counters()).isEmpty();
        assertThat(VersionVector.of(Map.of("b", 1L)).counters().keySet()).isEqualTo(Set.of("b"));
    }

    @Example
    void aCounterBelowZeroAndASumBeyondALongAreRefused() {
        assertThatThrownBy(() -> VersionVector.of(Map.of("eu", -1L)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("eu");
        VersionVector most = VersionVector.of(Map.of("a", Long.MAX_VALUE));
        assertThatThrownBy(() -> most.merge(VersionVector.of(Map.of("b", 1L))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2^63");
    }

    private static boolean reaches(VersionVector a, VersionVector b) {
        return a.compare(b) == AFTER || a.compare(b) == EQUAL;
    }
}

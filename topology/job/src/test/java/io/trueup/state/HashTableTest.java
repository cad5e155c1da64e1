package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class HashTableTest {

    private static final Comparator<Hash128> UNSIGNED =
            Comparator.comparing(Hash128::hi, Long::compareUnsigned).thenComparing(Hash128::lo, Long::compareUnsigned);

    /** Against a sorted map: evenly distributed hashes, and hashes that crowd at both ends and in the middle. */
    @Property(tries = 300)
    void shouldHoldWhatASortedMapHolds(@ForAll long seed, @ForAll @IntRange(min = 1, max = 6_000) int steps) {
        Random random = new Random(seed);
        int crowding = random.nextInt(4) * 20;
        HashTable table = new HashTable();
        TreeMap<Hash128, byte[]> model = new TreeMap<>(UNSIGNED);
        List<Hash128> used = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            Hash128 key = used.isEmpty() || random.nextInt(3) > 0
                    ? hash(random, crowding)
                    : used.get(random.nextInt(used.size()));
            if (random.nextInt(4) == 0) {
                assertThat(table.remove(key.hi(), key.lo())).isSameAs(model.remove(key));
            } else {
                byte[] value = new byte[random.nextInt(3)];
                assertThat(table.put(key.hi(), key.lo(), value)).isSameAs(model.put(key, value));
                used.add(key);
            }
        }

        assertThat(table.size()).isEqualTo(model.size());
        for (Hash128 key : used) {
            assertThat(table.get(key.hi(), key.lo())).isSameAs(model.get(key));
        }
        Hash128 one = hash(random, crowding);
        Hash128 other = hash(random, crowding);
        requireRange(table, model, new Hash128(0, 0), new Hash128(-1, -1));
        requireRange(
                table,
                model,
                UNSIGNED.compare(one, other) < 0 ? one : other,
                UNSIGNED.compare(one, other) < 0 ? other : one);

        table.clear();
        assertThat(table.size()).isZero();
        assertThat(range(table, new Hash128(0, 0), new Hash128(-1, -1))).isEmpty();
    }

    @Test
    void shouldStopWhenTheVisitorHasEnough() {
        HashTable table = new HashTable();
        for (int i = 0; i < 10; i++) {
            table.put(i, 0, new byte[i]);
        }
        List<Integer> visited = new ArrayList<>();

        table.scan(new Hash128(3, 0), new Hash128(9, 0), (hi, lo, value) -> {
            visited.add(value.length);
            return value.length < 5;
        });

        assertThat(visited).containsExactly(3, 4, 5);
    }

    private static void requireRange(HashTable table, TreeMap<Hash128, byte[]> model, Hash128 first, Hash128 last) {
        assertThat(range(table, first, last))
                .containsExactlyElementsOf(model.subMap(first, true, last, true).keySet());
    }

    private static List<Hash128> range(HashTable table, Hash128 first, Hash128 last) {
        List<Hash128> range = new ArrayList<>();
        table.scan(first, last, (hi, lo, value) -> range.add(new Hash128(hi, lo)));
        return range;
    }

    private static Hash128 hash(Random random, int crowding) {
        long hi = random.nextLong() >>> crowding;
        return new Hash128(
                switch (random.nextInt(3)) {
                    case 0 -> hi;
                    case 1 -> ~hi;
                    default -> hi ^ Long.MIN_VALUE;
                },
                random.nextInt(3) - 1);
    }
}

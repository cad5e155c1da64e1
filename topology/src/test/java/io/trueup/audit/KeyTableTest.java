package io.trueup.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyTableTest {

    private static final long FIRST = 1_000;

    private final KeyTable table = new KeyTable(FIRST);

    private record Held(Hash128 digest, long offset, int length) {}

    @Test
    void shouldHoldWhatAMapHolds() {
        SplittableRandom random = new SplittableRandom(7);
        Map<Hash128, Held> expected = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            Hash128 key = key(random.nextInt(50_000));
            boolean dead = random.nextInt(5) == 0;
            Held held = new Held(
                    dead ? Hash128.ZERO : new Hash128(random.nextLong(), i), FIRST + i, dead ? 0 : random.nextInt(500));
            expected.put(key, held);
            table.put(key.hi(), key.lo(), held.digest().hi(), held.digest().lo(), held.offset(), held.length());
        }

        expected.forEach((key, held) -> {
            assertThat(table.offset(key.hi(), key.lo())).isEqualTo(held.offset());
            assertThat(table.holds(
                            key.hi(),
                            key.lo(),
                            held.digest().hi(),
                            held.digest().lo()))
                    .isTrue();
            assertThat(table.holds(key.hi(), key.lo(), 1, 2)).isFalse();
        });
        Map<Hash128, Hash128> visited = new HashMap<>();
        table.forEach(
                (hi, lo, digestHi, digestLo) -> visited.put(new Hash128(hi, lo), new Hash128(digestHi, digestLo)));
        assertThat(visited).hasSize(expected.size());
        assertThat(table.live() + table.dead()).isEqualTo(expected.size());
        assertThat(table.dead())
                .isEqualTo(expected.values().stream()
                        .filter(held -> held.digest().equals(Hash128.ZERO))
                        .count());
        assertThat(table.valueBytes())
                .isEqualTo(expected.values().stream().mapToLong(Held::length).sum());
    }

    @Test
    void shouldTakeAtMost64BytesForAKeyHoweverManyThereAre() {
        SplittableRandom random = new SplittableRandom(1);
        for (int keys = 1; keys <= 400_000; keys++) {
            table.put(random.nextLong(), random.nextLong(), 1, 1, FIRST + keys, 100);
            if (keys >= 4_000) {
                assertThat((double) table.memoryBytes() / keys)
                        .as("%d keys", keys)
                        .isLessThanOrEqualTo(64);
            }
        }
    }

    @Test
    void shouldTellAbsenceFromNothingElse() {
        assertThat(table.offset(1, 2)).isEqualTo(-1);
        assertThat(table.holds(1, 2, 0, 0)).isTrue();
        assertThat(table.holds(1, 2, 3, 4)).isFalse();
        assertThat(table.remembers(1, 2)).isFalse();

        table.put(1, 2, 0, 0, FIRST, 0);

        assertThat(table.holds(1, 2, 0, 0)).isTrue();
        assertThat(table.remembers(1, 2)).isTrue();
        assertThat(table.offset(1, 2)).isEqualTo(FIRST);
    }

    @Test
    void shouldHoldAKeyWhoseHashIsZero() {
        table.put(0, 0, 5, 6, FIRST + 3, 10);

        assertThat(table.holds(0, 0, 5, 6)).isTrue();
        assertThat(table.offset(0, 0)).isEqualTo(FIRST + 3);
        assertThat(table.live()).isEqualTo(1);
    }

    @Test
    void shouldCountValuesThatAreTooLongForTheirField() {
        int huge = 50_000_000;
        table.put(1, 2, 5, 6, FIRST, huge);
        table.put(1, 3, 5, 6, FIRST + 1, KeyTable.LONGEST_SHORT_VALUE);

        assertThat(table.valueBytes()).isEqualTo(huge + KeyTable.LONGEST_SHORT_VALUE);

        table.put(1, 2, 5, 7, FIRST + 2, 1);

        assertThat(table.valueBytes()).isEqualTo(1 + KeyTable.LONGEST_SHORT_VALUE);
    }

    @Test
    void shouldDropWhatAScanHasNotFound() {
        table.put(1, 1, 5, 6, FIRST, 10);
        table.put(2, 2, 5, 6, FIRST + 1, 10);
        table.put(3, 3, 0, 0, FIRST + 2, 0);
        table.put(4, 4, 5, 6, FIRST + 9, 10);
        Scan scan = new Scan("s", FIRST + 5);
        scan.found(new Hash128(2, 2));

        table.dropUnfound(scan, FIRST + 5);

        assertThat(table.holds(1, 1, 0, 0)).isTrue();
        assertThat(table.offset(1, 1)).isEqualTo(-1);
        assertThat(table.holds(2, 2, 5, 6)).isTrue();
        assertThat(table.holds(4, 4, 5, 6)).isTrue();
        assertThat(table.live()).isEqualTo(2);
        assertThat(table.dead()).isEqualTo(1);
        assertThat(table.valueBytes()).isEqualTo(20);
    }

    private static Hash128 key(int number) {
        SplittableRandom random = new SplittableRandom(number);
        return new Hash128(random.nextLong(), random.nextLong());
    }
}

package io.trueup.audit.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MerkleTree;
import io.trueup.tree.Scan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTableTest {

    private static final long FIRST = 1_000;

    private static final int SEGMENT_BITS = 4;

    private final KeyTable table = new KeyTable(FIRST, FIRST);

    private record Held(Hash128 digest, long offset, int length) {

        boolean isDead() {
            return digest.equals(Hash128.ZERO);
        }
    }

    @Test
    void shouldHoldWhatAMapOfEachReplicaHolds() {
        SplittableRandom random = new SplittableRandom(7);
        List<Map<Hash128, Held>> expected = List.of(new HashMap<>(), new HashMap<>());
        for (int i = 0; i < 200_000; i++) {
            Hash128 key = key(random.nextInt(50_000));
            boolean dead = random.nextInt(5) == 0;
            Held held = new Held(
                    dead ? Hash128.ZERO : new Hash128(random.nextInt(2), 1), FIRST + i, dead ? 0 : random.nextInt(500));
            int replica = random.nextInt(2);
            expected.get(replica).put(key, held);
            put(replica, key, held);
        }

        for (int replica = 0; replica < 2; replica++) {
            int asked = replica;
            expected.get(replica).forEach((key, held) -> {
                assertThat(table.offset(asked, key.hi(), key.lo())).isEqualTo(held.offset());
                assertThat(table.holds(
                                asked,
                                key.hi(),
                                key.lo(),
                                held.digest().hi(),
                                held.digest().lo()))
                        .isTrue();
                assertThat(table.holds(asked, key.hi(), key.lo(), 1, 2)).isFalse();
            });
            assertThat(table.written(replica)).isEqualTo(expected.get(replica).size());
            assertSums(replica, expected.get(replica));
        }
        Set<Hash128> keys = new HashSet<>(expected.get(0).keySet());
        keys.addAll(expected.get(1).keySet());
        keys.removeIf(key -> digest(expected.get(0), key).equals(digest(expected.get(1), key)));
        assertThat(differences()).containsExactlyInAnyOrderElementsOf(keys);
    }

    private void assertSums(int replica, Map<Hash128, Held> expected) {
        KeyedHash hash = new KeyedHash(new byte[KeyedHash.MIN_SECRET_BYTES]);
        MerkleTree tree = new MerkleTree(hash, SEGMENT_BITS);
        MerkleTree expectedTree = new MerkleTree(hash, SEGMENT_BITS);
        expected.forEach((key, held) -> {
            if (!held.isDead()) {
                int segment = (int) (key.hi() >>> -SEGMENT_BITS);
                expectedTree.add(segment, held.digest().hi(), held.digest().lo(), 1);
            }
        });
        long dead = expected.values().stream().filter(Held::isDead).count();
        long bytes = expected.values().stream().mapToLong(Held::length).sum();

        assertThat(table.addTo(tree, SEGMENT_BITS, replica))
                .isEqualTo(new KeyTable.Contents(expected.size() - dead, dead, bytes));
        assertThat(tree.node(0, 0)).isEqualTo(expectedTree.node(0, 0));
    }

    private static Hash128 digest(Map<Hash128, Held> holdings, Hash128 key) {
        return holdings.containsKey(key) ? holdings.get(key).digest() : Hash128.ZERO;
    }

    private List<Hash128> differences() {
        List<Hash128> found = new ArrayList<>();
        table.findDifferences(found::add);
        return found;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void shouldTakeAtMost64BytesForAKeyAndReplicaHoweverManyThereAre(int replicas) {
        KeyTable many = new KeyTable(new long[replicas]);
        SplittableRandom random = new SplittableRandom(1);
        for (int keys = 1; keys <= 400_000; keys++) {
            long hi = random.nextLong();
            long lo = random.nextLong();
            for (int replica = 0; replica < replicas; replica++) {
                many.put(replica, hi, lo, 1, 1, FIRST + keys, 100);
            }
            if (keys >= 16_000) {
                assertThat((double) many.memoryBytes() / keys / replicas)
                        .as("%d keys", keys)
                        .isLessThanOrEqualTo(64);
            }
        }
    }

    @Test
    void shouldReportAKeyThatWasNeverWrittenAsAbsent() {
        assertThat(table.offset(0, 1, 2)).isEqualTo(-1);
        assertThat(table.holds(0, 1, 2, 0, 0)).isTrue();
        assertThat(table.holds(0, 1, 2, 3, 4)).isFalse();
        assertThat(table.written(0)).isZero();

        table.put(0, 1, 2, 0, 0, FIRST, 0);

        assertThat(table.holds(0, 1, 2, 0, 0)).isTrue();
        assertThat(table.written(0)).isEqualTo(1);
        assertThat(table.offset(0, 1, 2)).isEqualTo(FIRST);
        assertThat(table.offset(1, 1, 2)).isEqualTo(-1);
        assertThat(differences()).isEmpty();
    }

    @Test
    void shouldHoldAKeyWhoseHashIsZero() {
        table.put(0, 0, 0, 5, 6, FIRST + 3, 10);

        assertThat(table.holds(0, 0, 0, 5, 6)).isTrue();
        assertThat(table.offset(0, 0, 0)).isEqualTo(FIRST + 3);
        assertThat(differences()).containsExactly(Hash128.ZERO);
    }

    @Test
    void shouldTellKeysApartWhoseHashesAreHalfTheSame() {
        for (int i = 0; i < 1_000; i++) {
            table.put(0, i, 7L << 40 | i, 5, 6, FIRST + i, 10); // all look for the same slot
        }

        for (int i = 0; i < 1_000; i++) {
            assertThat(table.offset(0, i, 7L << 40 | i)).isEqualTo(FIRST + i);
        }
        assertThat(table.offset(0, 3, 7L << 40)).isEqualTo(-1);
    }

    @Test
    void shouldCountValuesThatAreTooLongForTheirField() {
        int huge = 50_000_000;
        table.put(1, 1, 2, 5, 6, FIRST, huge);
        table.put(1, 1, 3, 5, 6, FIRST + 1, KeyTable.MAX_SHORT_VALUE_BYTES);
        table.put(0, 1, 2, 5, 6, FIRST, 7);

        assertThat(contents(1).valueBytes()).isEqualTo(huge + KeyTable.MAX_SHORT_VALUE_BYTES);
        assertThat(contents(0).valueBytes()).isEqualTo(7);

        table.put(1, 1, 2, 5, 7, FIRST + 2, 1);

        assertThat(contents(1).valueBytes()).isEqualTo(1 + KeyTable.MAX_SHORT_VALUE_BYTES);
    }

    @Test
    void shouldDropWhatAScanHasNotFound() {
        for (int replica = 0; replica < 2; replica++) {
            table.put(replica, 1, 1, 5, 6, FIRST, 10);
            table.put(replica, 2, 2, 5, 6, FIRST + 1, 10);
            table.put(replica, 3, 3, 0, 0, FIRST + 2, 0);
            table.put(replica, 4, 4, 5, 6, FIRST + 9, 10);
        }
        Scan scan = new Scan("s", FIRST + 5);
        scan.found(new Hash128(2, 2));

        assertThat(table.dropUnfound(1, scan, FIRST + 5)).isEqualTo(1);

        assertThat(table.holds(1, 1, 1, 0, 0)).isTrue();
        assertThat(table.offset(1, 1, 1)).isEqualTo(-1);
        assertThat(table.holds(1, 2, 2, 5, 6)).isTrue();
        assertThat(table.holds(1, 4, 4, 5, 6)).isTrue();
        assertThat(contents(1)).isEqualTo(new KeyTable.Contents(2, 1, 20));
        assertThat(contents(0)).isEqualTo(new KeyTable.Contents(3, 1, 30));
        assertThat(differences()).containsExactly(new Hash128(1, 1));
    }

    private KeyTable.Contents contents(int replica) {
        return table.addTo(
                new MerkleTree(new KeyedHash(new byte[KeyedHash.MIN_SECRET_BYTES]), SEGMENT_BITS),
                SEGMENT_BITS,
                replica);
    }

    private void put(int replica, Hash128 key, Held held) {
        table.put(replica, key.hi(), key.lo(), held.digest().hi(), held.digest().lo(), held.offset(), held.length());
    }

    private static Hash128 key(int number) {
        SplittableRandom random = new SplittableRandom(number);
        return new Hash128(random.nextLong(), random.nextLong());
    }
}

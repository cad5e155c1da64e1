package io.trueup.bench.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.bench.tree.Rows.Row;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All trees find what differs, and nothing else: otherwise their times could not be compared. */
class MeasuredTreeTest {

    private static final int KEYS = 5_000;
    private static final int LEAVES = 512;

    @Test
    void shouldFindTheSamePlantedKeysWithEachTree() {
        for (int planted : List.of(1, 7, 200)) {
            Set<String> keys = new TreeSet<>();
            Rows.of(KEYS, TreeKind.TRUEUP.empty(LEAVES))
                    .shuffled()
                    .subList(0, planted)
                    .forEach(row -> keys.add(name(row)));
            for (TreeKind kind : TreeKind.values()) {
                assertThat(keys).hasSize(planted);
                check(kind, keys);
            }
        }
    }

    /** The differing leaves are exactly those of the planted keys, wherever this tree has them. */
    private static void check(TreeKind kind, Set<String> planted) {
        MeasuredTree left = kind.empty(LEAVES);
        MeasuredTree right = kind.empty(LEAVES);
        BitSet expected = new BitSet();
        for (Row row : Rows.of(KEYS, left).rows()) {
            boolean differs = planted.contains(name(row));
            left.add(row.key(), row.before());
            right.add(row.key(), differs ? row.after() : row.before());
            if (differs) {
                expected.set(left.leaf(row.key()));
            }
        }
        left.complete();
        right.complete();

        BitSet found = left.leavesOf(left.diff(right));

        assertThat(found.cardinality())
                .as("%s finds a part of the leaves", kind)
                .isBetween(1, planted.size());
        assertThat(found).as(kind.toString()).isEqualTo(expected);
        assertThat(right.leavesOf(right.diff(left)))
                .as("%s, the other way round", kind)
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindNothingInEqualTrees(TreeKind kind) {
        MeasuredTree left = kind.empty(LEAVES);
        MeasuredTree right = kind.empty(LEAVES);
        Rows rows = Rows.of(KEYS, left);
        rows.fill(left);
        rows.fill(right);

        assertThat(left.leavesOf(left.diff(right))).isEqualTo(new BitSet());
    }

    /** A change of a value has the same effect as if the tree were built of the new value. */
    @ParameterizedTest
    @EnumSource
    void shouldHoldTheNewValuesAfterChanges(TreeKind kind) {
        MeasuredTree changed = kind.empty(LEAVES);
        Rows rows = Rows.of(KEYS, changed);
        rows.rows().forEach(row -> changed.add(row.key(), row.before()));
        rows.shuffled().subList(0, 50).forEach(row -> changed.replace(row.key(), row.before(), row.after()));
        changed.complete();
        MeasuredTree built = kind.empty(LEAVES);
        rows.changed(50).fill(built);
        MeasuredTree before = kind.empty(LEAVES);
        rows.fill(before);

        assertThat(changed.leavesOf(changed.diff(built))).isEqualTo(new BitSet());
        assertThat(changed.leavesOf(changed.diff(before)).cardinality()).isBetween(40, 50);
    }

    /** Complete trees change, and are compared again. */
    @ParameterizedTest
    @EnumSource
    void shouldFindChangesOfACompleteTreeUnlessItIsCassandras(TreeKind kind) {
        MeasuredTree changed = kind.empty(LEAVES);
        Rows rows = Rows.of(KEYS, changed);
        rows.fill(changed);
        MeasuredTree before = kind.empty(LEAVES);
        rows.fill(before);
        Row row = rows.shuffled().get(0);

        changed.replace(row.key(), row.before(), row.after());
        changed.complete();

        BitSet found = changed.leavesOf(changed.diff(before));
        if (kind.isUpdated()) {
            assertThat(found.stream()).containsExactly(changed.leaf(row.key()));
        } else {
            assertThat(found.stream()).isEmpty();
        }
    }

    /** Keys are spread evenly: 10 keys per leaf, and no tree has them in a part of its leaves. */
    @ParameterizedTest
    @EnumSource
    void shouldHaveTheSameNumberOfLeavesAndUseAllOfThem(TreeKind kind) {
        MeasuredTree tree = kind.empty(LEAVES);
        BitSet used = new BitSet();
        Rows.of(KEYS, tree).rows().forEach(row -> used.set(tree.leaf(row.key())));

        assertThat(tree.leaves()).isEqualTo(LEAVES);
        assertThat(used.length()).isEqualTo(LEAVES);
        assertThat(used.cardinality()).isGreaterThan(LEAVES * 99 / 100);
    }

    private static String name(Row row) {
        return new String(row.key(), UTF_8);
    }
}

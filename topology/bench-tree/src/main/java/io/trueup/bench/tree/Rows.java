package io.trueup.bench.tree;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The rows that all trees are given: keys {@code order-0}, {@code order-1}, … with the digests of two values each, 16 random bytes. The same
 * for each tree, in an order of its own.
 *
 * @param rows in ascending order of their leaves
 */
record Rows(List<Row> rows) {

    private static final int DIGEST_BYTES = 16;
    private static final int SEED = 1;

    /** A key, and the digest of its value before and after a change. */
    record Row(byte[] key, byte[] before, byte[] after) {

        /** The row after the change; the next change takes it back. */
        Row changed() {
            byte[] changedBack = before;
            return new Row(key, after, changedBack);
        }
    }

    static Rows of(int keys, MeasuredTree tree) {
        Random random = new Random(SEED);
        List<Row> rows = new ArrayList<>(keys);
        for (int key = 0; key < keys; key++) {
            byte[] before = new byte[DIGEST_BYTES];
            byte[] after = new byte[DIGEST_BYTES];
            random.nextBytes(before);
            random.nextBytes(after);
            rows.add(new Row(("order-" + key).getBytes(UTF_8), before, after));
        }
        rows.sort(Comparator.comparingInt(row -> tree.leaf(row.key())));
        return new Rows(List.copyOf(rows));
    }

    /** Adds all rows, and computes the tree. */
    void fill(MeasuredTree tree) {
        for (Row row : rows) {
            tree.add(row.key(), row.before());
        }
        tree.complete();
    }

    /** All rows in a random order, the same in each run. */
    List<Row> shuffled() {
        List<Row> shuffled = new ArrayList<>(rows);
        Collections.shuffle(shuffled, new Random(SEED));
        return shuffled;
    }

    /**
     * The same rows, of which some have changed.
     *
     * @param changed the first so many of {@link #shuffled}
     */
    Rows changed(int changed) {
        List<Row> these = shuffled().subList(0, changed);
        return new Rows(rows.stream()
                .map(row -> these.contains(row) ? row.changed() : row)
                .toList());
    }
}

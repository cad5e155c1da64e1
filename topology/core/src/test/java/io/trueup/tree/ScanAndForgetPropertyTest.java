package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;

/** What must hold of the tree while scans drop entries and dead entries are forgotten. */
class ScanAndForgetPropertyTest {

    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final KeyedHash HASH = new KeyedHash(SECRET);
    private static final int BITS = 3;
    private static final int SYMBOLS = 9;
    private static final int KEYS = 12;
    private static final long START = 1_000_000;
    private static final Windows WINDOWS = new Windows(1_000, 300);
    /** In place of a value: the write event cannot be read. */
    private static final int UNREAD = -1;

    /** What may happen: a write, a whole scan that finds some keys, or dead entries are forgotten. */
    enum Kind {
        WRITE,
        SCAN,
        FORGET
    }

    /**
     * @param key the key written
     * @param mask scan: by key, whether the datastore still stores it; forget: by segment, whether it is disputed
     */
    record Step(Kind kind, int key, int positionOffset, int value, int expiryOffset, int mask, int passesMs) {}

    @Provide
    Arbitrary<Step> steps() {
        return Combinators.combine(
                        Arbitraries.frequency(
                                Tuple.of(6, Kind.WRITE), Tuple.of(1, Kind.SCAN), Tuple.of(2, Kind.FORGET)),
                        Arbitraries.integers().between(0, KEYS - 1),
                        Arbitraries.integers().between(-3_000, 0),
                        Arbitraries.integers().between(UNREAD, 3),
                        Arbitraries.oneOf(
                                Arbitraries.just(0), Arbitraries.integers().between(-500, 3_000)),
                        Arbitraries.integers().between(0, (1 << KEYS) - 1),
                        Arbitraries.integers().between(0, 1_500))
                .as(Step::new);
    }

    /** A tree that goes through steps. */
    private static final class Run {
        final MapTable table = new MapTable();
        final EntryTree tree = tree(table, START);
        long nowMs = START;
        long offset;
        /** The first round whose tree does not depend on entries that dropped entries had replaced. */
        long exactAfterDrops = Long.MIN_VALUE;

        void take(Step step) {
            switch (step.kind()) {
                case WRITE -> write(step);
                case SCAN -> scan(step);
                case FORGET -> forget(step);
            }
            pass(step.passesMs());
        }

        void write(Step step) {
            tree.apply(event(step));
        }

        private Write event(Step step) {
            boolean deleted = step.value() == 0;
            if (step.value() == UNREAD) {
                return Write.unread(HASH, "eu", key(step.key()), null, offset++, nowMs);
            }
            return new Write(
                    key(step.key()),
                    offset,
                    nowMs + step.positionOffset(),
                    deleted,
                    deleted ? null : new byte[] {(byte) step.value()},
                    null,
                    step.expiryOffset() == 0 ? Entry.NEVER : nowMs + step.expiryOffset(),
                    null,
                    offset++,
                    nowMs);
        }

        /** Scans a datastore that stores what the table holds, except some lost keys. One key is written during the scan. */
        void scan(Step step) {
            Map<Hash128, Entry> before = entries(table);
            long since = offset++;
            tree.scanStarted("s", since);
            write(step);
            Set<Hash128> found = new HashSet<>();
            before.forEach((keyHash, entry) -> {
                if (!entry.deleted() && isStored(entry, step)) {
                    tree.scanned(row(entry), "s", since);
                    found.add(keyHash);
                }
            });
            Set<Hash128> expected = new HashSet<>();
            entries(table).forEach((keyHash, entry) -> {
                if (entry.offset() < since && entry.liveAt(nowMs) && !found.contains(keyHash)) {
                    expected.add(keyHash);
                    exactAfterDrops = Math.max(exactAfterDrops, WINDOWS.of(entry.effectiveMs()));
                }
            });
            Set<Hash128> left = new HashSet<>(entries(table).keySet());

            assertThat(dropped(tree, since, found.size(), nowMs)).isEqualTo(expected.size());

            left.removeAll(expected);
            assertThat(entries(table).keySet()).isEqualTo(left);
        }

        private Write row(Entry entry) {
            return new Write(
                    entry.key(),
                    entry.version(),
                    entry.positionMs(),
                    false,
                    null,
                    entry.digest(),
                    entry.expiryMs(),
                    null,
                    offset++,
                    nowMs);
        }

        void forget(Step step) {
            BitSet disputed = BitSet.valueOf(new long[] {step.mask() & 0xff});
            long untilMs = WINDOWS.cutMs(tree.sealedRound()) - Math.max(0, step.expiryOffset());
            long retainedSinceMs = nowMs - 2_000;
            Map<Hash128, Entry> expected = entries(table);
            expected.entrySet()
                    .removeIf(each -> isForgotten(each.getKey(), each.getValue(), disputed, untilMs, retainedSinceMs));
            Hash128 root = tree.node(0, 0);
            int before = table.size();

            assertThat(tree.forget(disputed, untilMs, retainedSinceMs).entries())
                    .isEqualTo(before - expected.size());

            assertThat(entries(table)).isEqualTo(expected);
            assertThat(tree.node(0, 0)).isEqualTo(root);
        }

        void pass(long ms) {
            nowMs += ms;
            for (long round = tree.sealedRound() + 1; round <= WINDOWS.dueAt(nowMs); round++) {
                seal(tree, round);
            }
        }
    }

    /** Seals a round once it is known what expires before its cut. */
    private static void seal(EntryTree tree, long round) {
        long dueMs = WINDOWS.dueMs(round);
        while (round > tree.sealedRound() && tree.mustRead(dueMs)) {
            tree.read(EntryTree.SLICES / 3, dueMs);
        }
        tree.seal(round);
    }

    /** How many entries are dropped for a scan that has ended; -1 if it was not seen whole. */
    private static long dropped(EntryTree tree, long since, long found, long nowMs) {
        if (!tree.scanEnded("s", since, found)) {
            return -1;
        }
        EntryTree.Completed completed = null;
        while (completed == null) {
            completed = tree.read(EntryTree.SLICES / 3, nowMs);
        }
        assertThat(completed.scan()).isEqualTo("s");
        return completed.dropped();
    }

    private static boolean isForgotten(
            Hash128 keyHash, Entry entry, BitSet disputed, long untilMs, long retainedSinceMs) {
        long deadSinceMs = entry.deleted() ? entry.positionMs() : Math.max(entry.positionMs(), entry.expiryMs());
        return !disputed.get(segment(keyHash))
                && deadSinceMs <= Math.min(untilMs, retainedSinceMs)
                && entry.effectiveMs() <= untilMs
                && entry.appendTimeMs() <= retainedSinceMs;
    }

    private static boolean isStored(Entry entry, Step step) {
        return (step.mask() >> entry.key()[0] & 1) == 1;
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void scansDropAndForgettingForgetsExactlyWhatTheirRulesSay(
            @ForAll @Size(max = 40) List<@From("steps") Step> steps) {
        Run run = new Run();
        steps.forEach(run::take);
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void incrementalEqualsRebuiltAtEveryExactCut(@ForAll @Size(max = 40) List<@From("steps") Step> steps) {
        Run run = new Run();
        steps.forEach(run::take);
        EntryTree rebuilt = tree(run.table, run.nowMs);
        long exact = Math.max(rebuilt.exactFromRound(), run.exactAfterDrops);

        for (long round = run.tree.sealedRound() + 1; round <= exact + 6; round++) {
            seal(run.tree, round);
            seal(rebuilt, round);
            if (round >= exact) {
                assertThat(rebuilt.node(0, 0)).isEqualTo(run.tree.node(0, 0));
                assertThat(rebuilt.entries()).isEqualTo(run.tree.entries());
                assertThat(rebuilt.sketch().encode(0, SYMBOLS))
                        .isEqualTo(run.tree.sketch().encode(0, SYMBOLS));
            }
        }
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void emptyAndNothingMatchTheEntries(@ForAll @Size(max = 25) List<@From("steps") Step> steps) {
        Run run = new Run();
        for (Step step : steps) {
            run.take(step);
            for (int level = 0; level <= BITS; level++) {
                for (int index = 0; index < 1 << level; index++) {
                    assertThat(run.tree.holdsNothing(level, index))
                            .isEqualTo(run.tree.isEmpty(level, index) && rows(run.table, level, index) == 0);
                }
            }
        }
        run.pass(20_000);
        for (int level = 0; level <= BITS; level++) {
            for (int index = 0; index < 1 << level; index++) {
                assertThat(run.tree.isEmpty(level, index)).isEqualTo(live(run, level, index) == 0);
            }
        }
    }

    private static long rows(MapTable table, int level, int index) {
        return entries(table).keySet().stream()
                .filter(keyHash -> segment(keyHash) >> BITS - level == index)
                .count();
    }

    private static long live(Run run, int level, int index) {
        long cutMs = WINDOWS.cutMs(run.tree.sealedRound());
        return entries(run.table).entrySet().stream()
                .filter(each -> segment(each.getKey()) >> BITS - level == index
                        && each.getValue().liveAt(cutMs))
                .count();
    }

    @Example
    void aScanWhoseStartWasNotSeenDropsNothing() {
        Run run = loaded();

        assertThat(dropped(run.tree, 5, 0, START)).isEqualTo(-1);
        run.tree.scanStarted("s", 5);
        assertThat(run.tree.scanEnded("other", 5, 0)).isFalse();
        assertThat(dropped(run.tree, 6, 0, START)).isEqualTo(-1);

        assertThat(run.table.size()).isEqualTo(KEYS);
    }

    @Example
    void aScanOfWhichARowWasNotSeenDropsNothing() {
        Run run = loaded();
        run.tree.scanStarted("s", run.offset);

        assertThat(dropped(run.tree, run.offset, 1, START)).isEqualTo(-1);
        assertThat(run.table.size()).isEqualTo(KEYS);
    }

    @Example
    void aScanEndsOnce() {
        Run run = loaded();
        run.tree.scanStarted("s", run.offset);
        assertThat(dropped(run.tree, run.offset, 0, START)).isEqualTo(KEYS);
        run.write(new Step(Kind.WRITE, 1, 0, 1, 0, 0, 0));

        assertThat(dropped(run.tree, run.offset + 9, 0, START)).isEqualTo(-1);
        assertThat(run.table.size()).isEqualTo(1);
    }

    @Example
    void aRowThatTheNextScanFindsIsNotDroppedForTheOneBefore() {
        Run run = loaded();
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        assertThat(run.tree.scanEnded("s", since, 0)).isTrue();
        Entry held = entries(run.table).get(HASH.key(key(1)));

        run.tree.scanStarted("next", run.offset++);
        run.tree.scanned(run.row(held), "next", run.offset - 2);

        assertThat(run.tree.read(EntryTree.SLICES, START)).isEqualTo(new EntryTree.Completed("s", KEYS - 1));
        assertThat(entries(run.table)).containsOnlyKeys(HASH.key(key(1)));
    }

    @Example
    void aScanThatEndsWhileAnotherIsDroppedContinuesWithIt() {
        Run run = loaded();
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        run.tree.scanEnded("s", since, 0);
        run.tree.read(EntryTree.SLICES / 2, START);
        long droppedBefore = (long) KEYS - entries(run.table).size();
        Entry held = entries(run.table).values().iterator().next();

        long next = run.offset++;
        run.tree.scanStarted("next", next);
        run.tree.scanned(run.row(held), "next", next);
        assertThat(run.tree.scanEnded("next", next, 1)).isTrue();

        assertThat(droppedBefore).isBetween(1L, KEYS - 2L);
        assertThat(run.tree.read(EntryTree.SLICES, START)).isEqualTo(new EntryTree.Completed("next", KEYS - 1));
        assertThat(entries(run.table)).hasSize(1);
    }

    @Example
    void aWriteSinceTheStartWinsOverARowOfTheScanAndIsNotDropped() {
        Run run = loaded();
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        Entry old = entries(run.table).get(HASH.key(key(1)));
        run.write(new Step(Kind.WRITE, 1, 0, 3, 0, 0, 0));
        run.write(new Step(Kind.WRITE, 2, 0, 3, 0, 0, 0));

        assertThat(run.tree.scanned(run.row(old), "s", since)).isEqualTo(EntryTree.Applied.SKIPPED);
        assertThat(dropped(run.tree, since, 1, START)).isEqualTo(KEYS - 2);
        assertThat(entries(run.table)).containsOnlyKeys(HASH.key(key(1)), HASH.key(key(2)));
    }

    /**
     * Until the window of a dropped entry is sealed, the tree holds the entry that it had replaced: no other entry of the key may
     * be in the tree beside it.
     */
    @Example
    void aWriteAfterADropIsNotInTheTreeBesideTheEntryBefore() {
        Run run = new Run();
        run.write(new Step(Kind.WRITE, 1, -400, 1, 0, 0, 0));
        long first = run.tree.sealedRound() + 1;
        run.nowMs = WINDOWS.cutMs(first) + 100;
        run.write(new Step(Kind.WRITE, 1, 0, 2, 0, 0, 0));
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        assertThat(dropped(run.tree, since, 0, run.nowMs)).isEqualTo(1);
        run.write(new Step(Kind.WRITE, 1, -300, 3, 0, 0, 0));

        run.tree.seal(first);
        assertThat(run.tree.entries()).isEqualTo(1);
        run.tree.seal(first + 1);
        assertThat(run.tree.entries()).isEqualTo(1);
        assertThat(run.tree.node(0, 0))
                .isEqualTo(tree(run.table, run.nowMs + 2_000).node(0, 0));
    }

    @Example
    void aScanThatFindsTheSameChangesNothingAndOneThatFindsAnotherValueReplacesIt() {
        Run run = loaded();
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        Entry held = entries(run.table).get(HASH.key(key(1)));

        assertThat(run.tree.scanned(run.row(held), "s", since)).isEqualTo(EntryTree.Applied.SKIPPED);
        Write rotten = new Write(
                held.key(),
                held.version(),
                held.positionMs(),
                false,
                new byte[] {99},
                null,
                Entry.NEVER,
                null,
                50,
                START);
        assertThat(run.tree.scanned(rotten, "s", since)).isEqualTo(EntryTree.Applied.REPLACED);
        assertThat(run.tree.scanned(rotten, "s", since))
                .as("stored again, because it may not have been logged")
                .isEqualTo(EntryTree.Applied.REPLAYED);
        assertThat(entries(run.table).get(HASH.key(key(1))).digest()).isEqualTo(HASH.value(new byte[] {99}));
    }

    @Example
    void rowsOfAScanDoNotRaiseTheWatermark() {
        Run run = loaded();
        long since = run.offset++;
        run.tree.scanStarted("s", since);
        Write found = new Write(
                "new".getBytes(UTF_8),
                1,
                START + 5_000,
                false,
                new byte[1],
                null,
                Entry.NEVER,
                null,
                50,
                START + 6_000);
        run.tree.scanned(found, "s", since);

        assertThat(run.tree.watermarkMs()).isEqualTo(START);
    }

    @Example
    void nothingIsReadWhereNothingCanBeForgotten() {
        Run run = loaded();
        run.tree.apply(new Write(key(1), 9, START - 500_000, true, null, null, Entry.NEVER, null, 60, START));
        run.pass(5_000);
        long scans = run.table.scans();

        assertThat(run.tree.forget(new BitSet(), START + 4_000, START - 1).entries())
                .isZero();
        assertThat(run.table.scans()).isEqualTo(scans);
        assertThat(run.tree.forget(new BitSet(), START + 4_000, START)).isEqualTo(new Tombstones.Forgotten(1, START));
        assertThat(run.table.scans()).isEqualTo(scans + 1);
        assertThat(run.tree.forget(new BitSet(), START + 4_000, START + 4_000).entries())
                .isZero();
        assertThat(run.table.scans()).isEqualTo(scans + 1);
    }

    /** A run with twelve live entries, all of them sealed. */
    private static Run loaded() {
        Run run = new Run();
        for (int key = 0; key < KEYS; key++) {
            run.write(new Step(Kind.WRITE, key, 0, 1, 0, 0, 0));
        }
        run.tree.seal(WINDOWS.of(START) + 1);
        return run;
    }

    private static EntryTree tree(EntryTable table, long nowMs) {
        EntryTree tree = new EntryTree(HASH, WINDOWS, BITS, SYMBOLS, false, table, false, nowMs, 0);
        assertThat(tree.open(EntryTree.SLICES, nowMs)).isTrue();
        return tree;
    }

    private static Map<Hash128, Entry> entries(EntryTable table) {
        Map<Hash128, Entry> entries = new TreeMap<>();
        table.scan(new Hash128(0, 0), new Hash128(-1, -1), entries::put);
        return entries;
    }

    private static byte[] key(int key) {
        return new byte[] {(byte) key};
    }

    private static int segment(Hash128 keyHash) {
        return (int) (keyHash.hi() >>> 64 - BITS);
    }
}

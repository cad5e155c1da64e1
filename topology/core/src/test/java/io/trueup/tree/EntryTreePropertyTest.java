package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.sketch.Sketch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What must hold for the tree of any sequence of writes. */
class EntryTreePropertyTest {

    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final long INTERVAL = 1_000;
    private static final long GRACE = 300;
    private static final long START = 1_000_000;
    private static final Windows WINDOWS = new Windows(INTERVAL, GRACE);
    private static final int SYMBOLS = 9;
    /** In place of a value: the write event cannot be read. */
    private static final int UNREAD = -1;

    /** A write of one of few keys, with positions before, at and after the start; time may pass afterwards. */
    record Step(int key, long version, int positionOffset, int value, int expiryOffset, int passesMs) {

        Write write(long offset, long nowMs) {
            boolean deleted = value == 0;
            if (value == UNREAD) {
                return Write.unread(new KeyedHash(SECRET), "eu", ("key" + key).getBytes(UTF_8), null, offset, nowMs);
            }
            return new Write(
                    ("key" + key).getBytes(UTF_8),
                    version,
                    nowMs + positionOffset,
                    deleted,
                    deleted ? null : ("value" + value).getBytes(UTF_8),
                    null,
                    expiryOffset == 0 ? Entry.NEVER : nowMs + expiryOffset,
                    null,
                    offset,
                    nowMs);
        }
    }

    @Provide
    Arbitrary<Step> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 12),
                        Arbitraries.longs().between(0, 5),
                        Arbitraries.integers().between(-3_000, 2_000),
                        Arbitraries.integers().between(UNREAD, 3),
                        Arbitraries.oneOf(
                                Arbitraries.just(0), Arbitraries.integers().between(-500, 4_000)),
                        Arbitraries.integers().between(0, 700))
                .as(Step::new);
    }

    /** A tree at a cut: its root, and the sketch beside it. */
    private record Sealed(Hash128 root, long entries, String symbols) {
        static Sealed of(EntryTree tree) {
            return of(tree.node(0, 0), tree.entries(), tree.sketch());
        }

        static Sealed of(Hash128 root, long entries, Sketch sketch) {
            return new Sealed(root, entries, HexFormat.of().formatHex(sketch.encode(0, SYMBOLS)));
        }
    }

    /** The tree of a history, its writes, and the tree at each cut. */
    private static final class Run {
        final MapTable table;
        final EntryTree tree;
        final List<Write> writes;
        final Map<Long, Sealed> cuts = new HashMap<>();
        long nowMs;

        Run() {
            table = new MapTable();
            tree = tree(table, START);
            writes = new ArrayList<>();
            nowMs = START;
        }

        Run(MapTable table, EntryTree tree, List<Write> writes, long nowMs) {
            this.table = table;
            this.tree = tree;
            this.writes = writes;
            this.nowMs = nowMs;
        }

        void take(Step step) {
            Write write = step.write(writes.size(), nowMs);
            tree.apply(write);
            writes.add(write);
            pass(step.passesMs());
        }

        void pass(long ms) {
            nowMs += ms;
            for (long round = tree.sealedRound() + 1; round <= WINDOWS.dueAt(nowMs); round++) {
                tree.seal(round);
                cuts.put(round, Sealed.of(tree));
            }
        }
    }

    private static EntryTree tree(EntryTable table, long nowMs) {
        EntryTree tree = unopened(table, nowMs);
        assertThat(tree.open(EntryTree.SLICES, nowMs)).isTrue();
        return tree;
    }

    private static EntryTree unopened(EntryTable table, long nowMs) {
        return unopened(table, nowMs, 1_000);
    }

    private static EntryTree unopened(EntryTable table, long nowMs, long expirySlots) {
        return new EntryTree(new KeyedHash(SECRET), WINDOWS, 3, SYMBOLS, false, table, false, nowMs, expirySlots);
    }

    @Property(tries = 1000)
    void incrementalEqualsRebuiltAtEveryExactCut(@ForAll @Size(max = 60) List<@From("steps") Step> steps) {
        Run run = new Run();
        steps.forEach(run::take);
        EntryTree rebuilt = tree(run.table, run.nowMs);
        long last = rebuilt.exactFromRound() + 8;

        for (long round = run.tree.sealedRound() + 1; round <= last; round++) {
            run.tree.seal(round);
            rebuilt.seal(round);
            if (round >= rebuilt.exactFromRound()) {
                assertThat(Sealed.of(rebuilt)).isEqualTo(Sealed.of(run.tree));
            }
        }
    }

    /** The table is read in slices, between which writes are taken in: as if it had been read at once, and they after it. */
    @Property(tries = 1000)
    void openedInSlicesEqualsRebuiltAtEveryExactCut(
            @ForAll @Size(max = 40) List<@From("steps") Step> before,
            @ForAll @Size(max = 40) List<@From("steps") Step> meanwhile,
            @ForAll @IntRange(min = 1, max = 300) int slices) {
        Run run = new Run();
        before.forEach(run::take);
        long seenBefore = tree(copy(run.table), run.nowMs).seenTo();
        EntryTree opened = unopened(run.table, run.nowMs);
        Run rest = new Run(run.table, opened, run.writes, run.nowMs);
        boolean open = opened.open(slices, rest.nowMs);
        for (Step step : meanwhile) {
            rest.take(step);
            open = opened.open(slices, rest.nowMs);
        }
        while (!open) {
            open = opened.open(slices, rest.nowMs);
        }
        EntryTree rebuilt = tree(copy(run.table), rest.nowMs);

        assertThat(opened.seenTo()).isBetween(seenBefore, rebuilt.seenTo());
        assertThat(opened.watermarkMs()).isGreaterThanOrEqualTo(rebuilt.watermarkMs());
        long exact = Math.max(opened.exactFromRound(), rebuilt.exactFromRound());
        for (long round = exact; round <= exact + 8; round++) {
            opened.seal(round);
            rebuilt.seal(round);
            assertThat(Sealed.of(opened)).as("round %d", round).isEqualTo(Sealed.of(rebuilt));
        }
        for (int segment = 0; segment < 8; segment++) {
            assertThat(opened.holdsNothing(3, segment)).isEqualTo(rebuilt.holdsNothing(3, segment));
        }
    }

    @Example
    void aScanThatEndsBeforeTheTreeIsBuiltDropsItsEntriesAfterwards() {
        Run run = new Run();
        for (int key = 0; key < 40; key++) {
            run.take(new Step(key, 1, 0, 1, 0, 0));
        }
        run.pass(INTERVAL);
        EntryTree tree = unopened(run.table, run.nowMs);
        tree.open(EntryTree.SLICES / 2, run.nowMs);
        tree.scanStarted("scan", 40);
        tree.scanned(new Step(7, 1, 0, 1, 0, 0).write(41, run.nowMs), "scan", 40);
        assertThat(tree.scanEnded("scan", 40, 1)).isTrue();

        assertThat(tree.open(EntryTree.SLICES, run.nowMs)).isTrue();
        assertThat(tree.read(EntryTree.SLICES, run.nowMs)).isEqualTo(new EntryTree.Completed("scan", 39));

        tree.seal(tree.exactFromRound());
        EntryTree rebuilt = tree(run.table, run.nowMs + INTERVAL);
        rebuilt.seal(tree.exactFromRound());
        assertThat(tree.entries()).isEqualTo(1);
        assertThat(Sealed.of(tree)).isEqualTo(Sealed.of(rebuilt));
        for (int segment = 0; segment < 8; segment++) {
            assertThat(tree.holdsNothing(3, segment)).isEqualTo(rebuilt.holdsNothing(3, segment));
        }
    }

    @Provide
    Arbitrary<Step> stepsThatExpire() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 12),
                        Arbitraries.integers().between(-3_000, 2_000),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.oneOf(
                                Arbitraries.just(0),
                                Arbitraries.integers().between(-500, 12_000),
                                Arbitraries.just(1_000_000)),
                        Arbitraries.integers().between(0, 2_500))
                .as((key, position, value, expiry, passes) -> new Step(key, 1, position, value, expiry, passes));
    }

    /** There is room for few windows; the table is read in slices for those that come next. */
    @Property(tries = 1000)
    void whatExpiresLaterIsFoundInTheTableInTime(
            @ForAll @Size(max = 60) List<@From("stepsThatExpire") Step> steps,
            @ForAll @IntRange(max = 100) int expirySlots,
            @ForAll @IntRange(min = 1, max = 700) int slices) {
        MapTable table = new MapTable();
        EntryTree tree = unopened(table, START, expirySlots);
        tree.open(EntryTree.SLICES, START);
        Run twin = new Run();
        long nowMs = START;
        for (Step step : steps) {
            tree.apply(step.write(twin.writes.size(), nowMs));
            twin.take(step);
            nowMs = twin.nowMs;
            seal(tree, nowMs, slices, twin);
        }
        for (int round = 0; round < 20; round++) {
            twin.pass(INTERVAL);
            seal(tree, twin.nowMs, slices, twin);
        }
    }

    /** Seals what is due, as soon as it is known what expires, and compares. */
    private static void seal(EntryTree tree, long nowMs, int slices, Run twin) {
        if (tree.mustRead(nowMs)) {
            tree.read(slices, nowMs);
        }
        for (long round = tree.sealedRound() + 1; round <= WINDOWS.dueAt(nowMs); round++) {
            while (tree.whyInexact(round) != null) {
                assertThat(tree.mustRead(nowMs)).as("round %d", round).isTrue();
                tree.read(slices, nowMs);
            }
            tree.seal(round);
            assertThat(Sealed.of(tree)).as("round %d", round).isEqualTo(twin.cuts.get(round));
            assertThat(tree.expirySlots()).isLessThanOrEqualTo(100 + 3 * (32 + SYMBOLS));
        }
    }

    @Example
    void aTreeIsNotSealedBeyondWhatIsKnownToExpire() {
        EntryTree tree = unopened(new MapTable(), START, 0);
        tree.open(EntryTree.SLICES, START);
        long due = WINDOWS.dueAt(START);
        for (int key = 1; key <= 6; key++) {
            tree.apply(new Step(key, 1, 0, 1, key * (int) INTERVAL, 0).write(key, START));
        }
        assertThat(tree.whyInexact(due + 2))
                .as("there is always room for two windows")
                .isNull();
        assertThat(tree.whyInexact(due + 3)).isNotNull();

        tree.seal(due + 100);

        assertThat(tree.sealedRound()).isEqualTo(due + 2);
    }

    @Example
    void theTableIsReadOnceForManyWindowsAndNotWhereNothingExpiresLater() {
        MapTable table = new MapTable();
        EntryTree tree = unopened(table, START, 1_600);
        tree.open(EntryTree.SLICES, START);
        for (int key = 0; key < 1_000; key++) {
            tree.apply(new Step(key, 1, 0, 1, (key + 1) * (int) INTERVAL, 0).write(key, START));
            assertThat(tree.expirySlots()).isLessThanOrEqualTo(1_600);
        }
        long before = table.scans();
        int passes = 0;
        for (long round = WINDOWS.dueAt(START) + 1; round < WINDOWS.dueAt(START) + 2_000; round++) {
            long nowMs = WINDOWS.dueMs(round);
            if (tree.mustRead(nowMs)) {
                tree.read(EntryTree.SLICES, nowMs);
                passes++;
            }
            tree.seal(round);
            long expired = Math.min(1_000, Math.max(0, round - WINDOWS.of(START + INTERVAL) + 1));
            assertThat(tree.entries()).isEqualTo(1_000 - expired);
        }
        assertThat(passes).isBetween(12, 18);
        assertThat(table.scans() - before).isEqualTo(passes);
    }

    private static MapTable copy(MapTable table) {
        MapTable copy = new MapTable();
        table.scan(new Hash128(0, 0), new Hash128(-1, -1), copy::put);
        return copy;
    }

    @Example
    void aTableWithoutABoundOfItsTimesIsReadAtOnce() {
        Run run = new Run();
        run.take(new Step(1, 1, 0, 1, 0, 0));
        EntryTree earlier = unopened(copy(run.table), START);

        assertThat(earlier.open(1, START)).isTrue();
        assertThat(unopened(run.table, START).open(1, START)).isFalse();
    }

    /** The table was lost. An entry whose position is ahead is read again, and dated later than it was written. */
    @Example
    void cutsBeforeTheEndOfTheCatchUpAreNotExactIfItHasClampedAPositionFarAhead() {
        MapTable table = new MapTable();
        EntryTree tree = tree(table, START);
        tree.apply(new Step(1, 1, 2_000, 1, 0, 0).write(0, START + 600));
        tree.apply(new Step(1, 2, -1_000, 1, 0, 0).write(1, START + 600));

        tree.caughtUp(START + 1_200);

        assertThat(tree.exactFromRound()).isEqualTo(WINDOWS.of(START + 1_200));
        tree.apply(new Step(1, 3, 2_000, 1, 0, 0).write(2, START + 9_000));
        tree.caughtUp(START + 9_000);
        assertThat(tree.exactFromRound()).isEqualTo(WINDOWS.of(START + 1_200));
    }

    @Example
    void allCutsAreExactIfTheCatchUpHasClampedNothingByMoreThanTheGrace() {
        EntryTree tree = tree(new MapTable(), START);
        tree.apply(new Step(1, 1, (int) GRACE, 1, 0, 0).write(0, START + 600));

        tree.caughtUp(START + 1_200);

        assertThat(tree.exactFromRound()).isEqualTo(WINDOWS.dueAt(START) + 1);
    }

    @Property(tries = 1000)
    void everyCutHoldsForEachKeyOneEntryThatTheReplicaHad(@ForAll @Size(max = 40) List<@From("steps") Step> steps) {
        Run run = new Run();
        Map<String, List<Entry>> history = new HashMap<>();
        for (Step step : steps) {
            run.take(step);
            Write write = run.writes.get(run.writes.size() - 1);
            history.computeIfAbsent(new String(write.key(), UTF_8), k -> new ArrayList<>())
                    .add(run.table.get(new KeyedHash(SECRET).key(write.key())));
        }
        run.pass(10 * INTERVAL);

        run.cuts.forEach((round, cut) ->
                assertThat(naive(history, round)).as("round %d", round).isEqualTo(cut));
    }

    /** For each key the last entry whose effective position lies before the cut, if it is live there. */
    private static Sealed naive(Map<String, List<Entry>> history, long round) {
        KeyedHash hash = new KeyedHash(SECRET);
        MerkleTree tree = new MerkleTree(hash, 3);
        Sketch sketch = new Sketch(SYMBOLS);
        long cut = WINDOWS.cutMs(round);
        history.forEach((key, entries) -> {
            Entry there = null;
            for (Entry entry : entries) {
                there = entry.effectiveMs() <= cut ? entry : there;
            }
            if (there != null && there.liveAt(cut)) {
                Hash128 keyHash = hash.key(there.key());
                Hash128 digest = hash.entry(keyHash, there.version(), there.expiryMs(), there.digest());
                tree.add((int) (keyHash.hi() >>> 61), digest.hi(), digest.lo(), 1);
                sketch.add(hash, keyHash.hi(), digest.hi(), 1);
            }
        });
        return Sealed.of(tree.node(0, 0), tree.entries(), sketch);
    }

    @Property(tries = 300)
    void orderOfKeysDoesNotMatter(@ForAll @IntRange(min = 1, max = 200) int keys, @ForAll long seed) {
        List<Integer> order = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            order.add(key);
        }
        Hash128 ascending = root(order);
        Collections.shuffle(order, new Random(seed));

        assertThat(root(order)).isEqualTo(ascending);
    }

    private static Hash128 root(List<Integer> keys) {
        EntryTree tree = tree(new MapTable(), START);
        long offset = 0;
        for (int key : keys) {
            tree.apply(new Step(key, 1, -2_000, 1 + key, 0, 0).write(offset++, START));
        }
        tree.seal(WINDOWS.of(START) + 1);
        return tree.node(0, 0);
    }

    @Property(tries = 500)
    void replayingAnySuffixChangesNothing(
            @ForAll @Size(min = 1, max = 60) List<@From("steps") Step> steps, @ForAll @IntRange(max = 60) int from) {
        Run run = new Run();
        steps.forEach(run::take);
        List<Entry> before = entries(run.table);

        run.writes
                .subList(Math.min(from, run.writes.size()), run.writes.size())
                .forEach(write -> assertThat(run.tree.apply(write)).isNotEqualTo(EntryTree.Applied.REPLACED));

        Run twin = new Run();
        steps.forEach(twin::take);
        run.pass(10 * INTERVAL);
        twin.pass(10 * INTERVAL);
        assertThat(entries(run.table)).usingRecursiveComparison().isEqualTo(before);
        assertThat(run.cuts).isEqualTo(twin.cuts);
    }

    private static List<Entry> entries(MapTable table) {
        List<Entry> entries = new ArrayList<>();
        table.scan(new Hash128(0, 0), new Hash128(-1, -1), (hash, entry) -> entries.add(entry));
        return entries;
    }

    @Example
    void aSwapOfTwoValuesBetweenKeysOfOneSegmentIsSeen() {
        KeyedHash hash = new KeyedHash(SECRET);
        int first = 0;
        int second = 1;
        while (segment(hash, second) != segment(hash, first)) {
            second++;
        }

        assertThat(leafOf(first, "a", second, "b")).isNotEqualTo(leafOf(first, "b", second, "a"));
    }

    @Example
    void equalChangesInTwoSegmentsDoNotCancel() {
        KeyedHash hash = new KeyedHash(SECRET);
        int second = 1;
        while (segment(hash, second) != (segment(hash, 0) ^ 1)) {
            second++;
        }
        Hash128 before = rootOf(0, "a", second, "a");

        assertThat(rootOf(0, "b", second, "b")).isNotEqualTo(before);
    }

    @Example
    void equalDigestsInOneSegmentDoNotCancel() {
        KeyedHash hash = new KeyedHash(SECRET);
        MerkleTree ones = new MerkleTree(hash, 3);
        MerkleTree twos = new MerkleTree(hash, 3);
        for (int i = 0; i < 2; i++) {
            ones.add(0, 1, 1, 1);
            twos.add(0, 2, 2, 1);
        }

        assertThat(ones.node(0, 0)).isNotEqualTo(twos.node(0, 0));
    }

    @Example
    void anUpdateAfterAComparisonIsSeen() {
        EntryTree tree = tree(new MapTable(), START);
        tree.apply(new Step(1, 1, -2_000, 1, 0, 0).write(0, START));
        long round = tree.sealedRound() + 1;
        tree.seal(round);
        Hash128 before = tree.node(0, 0);
        tree.apply(new Step(1, 2, -2_000, 2, 0, 0).write(1, START));

        assertThat(tree.node(0, 0)).as("a sealed tree stands still").isEqualTo(before);
        tree.seal(round + 1);
        assertThat(tree.node(0, 0)).isNotEqualTo(before);
    }

    @Example
    void anExpiryIsCancelledByAReplacementBeforeItFalls() {
        EntryTree tree = tree(new MapTable(), START);
        tree.apply(new Step(1, 1, 0, 1, 2_500, 0).write(0, START));
        tree.apply(new Step(1, 2, 100, 1, 0, 0).write(1, START + 100));
        tree.seal(tree.sealedRound() + 10);

        assertThat(tree.entries()).isEqualTo(1);
    }

    /** There is room for the expiries of one window, and several windows are not sealed yet: the grace is longer than an interval. */
    @Example
    void anEntryThatIsReplacedAfterItsExpiryLeavesTheTreeThoughThereIsNoRoomForItsWindow() {
        Windows windows = new Windows(INTERVAL, 5 * INTERVAL);
        KeyedHash hash = new KeyedHash(SECRET);
        EntryTree tree =
                new EntryTree(hash, windows, 3, 0, false, new MapTable(), false, START, new Delta(hash, 0).slots());
        tree.open(EntryTree.SLICES, START);
        tree.apply(new Step(1, 1, 0, 1, (int) INTERVAL, 0).write(0, START));
        tree.apply(new Step(1, 2, 0, 2, 0, 0).write(1, START + 2 * INTERVAL));
        tree.apply(new Step(2, 1, -3_000, 1, -1_000, 0).write(2, START + INTERVAL));

        for (long round = windows.dueAt(START) + 1; round < windows.dueAt(START) + 20; round++) {
            tree.mustRead(windows.dueMs(round));
            while (tree.whyInexact(round) != null) {
                tree.read(EntryTree.SLICES, windows.dueMs(round));
            }
            tree.seal(round);
        }

        assertThat(tree.entries()).isEqualTo(1);
    }

    @Example
    void aPositionAheadOfItsAppendTimeIsKeptAndCountedButDoesNotDelayTheEntry() {
        MapTable table = new MapTable();
        EntryTree tree = tree(table, START);
        tree.apply(new Step(1, 1, 1_000_000_000, 1, 0, 0).write(0, START));

        assertThat(tree.clamped()).isEqualTo(1);
        table.scan(new Hash128(0, 0), new Hash128(-1, -1), (hash, entry) -> {
            assertThat(entry.positionMs()).isEqualTo(START + 1_000_000_000);
            assertThat(entry.writtenMs()).isEqualTo(START);
        });
        tree.seal(tree.sealedRound() + 10);
        assertThat(tree.entries()).isEqualTo(1);
    }

    @Example
    void aPositionFarAheadDoesNotHideThatTheReplicaLags() {
        MapTable table = new MapTable();
        EntryTree tree = tree(table, START);
        tree.apply(new Step(1, 1, -5_000, 1, 0, 0).write(0, START));
        tree.apply(new Step(2, 1, 1_000_000, 1, 0, 0).write(1, START));

        assertThat(tree.watermarkMs()).isEqualTo(START - 5_000);
        assertThat(tree(table, START).watermarkMs()).isEqualTo(START - 5_000);
        tree.apply(new Step(3, 1, (int) GRACE, 1, 0, 0).write(2, START));
        assertThat(tree.watermarkMs())
                .as("clocks may differ by less than the grace")
                .isEqualTo(START);
    }

    @Example
    void aRepairedEntryDoesNotHideThatTheReplicaLags() {
        MapTable table = new MapTable();
        EntryTree tree = tree(table, START);
        byte[] value = {1};
        tree.apply(new Write("a".getBytes(UTF_8), 1, START - 9, false, value, null, Entry.NEVER, null, 0, START));
        tree.apply(new Write("b".getBytes(UTF_8), 1, START - 5, false, value, null, Entry.NEVER, "repair", 1, START));

        assertThat(tree.watermarkMs()).isEqualTo(START - 9);
        assertThat(tree(table, START).watermarkMs()).isEqualTo(START - 9);
    }

    private static int segment(KeyedHash hash, int key) {
        return (int) (hash.key(("key" + key).getBytes(UTF_8)).hi() >>> 61);
    }

    private static EntryTree of(int first, String firstValue, int second, String secondValue) {
        EntryTree tree = tree(new MapTable(), START);
        tree.apply(write(first, firstValue, 0));
        tree.apply(write(second, secondValue, 1));
        tree.seal(tree.sealedRound() + 2);
        return tree;
    }

    private static Write write(int key, String value, long offset) {
        return new Write(
                ("key" + key).getBytes(UTF_8),
                1,
                START,
                false,
                value.getBytes(UTF_8),
                null,
                Entry.NEVER,
                null,
                offset,
                START);
    }

    private static Hash128 rootOf(int first, String firstValue, int second, String secondValue) {
        return of(first, firstValue, second, secondValue).node(0, 0);
    }

    private static Hash128 leafOf(int first, String firstValue, int second, String secondValue) {
        return of(first, firstValue, second, secondValue).node(3, segment(new KeyedHash(SECRET), first));
    }
}

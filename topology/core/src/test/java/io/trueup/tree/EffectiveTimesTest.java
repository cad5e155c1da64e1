package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EffectiveTimesTest {

    private static final KeyedHash HASH = new KeyedHash("0123456789abcdef".getBytes(UTF_8));
    private static final Windows WINDOWS = new Windows(1_000, 300);
    private static final long NOW = 1_000_000;
    private static final long DAY = 86_400_000;

    private final MapTable table = new MapTable();

    private EntryTree tree(long nowMs) {
        EntryTree tree = unopened(nowMs);
        tree.open(EntryTree.SLICES, nowMs);
        return tree;
    }

    private EntryTree unopened(long nowMs) {
        return new EntryTree(HASH, WINDOWS, 3, 0, false, table, false, nowMs, Long.MAX_VALUE);
    }

    private static Write write(String key, long version, long offset, long appendMs) {
        byte[] value = ("v" + version).getBytes(UTF_8);
        return new Write(key.getBytes(UTF_8), version, NOW, false, value, null, Entry.NEVER, null, offset, appendMs);
    }

    /** Written by a process whose clock was a day ahead, so that all its times lie there. */
    private void writtenADayAhead() {
        EntryTree ahead = tree(NOW + DAY);
        ahead.apply(write("a", 1, 0, NOW + DAY));
        ahead.apply(write("b", 1, 1, NOW + DAY));
    }

    @Test
    void shouldBeExactAFewRoundsAfterItIsBuiltWhateverTimesAreStored() {
        writtenADayAhead();

        EntryTree tree = tree(NOW);

        assertThat(tree.exactFromRound()).isEqualTo(WINDOWS.of(NOW));
        tree.seal(tree.exactFromRound());
        assertThat(tree.entries()).isEqualTo(2);
    }

    @Test
    void shouldHoldWhatReplacesSuchAnEntryInTheWindowOfTheReplacement() {
        writtenADayAhead();
        EntryTree tree = tree(NOW);
        long first = tree.exactFromRound();
        tree.seal(first);
        tree.apply(write("a", 2, 2, NOW + 900));
        tree.seal(first + 1);

        table.scan(new Hash128(0, 0), new Hash128(-1, -1), (hash, entry) -> {
            if (entry.version() == 2) {
                assertThat(WINDOWS.of(entry.effectiveMs())).isEqualTo(first + 1);
            }
        });
        EntryTree rebuilt = tree(NOW + 5_000);
        tree.seal(rebuilt.exactFromRound());
        rebuilt.seal(rebuilt.exactFromRound());
        assertThat(tree.entries()).isEqualTo(2);
        assertThat(tree.node(0, 0)).isEqualTo(rebuilt.node(0, 0));
    }

    @Test
    void shouldNotTakeALateReplayForAnEntryThatWasThere() {
        EntryTree ahead = tree(NOW + DAY);
        ahead.apply(write("b", 1, 9, NOW + DAY)); // seen up to offset 10; the write event at offset 3 is replayed later
        EntryTree tree = tree(NOW);
        long later = WINDOWS.dueAt(NOW) + 20;
        tree.seal(later);
        Hash128 before = tree.node(0, 0);
        long inTwoRoundsMs = WINDOWS.cutMs(later + 2);
        byte[] value = {1};
        tree.apply(new Write(
                "a".getBytes(UTF_8), 1, inTwoRoundsMs, false, value, null, Entry.NEVER, null, 3, inTwoRoundsMs));
        tree.apply(write("a", 2, 10, WINDOWS.dueMs(later)));

        tree.seal(later + 1);
        assertThat(tree.node(0, 0))
                .as("it replaces what the trees do not hold yet")
                .isEqualTo(before);
        tree.seal(later + 2);
        assertThat(tree.entries()).isEqualTo(2);
    }

    @Test
    void shouldShowSuchAnEntryAsWrittenBeforeItWasBuiltAndLeaveTheTableAsItIs() {
        writtenADayAhead();
        EntryTree tree = tree(NOW);
        List<Entry> shown = new ArrayList<>();
        for (int segment = 0; segment < 8; segment++) {
            tree.scanSegment(segment, (hash, entry) -> shown.add(entry));
        }

        assertThat(shown).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.appendTimeMs()).isEqualTo(NOW);
            assertThat(entry.positionMs()).isEqualTo(NOW);
        });
        table.scan(
                new Hash128(0, 0),
                new Hash128(-1, -1),
                (hash, entry) -> assertThat(entry.appendTimeMs()).isEqualTo(NOW + DAY));
    }

    @Test
    void shouldNotDateAWriteByAClockThatIsBehindWhatTheTableHolds() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree behind = tree(NOW - DAY);

        behind.apply(write("b", 1, 1, NOW - DAY));

        Entry entry = table.get(HASH.key("b".getBytes(UTF_8)));
        assertThat(entry.appendTimeMs()).isEqualTo(NOW);
        assertThat(entry.undated()).as("nothing proves its append time").isTrue();
        assertThat(entry.positionMs()).as("the writer has stated it").isEqualTo(NOW);
        assertThat(table.get(HASH.key("a".getBytes(UTF_8))).undated()).isFalse();
        behind.timeIsConfirmed(NOW - DAY);
        behind.apply(write("c", 1, 2, NOW - DAY));
        Entry confirmed = table.get(HASH.key("c".getBytes(UTF_8)));
        assertThat(confirmed.appendTimeMs()).isEqualTo(NOW - DAY);
        assertThat(confirmed.undated()).isFalse();
    }

    @Test
    void shouldDateAWriteFromTheTimeOfDoubtByTheConfirmation() {
        writtenADayAhead();
        EntryTree tree = tree(NOW);
        tree.apply(write("c", 1, 2, NOW));
        assertThat(shown(tree, "c").appendTimeMs()).isEqualTo(NOW + DAY);

        tree.timeIsConfirmed(NOW + 2_000);

        assertThat(shown(tree, "c").appendTimeMs()).isEqualTo(NOW + 2_000);
        assertThat(shown(tree, "a").appendTimeMs()).isEqualTo(NOW);
        tree.apply(write("c", 2, 3, NOW + DAY));
        assertThat(shown(tree, "c").appendTimeMs()).as("written later").isEqualTo(NOW + DAY);
    }

    /** The write is old, so its position says nothing; the table is newer than the clock, but older than the write event. */
    @Test
    void shouldDateAWriteFromTheTimeOfDoubtByTheNextStartIfNoPeerHasConfirmedTheTime() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree behind = tree(NOW - DAY);
        behind.apply(new Write(
                "b".getBytes(UTF_8), 1, NOW - 2 * DAY, false, new byte[1], null, Entry.NEVER, null, 1, NOW - DAY));

        EntryTree right = tree(NOW + 20_000);

        assertThat(shown(right, "b").appendTimeMs()).isEqualTo(NOW + 20_000);
        assertThat(shown(right, "b").undated()).isTrue();
        assertThat(shown(right, "b").positionMs()).as("repairs carry it").isEqualTo(NOW - 2 * DAY);
        assertThat(shown(right, "a").writtenMs()).isEqualTo(NOW);
        assertThat(shown(right, "a").undated()).isFalse();
    }

    /** Whether the writer's clock was ahead, or this one behind: the write was made before the tree was built again. */
    @Test
    void shouldDateAnEntryWhosePositionLiesAheadByTheNextStart() {
        tree(NOW - DAY).apply(write("a", 1, 0, NOW - DAY));

        EntryTree later = tree(NOW + 20_000);

        assertThat(shown(later, "a").appendTimeMs()).isEqualTo(NOW + 20_000);
        assertThat(shown(later, "a").undated())
                .as("nothing proves since when it is held")
                .isTrue();
        assertThat(shown(later, "a").positionMs()).isEqualTo(NOW);
        assertThat(later.held(HASH.key("a".getBytes(UTF_8)))).isEqualTo(shown(later, "a"));
    }

    /** It has no position that would show that the clock was behind. */
    @Test
    void shouldDateAnUnreadEntryByTheNextStart() {
        byte[] key = "a".getBytes(UTF_8);
        tree(NOW - DAY).apply(Write.unread(HASH, "us", key, new byte[1], 0, NOW - DAY));

        EntryTree later = tree(NOW + 20_000);

        assertThat(shown(later, "a").isUnread()).isTrue();
        assertThat(shown(later, "a").appendTimeMs()).isEqualTo(NOW + 20_000);
        assertThat(shown(later, "a").undated()).isTrue();
    }

    @Test
    void shouldDoubtAClockBeforeTheEntriesAreReadThatShowItToBeBehind() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree behind = unopened(NOW - DAY);

        behind.apply(write("b", 1, 1, NOW - DAY));
        behind.open(EntryTree.SLICES, NOW - DAY);
        behind.apply(write("c", 1, 2, NOW - DAY));

        for (String key : List.of("b", "c")) {
            Entry entry = table.get(HASH.key(key.getBytes(UTF_8)));
            assertThat(entry.undated()).as(key).isTrue();
            assertThat(entry.appendTimeMs()).as(key).isGreaterThanOrEqualTo(NOW);
        }
        behind.timeIsConfirmed(NOW - DAY + 2_000);
        assertThat(shown(behind, "b").appendTimeMs()).isEqualTo(NOW - DAY + 2_000);
    }

    /** Peers whose clocks are not in doubt have it in their trees at once. */
    @Test
    void shouldNotDelayAWriteWhosePositionIsAheadWhileAClockIsInDoubt() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree behind = tree(NOW - DAY);
        long round = behind.sealedRound() + 3;

        behind.apply(new Write(
                "b".getBytes(UTF_8), 1, NOW - DAY / 2, false, new byte[1], null, Entry.NEVER, null, 1, NOW - DAY));
        behind.seal(round);

        assertThat(shown(behind, "b").undated()).isTrue();
        assertThat(behind.entries()).isEqualTo(2);
    }

    @Test
    void shouldNotDoubtAClockAnyMoreOnceItIsConfirmedBeforeTheEntriesAreRead() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree behind = unopened(NOW - DAY);
        behind.timeIsConfirmed(NOW - DAY);
        behind.open(EntryTree.SLICES, NOW - DAY);

        behind.apply(write("b", 1, 1, NOW - DAY));

        assertThat(table.get(HASH.key("b".getBytes(UTF_8))).undated()).isFalse();
    }

    /** What was written while the clock was ahead has been replaced since. */
    @Test
    void shouldNotDoubtAClockAnyMoreOnceNoEntryShowsItToBeBehind() {
        writtenADayAhead();
        EntryTree right = tree(NOW);
        right.timeIsConfirmed(NOW);
        right.apply(write("a", 2, 2, NOW));
        right.apply(write("b", 2, 3, NOW));
        EntryTree tree = unopened(NOW + 2_000);
        tree.apply(write("c", 1, 4, NOW + 2_000));
        assertThat(table.get(HASH.key("c".getBytes(UTF_8))).undated()).isTrue();

        tree.open(EntryTree.SLICES, NOW + 3_000);

        assertThat(shown(tree, "c").appendTimeMs()).isEqualTo(NOW + 3_000);
        tree.apply(write("d", 1, 5, NOW + 4_000));
        assertThat(shown(tree, "d").undated()).isFalse();
    }

    /** Reading the entries takes longer than the times of old entries are believed. */
    @Test
    void shouldNotTakeAWriteForOldThatIsTakenInBeforeTheEntriesAreRead() {
        tree(NOW).apply(write("a", 1, 0, NOW));
        EntryTree slow = unopened(NOW);
        slow.apply(new Write(
                "b".getBytes(UTF_8), 1, NOW + 20_000, false, new byte[1], null, Entry.NEVER, null, 1, NOW + 20_000));

        slow.open(EntryTree.SLICES, NOW + 20_000);

        assertThat(shown(slow, "b").appendTimeMs()).isEqualTo(NOW + 20_000);
        assertThat(slow.exactFromRound()).isEqualTo(WINDOWS.of(NOW + 20_000));
        assertThat(slow.seenTo()).isEqualTo(2);
    }

    private static Entry shown(EntryTree tree, String key) {
        Hash128 keyHash = HASH.key(key.getBytes(UTF_8));
        List<Entry> shown = new ArrayList<>();
        tree.scanSegment(tree.segment(keyHash), (hash, entry) -> {
            if (hash.equals(keyHash)) {
                shown.add(entry);
            }
        });
        return shown.get(0);
    }

    @Test
    void shouldNotRaiseTheWatermarkByAnUndatedEntry() {
        tree(NOW)
                .apply(new Write(
                        "a".getBytes(UTF_8), 1, NOW - 100, false, new byte[1], null, Entry.NEVER, null, 0, NOW));
        tree(NOW - DAY)
                .apply(new Write(
                        "b".getBytes(UTF_8), 1, NOW - 50, false, new byte[1], null, Entry.NEVER, null, 1, NOW - DAY));

        assertThat(tree(NOW).watermarkMs()).isEqualTo(NOW - 100);
    }

    @Test
    void shouldNotBelieveAWatermarkFarAhead() {
        EntryTree ahead = tree(NOW + DAY);
        ahead.progress(NOW + DAY);
        ahead.noteWatermark();

        assertThat(tree(NOW).watermarkMs()).isEqualTo(Long.MIN_VALUE);
        assertThat(tree(NOW + DAY).watermarkMs()).isEqualTo(NOW + DAY);
    }
}

package io.trueup.tree;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.EntryTree.Applied;
import org.junit.jupiter.api.Test;

/** Write events of which only the key can be read. Rounds every second, grace 300 ms. */
class UnreadTest {

    private static final KeyedHash HASH = new KeyedHash("0123456789abcdef".getBytes(UTF_8));
    private static final long START = 1_000_000;
    private static final Windows WINDOWS = new Windows(1_000, 300);
    private static final byte[] KEY = {7};
    private static final Hash128 KEY_HASH = HASH.key(KEY);

    private final MapTable table = new MapTable();
    private final EntryTree tree = tree(table, false);

    @Test
    void shouldEqualNoOtherEntry() {
        Hash128 digest = unread("eu", 5, START).digest();

        assertThat(unread("eu", 5, START + 1).digest()).as("read again later").isEqualTo(digest);
        assertThat(unread("eu", 6, START).digest()).isNotEqualTo(digest);
        assertThat(unread("us", 5, START).digest()).isNotEqualTo(digest);
        assertThat(Write.unread(HASH, "eu", KEY, new byte[] {1}, 5, START).digest())
                .isNotEqualTo(digest);
        assertThat(Write.unread(HASH, "eu", new byte[] {8}, null, 5, START).digest())
                .isNotEqualTo(digest);
        assertThat(HASH.value(new byte[0])).isNotEqualTo(digest);
    }

    @Test
    void shouldReplaceTheFormerEntryInTheTreeAsAValue() {
        tree.apply(write(1, START, 3));
        tree.seal(tree.sealedRound() + 1);
        Hash128 before = tree.node(0, 0);

        assertThat(tree.apply(unread("eu", 2, START))).isEqualTo(Applied.REPLACED);
        tree.seal(tree.sealedRound() + 1);

        assertThat(tree.entries()).isEqualTo(1);
        assertThat(tree.node(0, 0)).isNotEqualTo(before);
        assertThat(tree.held(KEY_HASH).isUnread()).isTrue();
        assertThat(tree.held(KEY_HASH).liveAt(Long.MAX_VALUE - 1)).isTrue();
        assertThat(tree.held(KEY_HASH).positionMs()).isEqualTo(START);
        assertThat(tree.apply(unread("eu", 2, START))).isEqualTo(Applied.REPLAYED);
        assertThat(tree.apply(unread("eu", 1, START))).isEqualTo(Applied.SKIPPED);
    }

    @Test
    void shouldBeReplacedByWhatCanBeRead() {
        tree.apply(unread("eu", 1, START));
        tree.apply(write(2, START, 3));
        tree.seal(tree.sealedRound() + 2);

        MapTable without = new MapTable();
        EntryTree other = tree(without, false);
        other.apply(write(2, START, 3));
        other.seal(tree.sealedRound());
        assertThat(tree.node(0, 0)).isEqualTo(other.node(0, 0));
    }

    /** It may say what was written long before: what it has replaced is not held at the next cut. */
    @Test
    void shouldBeInTheTreeFromTheNextCutOnHoweverLateItIsSeen() {
        tree.apply(write(1, START - 5_000, 3));
        long next = tree.sealedRound() + 1;
        MapTable former = copy();

        tree.apply(unread("eu", 2, WINDOWS.cutMs(next) + 100));
        tree.seal(next);

        EntryTree without = tree(former, false);
        without.seal(next);
        assertThat(tree.node(0, 0)).isNotEqualTo(without.node(0, 0));
        EntryTree rebuilt = tree(table, false);
        rebuilt.seal(next);
        assertThat(rebuilt.node(0, 0)).isEqualTo(tree.node(0, 0));
    }

    @Test
    void shouldNotRaiseTheWatermark() {
        tree.apply(write(1, START - 100, 3));
        tree.apply(unread("eu", 2, START + 50));

        assertThat(tree.watermarkMs()).isEqualTo(START - 100);
        assertThat(tree(table, false).watermarkMs())
                .as("built again: nothing of it is left")
                .isEqualTo(Long.MIN_VALUE);
        assertThat(tree.clamped()).isZero();
    }

    @Test
    void shouldCountAsAppearedWhereADeleteWasHeld() {
        tree.apply(write(1, START, 0));

        assertThat(tree.apply(unread("eu", 2, START))).isEqualTo(Applied.APPEARED);
    }

    @Test
    void shouldStandForARowThatAScanHasFound() {
        tree.apply(write(1, START, 3));
        tree.scanStarted("s", 2);

        assertThat(tree.scanned(unread("eu", 3, START), "s", 2)).isEqualTo(Applied.REPLACED);
        assertThat(tree.scanEnded("s", 2, 1)).isTrue();

        assertThat(tree.read(EntryTree.SLICES, START)).isEqualTo(new EntryTree.Completed("s", 0));
        assertThat(tree.held(KEY_HASH).isUnread()).isTrue();
    }

    @Test
    void shouldGiveWayToAWriteSinceTheStartOfTheScan() {
        tree.scanStarted("s", 2);
        tree.apply(write(3, START, 3));

        assertThat(tree.scanned(unread("eu", 4, START), "s", 2)).isEqualTo(Applied.SKIPPED);
        assertThat(tree.held(KEY_HASH).isUnread()).isFalse();
    }

    @Test
    void shouldStayAsOldAsItIsIfTheNextScanCannotReadTheRowEither() {
        tree.apply(unread("eu", 1, START));
        tree.scanStarted("s", 2);

        assertThat(tree.scanned(unread("eu", 3, START + 900), "s", 2)).isEqualTo(Applied.SKIPPED);

        assertThat(tree.held(KEY_HASH).appendTimeMs()).isEqualTo(START);
        assertThat(tree.scanned(write(4, START + 900, 3), "s", 2)).isEqualTo(Applied.REPLACED);
    }

    @Test
    void shouldNotBeTakenForADeleteOfTheLowestVersion() {
        Write delete = new Write(KEY, Long.MIN_VALUE, START, true, null, null, Entry.NEVER, null, 1, START);

        assertThat(delete.isUnread()).isFalse();
        tree.apply(delete);
        assertThat(tree.held(KEY_HASH).isUnread()).isFalse();
        assertThat(unread("eu", 2, START).isUnread()).isTrue();
    }

    private MapTable copy() {
        MapTable copy = new MapTable();
        table.scan(new Hash128(0, 0), new Hash128(-1, -1), copy::put);
        return copy;
    }

    private static Write unread(String replica, long offset, long appendTimeMs) {
        return Write.unread(HASH, replica, KEY, null, offset, appendTimeMs);
    }

    /** A value of 0 is a delete. */
    private static Write write(long offset, long positionMs, int value) {
        return new Write(
                KEY,
                offset,
                positionMs,
                value == 0,
                value == 0 ? null : new byte[] {(byte) value},
                null,
                Entry.NEVER,
                null,
                offset,
                Math.max(START, positionMs));
    }

    private static EntryTree tree(EntryTable table, boolean progressOnly) {
        EntryTree tree = new EntryTree(HASH, WINDOWS, 3, 0, false, table, progressOnly, START, 1_000);
        assertThat(tree.open(EntryTree.SLICES, START)).isTrue();
        return tree;
    }
}

package io.trueup.ops.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Trees of 16 segments, of which a message descends two levels. */
class RoundMessagesTest {

    private static final int BITS = 4;
    private static final long CUT = 1_000;

    private final RoundMessages messages = new RoundMessages();

    private void send(String replica, long cutMs, long sealOffset, Message.Body body) {
        messages.take(new Message(replica, 3, cutMs, sealOffset, 0, body));
    }

    private void root(String replica, long hash) {
        send(replica, CUT, 7, root(hash));
    }

    private static Root root(long hash) {
        return new Root(new Hash128(0, hash), 10, Evidence.of(500, 500), false, false, List.of());
    }

    /** Four hashes below a node. */
    private void level(String replica, int parentLevel, int parent, long... hashes) {
        long[] lanes = new long[2 * hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            lanes[2 * i + 1] = hashes[i];
        }
        send(replica, CUT, 7, new Level(parentLevel, parentLevel + 2, new int[] {parent}, lanes));
    }

    private ComparedTree tree() {
        List<Message> round = messages.of(CUT);
        return RoundMessages.tree(round, BITS, keys(false));
    }

    private Map<Integer, List<SegmentKey>> keys(boolean byValue) {
        return RoundMessages.keys(messages.of(CUT), BITS, byValue, hash -> Optional.of(new byte[] {(byte) hash.lo()}));
    }

    private static EntrySummary entry(Hash128 key, long version, long digest) {
        return new EntrySummary(key, version, 500, 500, Entry.NEVER, false, new Hash128(0, digest));
    }

    private static Hash128 key(int segment, long rest) {
        return new Hash128((long) segment << Long.SIZE - BITS, rest);
    }

    @Test
    void shouldFindTheSegmentsThatDifferAndTheReplicasThatAgree() {
        for (String replica : List.of("eu", "us", "ap")) {
            boolean differs = replica.equals("us");
            root(replica, differs ? 2 : 1);
            level(replica, 0, 0, 10, 11, differs ? 99 : 12, 13);
            level(replica, 2, 2, 20, differs ? 98 : 21, 22, 23);
        }

        ComparedTree tree = tree();

        assertThat(tree.below(0, 0, 2))
                .extracting(TreeNode::state, TreeNode::differing, TreeNode::firstSegment, TreeNode::lastSegment)
                .containsExactly(
                        tuple(NodeState.EQUAL, 0, 0, 3),
                        tuple(NodeState.EQUAL, 0, 4, 7),
                        tuple(NodeState.DIFFERENT, 1, 8, 11),
                        tuple(NodeState.EQUAL, 0, 12, 15));
        assertThat(tree.below(2, 2, 4))
                .extracting(TreeNode::state)
                .containsExactly(NodeState.EQUAL, NodeState.DIFFERENT, NodeState.EQUAL, NodeState.EQUAL);
        assertThat(tree.node(4, 9).groups()).containsExactly(List.of("ap", "eu"), List.of("us"));
        assertThat(tree.node(1, 1).groups())
                .as("hashes of this level are not exchanged")
                .isEmpty();
        assertThat(tree.node(1, 1).state()).isEqualTo(NodeState.DIFFERENT);
        assertThat(tree.node(0, 0).differing()).isEqualTo(1);
    }

    @Test
    void shouldCallNothingEqualOfWhichAReplicaHasSentNothing() {
        root("eu", 1);
        root("us", 2);
        root("ap", 3);
        level("eu", 0, 0, 10, 11, 12, 13);
        level("us", 0, 0, 10, 11, 12, 99);

        assertThat(tree().below(0, 0, 2))
                .extracting(TreeNode::state, TreeNode::differing, TreeNode::unresolved)
                .containsExactly(
                        tuple(NodeState.UNKNOWN, 0, 0),
                        tuple(NodeState.UNKNOWN, 0, 0),
                        tuple(NodeState.UNKNOWN, 0, 0),
                        tuple(NodeState.DIFFERENT, 0, 4));
    }

    @Test
    void shouldCallEverythingEqualIfTheRootsAre() {
        root("eu", 1);
        root("us", 1);

        assertThat(tree().node(4, 5).state()).isEqualTo(NodeState.EQUAL);
    }

    @Test
    void shouldCallNothingEqualIfOneReplicaWasHeardAlone() {
        root("eu", 1);

        assertThat(tree().node(0, 0).state()).isEqualTo(NodeState.UNKNOWN);
    }

    @Test
    void shouldNotSayWhichSegmentsDifferBelowANodeThatAReplicaIsEmptyBelow() {
        root("eu", 1);
        root("us", 2);
        root("ap", 0);
        level("eu", 0, 0, 10, 0, 12, 13);
        level("us", 0, 0, 10, 0, 12, 99);

        assertThat(tree().below(0, 0, 2))
                .extracting(TreeNode::state, TreeNode::unresolved)
                .containsExactly(
                        tuple(NodeState.DIFFERENT, 4),
                        tuple(NodeState.EQUAL, 0),
                        tuple(NodeState.DIFFERENT, 4),
                        tuple(NodeState.DIFFERENT, 4));
    }

    @Test
    void shouldCountWhatAReplicaHasSentOnceItHasSealedAgain() {
        root("eu", 1);
        send("us", CUT, 9, root(1));
        root("us", 2); // another control topic was read later

        assertThat(tree().node(0, 0).state()).isEqualTo(NodeState.EQUAL);
    }

    @Test
    void shouldChooseTheLatestRoundInWhichReplicasHaveDescended() {
        root("eu", 1);
        level("eu", 0, 0, 1, 2, 3, 4);
        send("eu", CUT + 500, 8, root(1));

        assertThat(messages.latestCut(CUT + 500)).hasValue(CUT);
    }

    /** Its first messages do not show yet what differs. */
    @Test
    void shouldChooseNoRoundThatGoesOnWhereAnEarlierOneHasDescended() {
        level("eu", 0, 0, 1, 2, 3, 4);
        send("eu", CUT + 500, 8, root(1));
        send("eu", CUT + 500, 8, new Level(0, 2, new int[] {0}, new long[8]));

        assertThat(messages.latestCut(CUT + 499)).hasValue(CUT);
        assertThat(messages.latestCut(CUT + 500)).hasValue(CUT + 500);
        assertThat(messages.latestCut(CUT - 1)).as("none has ended").hasValue(CUT + 500);
    }

    @Test
    void shouldListTheKeysOfASegmentOfWhichEntriesDiffer() {
        root("eu", 1);
        root("us", 2);
        Hash128 same = key(9, 1);
        Hash128 newer = key(9, 2);
        Hash128 missing = key(9, 3);
        Hash128 deleted = key(9, 4);
        EntrySummary tombstone = new EntrySummary(deleted, 5, 500, 500, Entry.NEVER, true, Hash128.ZERO);
        send("eu", CUT, 7, new Segment(9, 0, 2, List.of(entry(same, 1, 1), entry(newer, 2, 2))));
        send("eu", CUT, 7, new Segment(9, 1, 2, List.of(entry(missing, 1, 3), tombstone)));
        send("us", CUT, 7, new Segment(9, 0, 1, List.of(entry(same, 1, 1), entry(newer, 1, 1))));

        Map<Integer, List<SegmentKey>> keys = keys(false);

        assertThat(keys).containsOnlyKeys(9);
        assertThat(keys.get(9)).extracting(SegmentKey::keyHash).containsExactly(newer.toString(), missing.toString());
        assertThat(keys.get(9).get(1).entries().get("us")).isEmpty();
        assertThat(keys.get(9).get(1).key())
                .hasValueSatisfying(key -> assertThat(key).containsExactly(3));
        assertThat(tree().node(4, 9).state()).isEqualTo(NodeState.DIFFERENT);
    }

    @Test
    void shouldCompareValuesAloneWhereVersionsAreEachReplicasOwn() {
        List<Segment> sent = new ArrayList<>();
        for (long version : new long[] {1, 2}) {
            sent.add(new Segment(2, 0, 1, List.of(entry(key(2, 1), version, 8))));
        }
        send("eu", CUT, 7, sent.get(0));
        send("us", CUT, 7, sent.get(1));

        assertThat(keys(true)).isEmpty();
        assertThat(keys(false)).containsOnlyKeys(2);
    }

    @Test
    void shouldTakeKeysFromSketchesOfWhichAReplicaWithoutThemKnowsHalfTheHash() {
        root("eu", 1);
        root("us", 2);
        send("eu", CUT, 7, new Entries(List.of(entry(key(5, 6), 1, 1)), List.of()));
        send("us", CUT, 7, new Entries(List.of(), List.of(new Hash128(key(5, 6).hi(), 0))));

        assertThat(keys(false).get(5))
                .singleElement()
                .satisfies(key -> assertThat(key.entries().get("us")).isEmpty());
        assertThat(tree().node(0, 0).differing()).isEqualTo(1);
    }
}

package io.trueup.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.reconcile.Reconciler;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Rebuilding;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.schema.ControlMessage;
import io.trueup.state.EntryStore;
import io.trueup.state.StateIdentity;
import io.trueup.stream.StateRebuild.Verdict;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a task concludes from the state, the committed offset and the writes partition that it finds. */
class StateRebuildTest {

    private static final Instant START = Instant.ofEpochMilli(1_790_000_000_100L);
    private static final long NOW = START.toEpochMilli();
    private static final long DAY = Duration.ofDays(1).toMillis();

    private static final ControlCodec CONTROL = new ControlCodec("cities", SingleObjectCodec.of(ControlMessage.class));

    @TempDir
    Path directory;

    private final History history = new History();
    private SimulatedReplica eu;

    @AfterEach
    void close() {
        eu.close();
    }

    @Test
    void shouldTakeAnEmptyStateForWholeIfNothingWasConsumed() {
        eu = open("eu");

        assertThat(eu.rewoundTo).isEmpty();
        assertThat(evidence().knownFromMs()).isEqualTo(Evidence.NONE);
        assertThat(evidence().horizonMs()).isEqualTo(Evidence.NONE);
    }

    @Test
    void shouldReadTheTopicAgainIfTheStateIsEmptyThoughRecordsWereConsumed() {
        history.committed = OptionalLong.of(500);
        history.deletesKeptMs = DAY;

        eu = open("eu");

        assertThat(eu.rewoundTo).containsExactly(0L);
        assertThat(Reconciler.rebuildsUntil(eu.entries())).hasValue(500);
        Evidence evidence = evidence();
        assertThat(evidence.knownFromMs()).as("the topic is whole").isEqualTo(Evidence.NONE);
        assertThat(evidence.horizonMs())
                .as("deletes older than a day may be gone from it")
                .isBetween(NOW - DAY, NOW - DAY + 60_000);
        assertThat(Reconciler.rebuildsUntil(eu.entries())).isEmpty();
    }

    /** Both were lost: the changelog, and records that were consumed. The topic begins at its first record, and looks whole. */
    @Test
    void shouldNotTakeATopicForWholeThatEndsBeforeWhatWasConsumed() {
        history.committed = OptionalLong.of(500);
        history.end = 499;
        eu = open("eu");

        assertThat(evidence().knownFromMs()).isGreaterThanOrEqualTo(NOW);
    }

    @Test
    void shouldNotTakeATopicForWholeThatEndsBeforeWhatWasConsumedInTheMiddleOfARebuild() {
        history.committed = OptionalLong.of(500);
        eu = open("eu");
        eu.unread = 3;

        history.end = 499;
        start(EntryStore.Claim.KNOWN);

        assertThat(knownFromMs()).isEqualTo(NOW);
    }

    @Test
    void shouldDropTheStateAfterAResetAndKnowWhatTheTopicLacks() {
        eu = open("eu");
        eu.write("a", 1, NOW, "a");
        Reconciler.noteKnownFrom(eu.entries(), NOW - 7_000, true);
        eu.entries().note("choice/a", new byte[] {1});
        eu.entries().note("reset", new byte[] {1});
        assertThat(eu.entries().isReset()).isTrue();

        rebuild(NOW).reset(eu.context().identity());

        assertThat(eu.entries().isReset()).isFalse();
        assertThat(eu.entries().note("choice/a")).isNull();
        assertThat(eu.entries().check(eu.context().identity())).isEqualTo(EntryStore.Claim.NEW);
        assertThat(rebuild(NOW).isDropping()).isTrue();
        assertThat(rebuild(NOW).drop(1)).isTrue();
        rebuild(NOW).dropped();
        assertThat(Reconciler.rebuildsUntil(eu.entries())).isPresent();
        assertThat(knownFromMs()).isEqualTo(NOW - 7_000);
    }

    @Test
    void shouldNotTakeATopicForWholeAfterAResetThatWasCreatedAgainOrIsUnknown() {
        eu = open("eu");
        StateIdentity other = new StateIdentity("cities.writes.eu", Uuid.randomUuid(), new byte[16]);

        rebuild(NOW).reset(other);
        assertThat(knownFromMs()).isEqualTo(NOW);

        rebuild(NOW + 60_000).reset(eu.context().identity());
        assertThat(knownFromMs()).as("nothing says what it was built from").isEqualTo(NOW + 60_000);
    }

    @Test
    void shouldTakePartInNoRoundUntilTheTopicIsReadToItsEnd() {
        history.committed = OptionalLong.of(500);
        eu = open("eu");
        eu.unread = 3;

        List<Object> before = bodies(3);
        eu.unread = 0;
        List<Object> after = bodies(3);

        assertThat(before).isNotEmpty().allMatch(Rebuilding.class::isInstance);
        assertThat(after).last().isInstanceOf(Root.class);
    }

    @Test
    void shouldNotKnowWhatWasWrittenBeforeTheTopicBegins() {
        history.beginning = 100;
        history.beginningMs = NOW - 5_000;

        eu = open("eu");

        assertThat(eu.rewoundTo).isEmpty();
        assertThat(evidence().knownFromMs()).isEqualTo(NOW - 5_000);
    }

    @Test
    void shouldContinueARebuildWhereItsOwnCommitIsAndBeginAgainOtherwise() {
        history.committed = OptionalLong.of(500);
        eu = open("eu");
        eu.unread = 3;
        eu.rewoundTo.clear();

        history.committed = OptionalLong.of(70);
        start(EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).as("committed during the rebuild").isEmpty();

        history.committed = OptionalLong.of(500);
        start(EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).as("committed before the state was lost").containsExactly(0L);

        history.committed = OptionalLong.empty();
        start(EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).containsExactly(0L, 0L);
    }

    @Test
    void shouldReadTheTopicAgainIfItWasNotConsumedForLongerThanTheTopicKeepsDeletes() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        evidence();
        eu.rewoundTo.clear();

        start(NOW + DAY, EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).as("within a day").isEmpty();

        start(NOW + DAY + 120_000, EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).containsExactly(0L);
        assertThat(Reconciler.rebuildsUntil(eu.entries())).isPresent();
    }

    @Test
    void shouldReadTheTopicAgainIfATaskWasBehindForLongerThanTheTopicKeepsDeletes() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        evidence();
        eu.rewoundTo.clear();
        eu.unread = 3;

        eu.pass(Duration.ofDays(2));
        eu.unread = 0;
        bodies(3);

        assertThat(eu.rewoundTo).containsExactly(0L);
        assertThat(Reconciler.rebuildsUntil(eu.entries()))
                .as("read to its end again")
                .isEmpty();
    }

    @Test
    void shouldNotReadATopicAgainThatIsNotCompacted() {
        eu = open("eu");
        evidence();
        eu.rewoundTo.clear();

        start(NOW + 1_000 * DAY, EntryStore.Claim.KNOWN);

        assertThat(eu.rewoundTo).isEmpty();
    }

    /** The end was asked for, and reached five hours later: what was written meanwhile may not be consumed. */
    @Test
    void shouldDateWhatIsConsumedByTheRequestOfTheEnd() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        long hour = 3_600_000;

        assertThat(new StateRebuild(eu.context(), 0, eu.entries(), NOW + 5 * hour).consumed(NOW))
                .isEqualTo(Verdict.WHOLE);
        start(NOW + DAY, EntryStore.Claim.KNOWN);
        assertThat(eu.rewoundTo).isEmpty();
        start(NOW + DAY + hour, EntryStore.Claim.KNOWN);

        assertThat(eu.rewoundTo).containsExactly(0L);
    }

    @Test
    void shouldMissNothingWhileItGoesOnConsumingThoughDeletesAreKeptForSecondsOnly() {
        history.deletesKeptMs = 45_000;
        eu = open("eu");

        for (long ms = 0; ms < 300_000; ms += 10_000) {
            assertThat(new StateRebuild(eu.context(), 0, eu.entries(), NOW + ms).consumed(NOW + ms))
                    .as("after %d ms", ms)
                    .isEqualTo(Verdict.WHOLE);
        }
        assertThat(new StateRebuild(eu.context(), 0, eu.entries(), NOW + 350_000).consumed(NOW + 350_000))
                .isEqualTo(Verdict.MISSED_DELETES);
    }

    /** The brokers give no answer; it is asked for again with each round. */
    @Test
    void shouldSealNoCutWhileItIsUnknownWhetherDeletesWereMissed() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        evidence();
        eu.rewoundTo.clear();
        eu.unread = 3;
        eu.pass(Duration.ofDays(2));
        eu.unread = 0;
        history.failure = new IllegalStateException("no answer");

        assertThat(bodies(3)).isEmpty();
        assertThat(eu.rewoundTo).as("nothing is dropped either").isEmpty();

        history.failure = null;
        assertThat(bodies(3)).last().isInstanceOf(Root.class);
        assertThat(eu.rewoundTo).containsExactly(0L);
    }

    /** What is not older than some rounds is no loss, for however long deletes are kept. */
    @Test
    void shouldGoOnComparingWhileItIsUnknownForHowLongDeletesAreKept() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        evidence();
        history.failure = new IllegalStateException("no answer");

        for (int i = 0; i < 5; i++) {
            assertThat(bodies(3)).last().isInstanceOf(Root.class);
        }
    }

    @Test
    void shouldNotStartWhileTheBrokersDoNotSayWhatTheTopicContains() {
        eu = open("eu");
        history.failure = new IllegalStateException("no answer");

        for (EntryStore.Claim claim : EntryStore.Claim.values()) {
            assertThatThrownBy(() -> start(claim)).as("%s", claim).hasMessage("no answer");
        }
    }

    @Test
    void shouldNotKnowWhatWasTrimmedBeforeARebuildBeganAgain() {
        history.committed = OptionalLong.of(500);
        eu = open("eu");
        history.beginning = 100;
        history.beginningMs = NOW - 5_000;

        start(EntryStore.Claim.KNOWN);

        assertThat(eu.rewoundTo).containsExactly(0L, 100L);
        assertThat(knownFromMs()).isEqualTo(NOW - 5_000);
    }

    @Test
    void shouldDropTheStateIfRecordsWereTrimmedThatTheRebuildHadNotRead() {
        history.committed = OptionalLong.of(500);
        eu = open("eu");
        history.committed = OptionalLong.of(70);
        history.beginning = 100;
        history.beginningMs = NOW - 5_000;

        start(EntryStore.Claim.KNOWN);

        assertThat(eu.rewoundTo).containsExactly(0L, 100L);
        assertThat(knownFromMs()).as("what was trimmed is unknown").isEqualTo(NOW);
    }

    @Test
    void shouldReadTheTopicAgainForAStateOfAnEarlierVersionAndKeepItsEntries() {
        eu = open("eu");
        eu.write("kept", 1, NOW, "v");
        assertThat(lastRoot().entries()).isEqualTo(1);
        history.committed = OptionalLong.of(1);

        start(EntryStore.Claim.OF_EARLIER_VERSION);

        assertThat(eu.rewoundTo).containsExactly(0L);
        assertThat(Reconciler.rebuildsUntil(eu.entries())).hasValue(1);
        assertThat(lastRoot().entries()).isEqualTo(1);
    }

    @Test
    void shouldReadNothingAgainIfTheStateIsKnownToBeWhole() {
        eu = open("eu");
        history.committed = OptionalLong.of(500);

        start(EntryStore.Claim.KNOWN);

        assertThat(eu.rewoundTo).isEmpty();
        assertThat(Reconciler.rebuildsUntil(eu.entries())).isEmpty();
    }

    @Test
    void shouldDropTheStateIfTheHistoryOfTheTopicHasChangedAndSkipWhatWasReadBefore() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        eu.write("gone", 1, NOW, "v");
        assertThat(lastRoot().entries()).isEqualTo(1);
        history.committed = OptionalLong.of(1);

        eu.invalid = OptionalLong.of(2); // offsets 1 and 2 were returned before the history changed, and wait
        eu.write("waits", 1, NOW, "v");
        eu.write("waits-too", 1, NOW, "v");
        assertThat(eu.rewoundTo).as("what waits comes first").isEmpty();
        eu.returnedTo(4); // so were 3 and 4, while the entries were dropped
        eu.pass(Duration.ofMillis(50));
        assertThat(eu.rewoundTo).containsExactly(0L);
        eu.write("waits still", 1, NOW, "v");
        eu.write("waits still, too", 1, NOW, "v");
        eu.write("new", 1, NOW, "v");

        Root root = lastRoot();
        assertThat(root.entries()).isEqualTo(1);
        assertThat(root.evidence().knownFromMs()).isGreaterThanOrEqualTo(NOW);
    }

    /** The entries are dropped in slices, and the process ends in between. */
    @Test
    void shouldDropFurtherAfterARestartBeforeItReadsTheTopicAgain() {
        history.deletesKeptMs = DAY;
        eu = open("eu");
        for (int i = 0; i < 2_500; i++) {
            eu.write("k" + i, 1, NOW, "v");
        }
        assertThat(lastRoot().entries()).isEqualTo(2_500);
        eu.rewoundTo.clear();
        StateRebuild begun = new StateRebuild(eu.context(), 0, eu.entries(), NOW);
        begun.historyChanged();
        assertThat(begun.drop(1)).isFalse();
        assertThat(eu.rewoundTo).as("not before all are dropped").isEmpty();

        StateRebuild restarted = new StateRebuild(eu.context(), 0, eu.entries(), NOW + 10);
        restarted.start(EntryStore.Claim.KNOWN);
        assertThat(restarted.isDropping()).isTrue();
        assertThat(restarted.drop(1)).isFalse();
        assertThat(restarted.drop(1)).isTrue();
        restarted.dropped();

        assertThat(restarted.isDropping()).isFalse();
        assertThat(eu.rewoundTo).containsExactly(0L);
        assertThat(Reconciler.rebuildsUntil(eu.entries())).isPresent();
        assertThat(eu.entries().remove(1)).as("nothing is left").isTrue();
    }

    /** So many other tasks have to read, too, that it drops a thousand entries at a time. */
    @Test
    void shouldTakeInNothingUntilAllEntriesAreDropped() {
        eu = open("eu");
        for (int i = 0; i < 2_500; i++) {
            eu.write("k" + i, 1, NOW, "v");
        }
        assertThat(lastRoot().entries()).isEqualTo(2_500);
        eu.rewoundTo.clear();
        eu.metrics.readingTasks.set(1_000_000);

        eu.invalid = OptionalLong.of(2_500);
        eu.write("waits", 1, NOW, "v");
        for (int i = 0; i < 30; i++) {
            eu.write("written meanwhile " + i, 1, NOW, "v");
        }
        assertThat(eu.rewoundTo).isEmpty();
        assertThat(bodies(1)).as("takes part in no round").noneMatch(Root.class::isInstance);
        assertThat(eu.rewoundTo).containsExactly(0L);
        eu.metrics.readingTasks.set(1);
        eu.write("read again", 1, NOW, "v");

        assertThat(lastRoot().entries()).isEqualTo(1);
        assertThat(eu.metrics.readingTasks).hasValue(0);
    }

    /** Its peer is hosted by the same process: its messages say nothing about the clock. */
    @Test
    void shouldKnowFromWhenItsStateReachesBackOnceTheClockIsConfirmed() {
        eu = open("eu");
        eu.context().clocks().opened("us", 0);
        eu.invalid = OptionalLong.of(0); // the history has changed, and the record at offset 0 waits
        eu.write("waits", 1, NOW, "v");
        eu.write("new", 1, NOW, "v");
        lastRoot();
        assertThat(knownFromMs()).as("follows the clock").isGreaterThan(NOW + 2_000);

        hearUsFor(7);
        long knownFromMs = knownFromMs();
        hearUsFor(3);
        assertThat(knownFromMs())
                .as("the wall clock was steady for the patience")
                .isEqualTo(knownFromMs);
    }

    private void hearUsFor(int rounds) {
        for (int i = 0; i < rounds; i++) {
            eu.hear(new ControlKey("us", 0).encode(), CONTROL.encode("c", rootOfUs()));
            bodies(1);
        }
    }

    private static Message rootOfUs() {
        return new Message("us", 0, NOW, 1, 1, new Root(Hash128.ZERO, 0, Evidence.of(0, 0), false, false));
    }

    private long knownFromMs() {
        return ByteBuffer.wrap(eu.entries().note("known from")).getLong();
    }

    private void start(EntryStore.Claim claim) {
        start(NOW, claim);
    }

    /** A task starts, and drops its entries if it has to. */
    private void start(long nowMs, EntryStore.Claim claim) {
        StateRebuild rebuild = new StateRebuild(eu.context(), 0, eu.entries(), nowMs);
        rebuild.start(claim);
        if (rebuild.isDropping()) {
            assertThat(rebuild.drop(1_000)).isTrue();
            rebuild.dropped();
        }
    }

    private StateRebuild rebuild(long nowMs) {
        return new StateRebuild(eu.context(), 0, eu.entries(), nowMs);
    }

    private SimulatedReplica open(String replica) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "bootstrap.servers", "localhost:1",
                "dataset", "cities",
                "replicas", "eu,us",
                "hash.secret", "0123456789abcdef0123456789abcdef",
                "round.interval", "2s",
                "lag.patience", "10s",
                "state.dir", directory.toString(),
                "grace", "500ms"));
        return new SimulatedReplica(TrueupConfig.of(settings), replica, START, Duration.ZERO, history);
    }

    private Evidence evidence() {
        return lastRoot().evidence();
    }

    private Root lastRoot() {
        List<Object> bodies = bodies(3);
        return (Root) bodies.get(bodies.size() - 1);
    }

    /** The bodies of the control messages of some rounds. */
    private List<Object> bodies(int rounds) {
        for (int tick = 0; tick < rounds * 40; tick++) {
            eu.pass(Duration.ofMillis(50));
        }
        List<Object> bodies = new ArrayList<>();
        for (TestRecord<byte[], byte[]> record : eu.control()) {
            bodies.add(body(record));
        }
        return bodies;
    }

    private static Object body(TestRecord<byte[], byte[]> record) {
        try {
            return CONTROL.decode("c", record.value()).body();
        } catch (MalformedRecordException e) {
            throw new AssertionError(e);
        }
    }

    private static final class History implements WritesHistory {
        private long beginning;
        private long end = 1_000;
        private OptionalLong committed = OptionalLong.empty();
        private long beginningMs;
        private long deletesKeptMs = KEPT_FOR_EVER;
        private RuntimeException failure;

        private void answer() {
            if (failure != null) {
                throw failure;
            }
        }

        @Override
        public Offsets offsets(TopicPartition writes) {
            answer();
            return new Offsets(beginning, end, committed);
        }

        @Override
        public OptionalLong beginningMs(TopicPartition writes) {
            answer();
            return OptionalLong.of(beginningMs);
        }

        @Override
        public long deletesKeptMs(TopicPartition writes) {
            answer();
            return deletesKeptMs;
        }
    }
}

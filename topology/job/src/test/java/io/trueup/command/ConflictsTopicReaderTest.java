package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.report.ConflictEvents;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class ConflictsTopicReaderTest {

    private static final SingleObjectCodec<ConflictEvent> CODEC = SingleObjectCodec.of(ConflictEvent.class);
    private static final VersionVector OF_EU = VersionVector.of(Map.of("eu", 3L, "us", 1L));
    private static final VersionVector OF_US = VersionVector.of(Map.of("eu", 2L, "us", 2L));

    private final ConflictsTopicReader read = new ConflictsTopicReader("shop", CODEC);

    @Test
    void shouldListOpenConflictsWithTheTimeOfTheirFirstReport() {
        report("b", 2_000, OF_EU, OF_US);
        report("a", 1_000, null, null);
        report("gone", 1_500, OF_EU, OF_US);
        report("b", 9_000, OF_EU, OF_US);
        take("gone", null);

        assertThat(read.conflicts())
                .extracting(conflict -> text(conflict.key()))
                .containsExactly("a", "b");
        OpenConflict b = read.conflicts().get(1);
        assertThat(b.sinceMs()).isEqualTo(2_000);
        assertThat(b.partition()).isEqualTo(5);
        assertThat(b.sides())
                .containsExactly(
                        new OpenConflict.Side(
                                List.of("ap", "eu"), new EntryView(4, "eu=3,us=1", 100, false, "00000000")),
                        new OpenConflict.Side(List.of("us"), new EntryView(4, "eu=2,us=2", 100, true, "")));
    }

    @Test
    void shouldDateAConflictThatReturnsFromItsReturn() {
        report("k", 1_000, OF_EU, OF_US);
        take("k", null);
        report("k", 5_000, OF_EU, OF_US);

        assertThat(read.conflicts())
                .singleElement()
                .satisfies(k -> assertThat(k.sinceMs()).isEqualTo(5_000));
    }

    @Test
    void shouldChooseTheSideOfAReplicaWithAVectorThatHasSeenAllSides() {
        report("k", 1_000, OF_EU, OF_US);

        Choice choice = read.choice(bytes("k"), "ap", Optional.empty(), 99);

        assertThat(choice.replica()).isEqualTo("ap");
        assertThat(choice.version()).isEqualTo(4);
        assertThat(choice.merged()).hasToString("eu=3,us=2");
        assertThat(read.partition(bytes("k"), Optional.empty())).isEqualTo(5);
    }

    @Test
    void shouldMergeTheVectorsOfTheSidesThatHaveOne() {
        report("k", 1_000, OF_EU, null);

        assertThat(read.choice(bytes("k"), "us", Optional.empty(), 99).merged()).isEqualTo(OF_EU);
    }

    @Test
    void shouldChooseWithoutAVectorWhereVersionsAreNumbers() {
        report("k", 1_000, null, null);

        assertThat(read.choice(bytes("k"), "us", Optional.empty(), 99).merged()).isNull();
    }

    /** Each side is within the limit; datastores would refuse what a choice sends them. */
    @Test
    void shouldRefuseAChoiceWhoseVectorWouldBeLargerThanDatastoresTake() {
        report("k", 1_000, ofWriters("eu", 400), ofWriters("us", 10));
        assertThat(read.choice(bytes("k"), "eu", Optional.empty(), 99).merged().counters())
                .hasSize(410);

        report("k", 2_000, ofWriters("eu", 400), ofWriters("us", 400));
        assertThatThrownBy(() -> read.choice(bytes("k"), "eu", Optional.empty(), 99))
                .isInstanceOf(InvalidCommandException.class)
                .hasMessageContaining("800 writers")
                .hasMessageContaining("at most 16384");
    }

    private static VersionVector ofWriters(String prefix, int writers) {
        return VersionVector.of(
                IntStream.range(0, writers).boxed().collect(Collectors.toMap(i -> prefix + i, i -> 1L + i)));
    }

    @Test
    void shouldRefuseAChoiceThatDecidesNothing() {
        report("k", 1_000, OF_EU, OF_US);

        assertThatThrownBy(() -> read.choice(bytes("k"), "jp", Optional.empty(), 99))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("choose one of ap, eu, us");
        assertThatThrownBy(() -> read.choice(bytes("other"), "eu", Optional.empty(), 99))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("in no conflict");
    }

    /** A person has confirmed what was listed; a replica has stored something else since. */
    @Test
    void shouldRefuseAChoiceOfAConflictThatHasChangedSinceItWasListed() {
        report("k", 1_000, OF_EU, OF_US);
        Optional<String> seen = Optional.of(read.conflicts().get(0).revision());
        report("k", 2_000, OF_EU, OF_US);
        assertThat(read.choice(bytes("k"), "eu", seen, 99).version()).isEqualTo(4);
        assertThat(read.partition(bytes("k"), seen)).isEqualTo(5);

        report("k", 3_000, OF_EU, VersionVector.of(Map.of("us", 4L)));

        assertThatThrownBy(() -> read.choice(bytes("k"), "eu", seen, 99))
                .isInstanceOf(ChangedConflictException.class)
                .hasMessageContaining("has changed since it was listed");
        assertThat(read.choice(
                                bytes("k"),
                                "eu",
                                Optional.of(read.conflicts().get(0).revision()),
                                99)
                        .merged())
                .hasToString("eu=3,us=4");
    }

    @Test
    void shouldSkipRecordsThatAreNoConflictOfTheDataset() {
        read.take(new ConsumerRecord<>("c", 0, 1, null, new byte[0]));
        Conflict conflict = conflict("k", 1_000, OF_EU, OF_US);
        take("foreign", CODEC.encode("c", ConflictEvents.event("other", 5, conflict)));

        assertThat(read.conflicts()).isEmpty();
        assertThat(read.unreadable()).isEmpty();
    }

    @Test
    void shouldNoteReportsThatCannotBeReadUntilTheyAreReplaced() {
        take("broken", bytes("not Avro"));
        take("settled", bytes("not Avro"));
        take("settled", null);

        assertThat(read.conflicts()).isEmpty();
        assertThat(read.unreadable()).singleElement().asString().contains("c-0@0: ", "Avro");

        report("broken", 1_000, OF_EU, OF_US);
        assertThat(read.unreadable()).isEmpty();
    }

    /** us has not heard ap, which has changed its entry since; eu has not heard us, which has changed sides since. */
    @Test
    void shouldListEachReplicaWithWhatTheLatestReportThatHasHeardItSays() {
        reportAs("ap", 1_000, heard(1_000, "ap", "eu", "us"), side(1, "ap"), side(2, "eu", "us"));
        reportAs("eu", 3_000, Map.of("ap", 1_000L, "eu", 3_000L, "us", 2_000L), side(1, "ap"), side(2, "eu", "us"));
        reportAs("us", 2_500, Map.of("ap", 2_500L, "us", 2_500L), side(3, "ap", "us"), side(4, "eu"));

        assertThat(read.conflicts()).singleElement().satisfies(conflict -> {
            assertThat(text(conflict.key())).isEqualTo("k");
            assertThat(conflict.sinceMs()).isEqualTo(1_000);
            assertThat(conflict.sides()).containsExactly(listed(2, "eu"), listed(3, "ap", "us"));
        });
        assertThat(read.choice(bytes("k"), "us", Optional.empty(), 99).version())
                .isEqualTo(3);
    }

    @Test
    void shouldNotLetAPartialReportHideTheFullOne() {
        reportAs("ap", 1_000, heard(1_000, "ap", "eu", "us"), side(1, "ap"), side(2, "eu"), side(3, "us"));
        reportAs("eu", 2_000, heard(2_000, "eu", "us"), side(2, "eu"), side(3, "us"));

        assertThat(read.conflicts())
                .singleElement()
                .satisfies(conflict -> assertThat(conflict.sides())
                        .containsExactlyInAnyOrder(listed(1, "ap"), listed(2, "eu"), listed(3, "us")));
    }

    @Test
    void shouldListAReplicaOnNoSideOnceItWasHeardWithout() {
        reportAs("ap", 1_000, heard(1_000, "ap", "eu", "us"), side(1, "ap"), side(2, "eu"), side(3, "us"));
        reportAs("eu", 2_000, heard(2_000, "ap", "eu", "us"), side(2, "eu"), side(3, "us"));

        assertThat(read.conflicts())
                .singleElement()
                .satisfies(conflict -> assertThat(conflict.sides()).containsExactly(listed(2, "eu"), listed(3, "us")));
    }

    @Test
    void shouldListAConflictUntilAllReportsAreWithdrawn() {
        reportAs("ap", 1_000, heard(1_000, "ap", "eu"), side(1, "ap"), side(2, "eu"));
        reportAs("eu", 2_000, heard(2_000, "eu", "us"), side(2, "eu"), side(3, "us"));

        take(new ConflictKey("ap", 5, bytes("k")).encode(), null);
        take(bytes("k"), null);
        assertThat(read.conflicts()).hasSize(1);
        take(new ConflictKey("eu", 5, bytes("k")).encode(), null);
        assertThat(read.conflicts()).isEmpty();
    }

    /** An event of an earlier version lies under the key of the dataset, and does not say which replicas were heard. */
    @Test
    void shouldMergeTheReportOfAnEarlierVersionAndLetItBeDeleted() {
        Conflict former = new Conflict(
                bytes("k"),
                new Hash128(1, 2),
                1_000,
                "eu",
                Conflict.Reason.NO_WINNER,
                List.of(side(1, "eu"), side(9, "us")),
                Map.of());
        take("k", CODEC.encode("c", ConflictEvents.event("shop", 5, former)));
        reportAs("eu", 2_000, heard(2_000, "ap", "eu"), side(1, "eu"), side(2, "ap"));

        assertThat(read.conflicts()).singleElement().satisfies(conflict -> {
            assertThat(conflict.sinceMs()).isEqualTo(1_000);
            assertThat(conflict.sides()).containsExactly(listed(1, "eu"), listed(2, "ap"), listed(9, "us"));
        });

        take(new ConflictKey("eu", 5, bytes("k")).encode(), null);
        assertThat(read.conflicts()).hasSize(1);
        take("k", null);
        assertThat(read.conflicts()).isEmpty();
    }

    private static Map<String, Long> heard(long cutMs, String... replicas) {
        return Arrays.stream(replicas).collect(Collectors.toMap(replica -> replica, replica -> cutMs));
    }

    private void report(String key, long cutMs, VersionVector ofEu, VersionVector ofUs) {
        Conflict conflict = conflict(key, cutMs, ofEu, ofUs);
        take(key, CODEC.encode("c", ConflictEvents.event("shop", 5, conflict)));
    }

    private static Conflict conflict(String key, long cutMs, VersionVector ofEu, VersionVector ofUs) {
        Hash128 hash = new Hash128(1, 2);
        EntrySummary live = new EntrySummary(hash, 4, ofEu, 100, 110, Entry.NEVER, false, new Hash128(3, 4), false);
        EntrySummary deleted = new EntrySummary(hash, 4, ofUs, 100, 120, Entry.NEVER, true, Hash128.ZERO, false);
        return new Conflict(
                bytes(key),
                hash,
                cutMs,
                "eu",
                Conflict.Reason.NO_WINNER,
                List.of(new Conflict.Side(List.of("ap", "eu"), live), new Conflict.Side(List.of("us"), deleted)),
                Map.of("ap", cutMs, "eu", cutMs, "us", cutMs));
    }

    private void reportAs(String reporter, long cutMs, Map<String, Long> heardMs, Conflict.Side... sides) {
        Conflict conflict = new Conflict(
                bytes("k"), new Hash128(1, 2), cutMs, reporter, Conflict.Reason.NO_WINNER, List.of(sides), heardMs);
        byte[] recordKey = new ConflictKey(reporter, 5, bytes("k")).encode();
        take(recordKey, CODEC.encode("c", ConflictEvents.event("shop", 5, conflict)));
    }

    private static Conflict.Side side(long version, String... replicas) {
        return new Conflict.Side(
                List.of(replicas),
                new EntrySummary(new Hash128(1, 2), version, 100, 110, Entry.NEVER, false, new Hash128(version, 4)));
    }

    private static OpenConflict.Side listed(long version, String... replicas) {
        return new OpenConflict.Side(List.of(replicas), new EntryView(version, null, 100, false, "00000000"));
    }

    /** Under the record key of earlier versions. */
    private void take(String key, byte[] value) {
        take(bytes(key), value);
    }

    private void take(byte[] recordKey, byte[] value) {
        read.take(new ConsumerRecord<>("c", 0, 0, recordKey, value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Each hint where its cause is the likely one, and no hint where writes are lost in a way that looks alike. */
class AuditHintsTest {

    private static final Optional<Entry> NOTHING = Optional.empty();

    private final List<PartitionSummary> partitions = new ArrayList<>();
    private final List<DivergentKey> keys = new ArrayList<>();
    private final TreeMap<String, String> formats = new TreeMap<>(Map.of("eu", "trueup", "us", "trueup"));
    private String at = "latest";

    // another topic

    @Test
    void shouldNameThePartitionsOfATopicThatHasNoRecord() {
        for (int partition : new int[] {0, 4, 5, 6}) {
            partition("eu", partition, 9, 9, 9);
            partition("us", partition, 0, 0, 0);
        }

        assertThat(hints())
                .containsExactly("Replica us holds nothing: orders.us has no record in what was read of it (partitions"
                        + " 0,4-6, latest). Check the name of the topic.");
    }

    @Test
    void shouldNotConcludeFromSomeKeysThatAReplicaHoldsNothing() {
        partitions.add(summary("eu", 0, 9, 9, 3, 0, Optional.empty()));
        partitions.add(summary("us", 0, 0, 0, 0, 0, Optional.empty()));

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotDoubtTheNameOfATopicWhoseContentsAreLost() {
        partition("eu", 0, 9, 9, 9);
        partition("us", 0, 9, 9, 0); // everything was deleted
        assertThat(hints()).isEmpty();

        partitions.clear();
        partition("eu", 0, 9, 9, 9);
        partition("us", 0, 9, 0, 0); // its records were deleted by retention, or are later than the moment asked for
        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotDoubtTheNameOfATopicBecauseOfPartitionsInWhichNobodyHoldsAnything() {
        partition("eu", 0, 9, 9, 9);
        partition("us", 0, 9, 9, 9);
        partition("ap", 1, 0, 0, 0);
        partition("eu", 1, 0, 0, 0);

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNameTheMomentUpToWhichATopicHasNoRecord() {
        at = "at the offsets given";
        partition("eu", 0, 9, 9, 9);
        partition("us", 0, 0, 0, 0);

        assertThat(hints()).singleElement().asString().contains("(partitions 0, at the offsets given)");
    }

    // another format

    @Test
    void shouldProposeThePlainFormatWhereNoRecordIsAWriteEvent() {
        partitions.add(summary("us", 0, 9, 9, 9, 9, Optional.of(Hash128.ZERO)));

        assertThat(hints())
                .singleElement()
                .asString()
                .startsWith("No record of orders.us")
                .contains("--format plain");
    }

    @Test
    void shouldNotProposeTheFormatInWhichNothingCanBeRead() {
        for (String format : List.of("plain", "debezium-json")) {
            formats.put("us", format);
            partitions.add(summary("us", 0, 9, 9, 9, 9, Optional.of(Hash128.ZERO)));

            assertThat(hints()).as(format).isEmpty();
        }
    }

    // another partitioner

    @Test
    void shouldNoticeThatOneReplicaHoldsKeysInOtherPartitionsThanTheOther() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, i, Map.of("eu", live(1, "v"), "us", NOTHING));
            key("key" + i, i + 1, Map.of("eu", NOTHING, "us", live(1, "v")));
        }

        assertThat(hints()).singleElement().asString().startsWith("10 of 10 listed keys occur in several partitions");
    }

    @Test
    void shouldNotTakeKeysThatOneReplicaHasInTwoPartitionsAndTheOtherHasLostForAnotherPartitioner() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, i, Map.of("eu", live(1, "v"), "us", NOTHING));
            key("key" + i, i + 1, Map.of("eu", live(1, "v"), "us", NOTHING));
        }

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotTakeKeysThatOneReplicaHasInTwoPartitionsForAnotherPartitionerOfTheOther() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, i, Map.of("eu", live(2, "new"), "us", live(1, "old")));
            key("key" + i, i + 1, Map.of("eu", live(1, "v"), "us", NOTHING));
        }

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotTakeALostDeleteForAnotherPartitioner() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, i, Map.of("eu", dead(State.DELETED), "us", live(1, "v")));
            key("key" + i, i + 1, Map.of("eu", dead(State.DELETED), "us", NOTHING));
        }

        assertThat(hints()).isEmpty();
    }

    // versions of each side

    @Test
    void shouldProposeToCompareValuesThatAreTheSameUnderOtherVersions() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, 0, Map.of("eu", live(1, "v"), "us", live(2, "v")));
        }

        assertThat(hints())
                .singleElement()
                .asString()
                .startsWith("In 10 of 10 listed keys all replicas hold the same value under different versions");
    }

    @Test
    void shouldNotProposeToCompareValuesWhereUpdatesOfTheExpiryAreLost() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, 0, Map.of("eu", live(1, "{}", 5_000), "us", live(1, "{}", 9_000)));
        }

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotProposeToCompareValuesWhereDeletesAreLost() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, 0, Map.of("ap", live(2, "v"), "eu", dead(State.DELETED), "us", live(1, "v")));
        }

        assertThat(hints()).isEmpty();
    }

    // documents

    @Test
    void shouldProposeToCompareDocumentsThatAreWrittenInOtherWays() {
        for (int i = 0; i < 10; i++) {
            key("key" + i, 0, Map.of("eu", live(1, "{\"a\":1,\"b\":2}"), "us", live(1, "{\"b\":2, \"a\":1.0}")));
        }

        assertThat(hints())
                .singleElement()
                .asString()
                .startsWith("In 10 of 10 listed keys the values are the same JSON document");
    }

    @Test
    void shouldProposeToCompareRecordsThatDifferInTheIdsOfTheirSchemas() {
        for (int i = 0; i < 10; i++) {
            String lost = i == 9 ? "y" : "x";
            key("key" + i, 0, Map.of("eu", live(1, "\0\0\0\0\7x"), "us", live(1, "\0\0\0\0\10" + lost)));
        }
        assertThat(hints())
                .singleElement()
                .asString()
                .startsWith("In 9 of 10 listed keys the values differ in nothing but the id of a schema")
                .contains("--canonical avro")
                .contains("schema.registry.url");

        keys.clear();
        for (int i = 0; i < 10; i++) {
            key("key" + i, 0, Map.of("eu", live(1, "\0\0\0\0\7x"), "us", live(1, "\0\0\0\0\7y")));
        }
        assertThat(hints()).as("other records of one schema").isEmpty();
    }

    @Test
    void shouldNotProposeToCompareDocumentsWhereMostKeysAreLost() {
        for (int i = 0; i < 4; i++) {
            key("both" + i, 0, Map.of("eu", live(1, "{\"a\":1}"), "us", live(1, "{\"a\":1.0}")));
        }
        for (int i = 0; i < 10; i++) {
            key("lost" + i, 0, Map.of("eu", live(1, "{\"a\":1}"), "us", NOTHING));
        }

        assertThat(hints()).isEmpty();
    }

    @Test
    void shouldNotProposeToCompareDocumentsThatOneReplicaHasDeletedOrNotShown() {
        for (int i = 0; i < 10; i++) {
            Optional<Entry> third = i % 2 == 0 ? dead(State.DELETED) : withoutValue();
            key("key" + i, 0, Map.of("ap", third, "eu", live(1, "{\"a\":1}"), "us", live(1, "{\"a\":1.0}")));
        }

        assertThat(hints()).isEmpty();
    }

    private List<String> hints() {
        return AuditHints.of(new AuditResult(
                formats,
                new AuditResult.Moment(at, 1_000, Duration.ZERO),
                false,
                List.of(),
                List.of(),
                partitions,
                keys.size(),
                0,
                keys,
                List.of(),
                "0123456789abcdef",
                new AuditResult.Effort(0, 0, 0, 0, 0, 1)));
    }

    private void partition(String replica, int partition, long end, long records, long live) {
        partitions.add(summary(replica, partition, end, records, live, 0, Optional.of(Hash128.ZERO)));
    }

    private static PartitionSummary summary(
            String replica, int partition, long end, long records, long live, long unreadable, Optional<Hash128> root) {
        return new PartitionSummary(
                new ReplicaPartition(replica, partition),
                "orders." + replica,
                0,
                end,
                records,
                live,
                0,
                0,
                unreadable,
                1_000,
                root);
    }

    private void key(String key, int partition, Map<String, Optional<Entry>> entries) {
        keys.add(new DivergentKey(
                key.getBytes(UTF_8), partition, new TreeMap<>(entries), List.of(), List.of(), null, null));
    }

    private static Optional<Entry> live(long version, String value) {
        return entry(version, State.LIVE, Optional.empty(), Optional.of(value));
    }

    private static Optional<Entry> live(long version, String value, long expiryMs) {
        return entry(version, State.LIVE, Optional.of(expiryMs), Optional.of(value));
    }

    private static Optional<Entry> withoutValue() {
        return entry(1, State.LIVE, Optional.empty(), Optional.empty());
    }

    private static Optional<Entry> dead(State state) {
        return entry(2, state, Optional.empty(), Optional.empty());
    }

    private static Optional<Entry> entry(long version, State state, Optional<Long> expiryMs, Optional<String> value) {
        return Optional.of(new Entry(
                version,
                Optional.empty(),
                1,
                state,
                expiryMs,
                new Hash128(0, value.orElse("").hashCode()),
                0,
                value.map(text -> text.getBytes(UTF_8)),
                new Place("orders", 0, 1, 1)));
    }
}

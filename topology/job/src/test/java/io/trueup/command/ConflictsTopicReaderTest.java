package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.report.ConflictEvents;
import io.trueup.schema.ConflictEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
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

        Choice choice = read.choice(bytes("k"), "ap", 99);

        assertThat(choice.replica()).isEqualTo("ap");
        assertThat(choice.version()).isEqualTo(4);
        assertThat(choice.merged()).hasToString("eu=3,us=2");
        assertThat(read.partition(bytes("k"))).isEqualTo(5);
    }

    @Test
    void shouldChooseWithoutAVectorWhereVersionsAreNumbers() {
        report("k", 1_000, null, null);

        assertThat(read.choice(bytes("k"), "us", 99).merged()).isNull();
    }

    @Test
    void shouldRefuseAChoiceThatDecidesNothing() {
        report("k", 1_000, OF_EU, OF_US);

        assertThatThrownBy(() -> read.choice(bytes("k"), "jp", 99))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("choose one of ap, eu, us");
        assertThatThrownBy(() -> read.choice(bytes("other"), "eu", 99))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("in no conflict");
    }

    @Test
    void shouldSkipRecordsThatAreNoConflictOfTheDataset() {
        take("broken", bytes("not Avro"));
        read.take(new ConsumerRecord<>("c", 0, 1, null, new byte[0]));
        Conflict conflict = conflict("k", 1_000, OF_EU, OF_US);
        take("foreign", CODEC.encode("c", ConflictEvents.event("other", "eu", 5, conflict)));

        assertThat(read.conflicts()).isEmpty();
    }

    private void report(String key, long cutMs, VersionVector ofEu, VersionVector ofUs) {
        Conflict conflict = conflict(key, cutMs, ofEu, ofUs);
        take(key, CODEC.encode("c", ConflictEvents.event("shop", "eu", 5, conflict)));
    }

    private static Conflict conflict(String key, long cutMs, VersionVector ofEu, VersionVector ofUs) {
        Hash128 hash = new Hash128(1, 2);
        EntrySummary live = new EntrySummary(hash, 4, ofEu, 100, 110, Entry.NEVER, false, new Hash128(3, 4));
        EntrySummary deleted = new EntrySummary(hash, 4, ofUs, 100, 120, Entry.NEVER, true, Hash128.ZERO);
        return new Conflict(
                bytes(key),
                hash,
                cutMs,
                Conflict.Reason.NO_WINNER,
                List.of(new Conflict.Side(List.of("ap", "eu"), live), new Conflict.Side(List.of("us"), deleted)));
    }

    private void take(String key, byte[] value) {
        read.take(new ConsumerRecord<>("c", 0, 0, bytes(key), value));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

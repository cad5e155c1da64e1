package io.trueup.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.schema.ControlMessage;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlCodecTest {

    private static final String TOPIC = "control";
    private static final Evidence EVIDENCE = new Evidence(1, 2, Progress.GROUP, 3, 4, 5, 6);

    private final ControlCodec codec = codec("cities");

    @Test
    void shouldReadBackARoot() throws Exception {
        Message message = message(new Root(new Hash128(Long.MIN_VALUE, 7), 12, EVIDENCE, true, false));

        assertThat(readBack(message)).isEqualTo(message);
    }

    @Test
    void shouldReadBackTheCommandsThatARootCarries() throws Exception {
        List<Message.Pause> pauses = List.of(
                new Message.Pause("us", true, 9, "id"), new Message.Pause(Message.Pause.ALL, false, 8, "other"));
        Message message = message(new Root(Hash128.ZERO, 0, EVIDENCE, false, true, pauses));

        assertThat(readBack(message)).isEqualTo(message);
    }

    @Test
    void shouldReadBackWhatIsNotKnownAsNone() throws Exception {
        Message message = message(new Root(Hash128.ZERO, 0, Evidence.of(Evidence.NONE, Evidence.NONE), false, true));

        assertThat(readBack(message)).isEqualTo(message);
    }

    @Test
    void shouldReadBackCommands() throws Exception {
        for (Message.Body body : List.of(
                new Message.Approval("us", Message.Scope.UNPROVEN, 9),
                new Message.Complete("us", 9),
                new Message.Pause("us", true, 9, "id"),
                new Message.Pause(Message.Pause.ALL, false, 9, "id"),
                new Message.Rebuilding(1, 2, 3))) {
            assertThat(readBack(message(body))).isEqualTo(message(body));
        }
    }

    @Test
    void shouldReadBackSymbols() throws Exception {
        byte[] bytes = new byte[2 * Sketch.SYMBOL_BYTES];
        Arrays.setAll(new int[bytes.length], i -> bytes[i] = (byte) i);
        for (List<Integer> segments : List.of(List.<Integer>of(), List.of(0, 5, 1 << 19))) {
            Message message = message(new Message.Symbols(segments, 12, bytes));

            assertThat(readBack(message)).usingRecursiveComparison().isEqualTo(message);
        }
    }

    @Test
    void shouldReadBackTheEntriesOfSingleKeys() throws Exception {
        EntrySummary live = new EntrySummary(new Hash128(1, 2), 3, 4, 5, 6, false, new Hash128(7, 8));
        EntrySummary dead = new EntrySummary(new Hash128(2, 2), 3, 4, 5, Entry.NEVER, true, Hash128.ZERO);
        Message message = message(new Message.Entries(List.of(live, dead), List.of(new Hash128(9, 0))));

        assertThat(readBack(message)).isEqualTo(message);
    }

    @Test
    void shouldReadBackAChoiceOfAbsence() throws Exception {
        Message message = message(new Message.Choice(new byte[] {7}, "us", Long.MIN_VALUE, Hash128.ZERO, null, 9));

        assertThat(readBack(message)).usingRecursiveComparison().isEqualTo(message);
    }

    @Test
    void shouldReadBackALevel() throws Exception {
        long[] hashes = new long[2 * 2 * 16];
        Arrays.setAll(hashes, i -> i * 0x9E3779B97F4A7C15L);
        Message message = message(new Level(4, 8, new int[] {3, 9}, hashes));

        Message read = readBack(message);

        assertThat(read).usingRecursiveComparison().isEqualTo(message);
    }

    @Test
    void shouldReadBackLiveExpiringAndDeletedEntries() throws Exception {
        Message message = message(new Segment(
                5,
                1,
                3,
                List.of(
                        new EntrySummary(new Hash128(1, 2), 3, 4, 5, Entry.NEVER, false, new Hash128(6, 7)),
                        new EntrySummary(new Hash128(2, 2), -3, 4, 5, 99, false, new Hash128(-6, 7)),
                        new EntrySummary(new Hash128(-1, 2), 8, 9, 10, Entry.NEVER, true, Hash128.ZERO))));

        assertThat(readBack(message)).isEqualTo(message);
    }

    @Test
    void shouldRefuseALevelWhoseHashesDoNotFitItsParents() {
        byte[] encoded = codec.encode(TOPIC, message(new Level(0, 4, new int[] {0}, new long[2 * 15])));

        assertThatThrownBy(() -> codec.decode(TOPIC, encoded))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("240 bytes")
                .hasMessageContaining("level 4 below 1 nodes at level 0");
    }

    @Test
    void shouldRefuseALevelThatClaimsToDescendFurtherThanAnyTree() {
        byte[] encoded = codec.encode(TOPIC, message(new Level(0, Integer.MAX_VALUE, new int[] {0}, new long[2])));

        assertThatThrownBy(() -> codec.decode(TOPIC, encoded)).isInstanceOf(MalformedRecordException.class);
    }

    @Test
    void shouldRefuseAMessageOfAnotherDataset() {
        byte[] encoded = codec("rivers").encode(TOPIC, message(new Root(Hash128.ZERO, 0, EVIDENCE, false, false)));

        assertThatThrownBy(() -> codec.decode(TOPIC, encoded))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining("dataset \"rivers\"");
    }

    private Message readBack(Message message) throws MalformedRecordException {
        return codec.decode(TOPIC, codec.encode(TOPIC, message));
    }

    private static ControlCodec codec(String dataset) {
        return new ControlCodec(dataset, SingleObjectCodec.of(ControlMessage.class));
    }

    private static Message message(Message.Body body) {
        return new Message("eu", 3, 1_790_000_000_000L, 77, -5, body);
    }
}

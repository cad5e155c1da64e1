package io.trueup.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.RoundReport;
import io.trueup.schema.SegmentEntry;
import io.trueup.topic.Place;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyHistoryTest {

    private static final Hash128 KEY = new Hash128(7, 8);
    private static final SingleObjectCodec<ControlMessage> CODEC = SingleObjectCodec.of(ControlMessage.class);

    private final List<String> shown = new ArrayList<>();
    private final KeyHistory history = new KeyHistory("key".getBytes(UTF_8), KEY, false, new KeyHistory.Listener() {
        @Override
        public void shown(Place place, ControlMessage message, SegmentEntry entry) {
            shown.add(message.getReplica() + " " + (entry == null ? "nothing" : "version " + entry.getVersion()));
        }

        @Override
        public void repair(Event.RepairEmitted event) {}

        @Override
        public void wrote(Event.EntryWritten event, Event.RepairEmitted answered) {}

        @Override
        public void probed(Place place, ControlMessage message) {}

        @Override
        public void chosen(Place place, Choice choice) {}

        @Override
        public void differs(Place place, RoundReport report, DivergentKey finding) {}

        @Override
        public void disputed(Place place, ConflictEvent conflict) {}
    });

    private static EntrySummary entry(Hash128 keyHash, long version) {
        return new EntrySummary(keyHash, version, 2, 3, Entry.NEVER, false, new Hash128(4, 5));
    }

    private void take(String replica, Message.Body body) throws Exception {
        byte[] encoded =
                new ControlCodec("cities", CODEC).encode("control", new Message(replica, 0, 1_000, 0, 0, body));
        history.take(new Event.ControlSent(null, CODEC.decode("control", encoded), encoded.length));
    }

    @Test
    void shouldShowWhatReplicasHoldOfAKeyThatASketchHasShown() throws Exception {
        take("eu", new Message.Entries(List.of(entry(KEY, 2), entry(new Hash128(9, 9), 3)), List.of()));
        take("us", new Message.Entries(List.of(), List.of(new Hash128(9, 0), new Hash128(KEY.hi(), 0))));
        take("ap", new Message.Entries(List.of(entry(new Hash128(9, 9), 3)), List.of(new Hash128(10, 0))));

        assertThat(shown).containsExactly("eu version 2", "us nothing");
    }

    @Test
    void shouldShowWhatReplicasHoldOfAKeyInASegment() throws Exception {
        take("eu", new Message.Segment(0, 0, 1, List.of(entry(KEY, 2), entry(new Hash128(9, 9), 3))));

        assertThat(shown).containsExactly("eu version 2");
    }
}

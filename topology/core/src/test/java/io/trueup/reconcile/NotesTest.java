package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Finding.Disagreement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.EntryTree;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Windows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stored form of what a restart must not lose. */
class NotesTest {

    private static final Hash128 HASH = new Hash128(1, 2);
    private static final byte[] KEY = "key".getBytes(UTF_8);
    private static final Disagreement DISAGREEMENT = new Disagreement(
            Conflict.Reason.NO_WINNER,
            List.of(side("eu", 7, null), side("us", 5, VersionVector.of(Map.of("us", 5L)))),
            Set.of("eu", "us"),
            Set.of());

    private final MapTable table = new MapTable();
    private final List<Conflict> reports = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "guard/us",
                "outage/us",
                "choice/00000000000000010000000000000002",
                "conflict/00000000000000010000000000000002"
            })
    void shouldRefuseANoteThatItCannotRead(String name) {
        byte version = (byte) (name.startsWith("choice/") ? 2 : 1);
        for (byte[] broken : List.of(new byte[0], new byte[] {version, 0, 0})) {
            table.note(name, broken);

            assertThatThrownBy(this::open)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(name);
        }
    }

    /** It does not say what the person had seen. */
    @Test
    void shouldForgetAChoiceThatAnEarlierVersionHasNoted() {
        String name = "choice/00000000000000010000000000000002";
        table.note(name, new byte[] {1, 0, 0});

        open();

        assertThat(table.note(name)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"guard/", "outage/", "choice/", "conflict/"})
    void shouldRefuseANoteOfALaterFormat(String prefix) {
        ReconcilerState state = open();
        state.guard().approve("us", 1_000, 0);
        state.outages().seen("us", 1, 2, 3);
        state.choices().chosen(HASH, new Message.Choice(KEY, "us", 7, Hash128.ZERO, null, 1_000), 500);
        state.conflicts().stands(HASH, KEY, DISAGREEMENT, List.of("eu", "us"), 1_000);
        table.notes(prefix).forEach((name, note) -> {
            byte[] later = note.clone();
            later[0] = 9;
            table.note(name, later);
        });

        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(prefix)
                .hasMessageContaining("format 9");
    }

    @Test
    void shouldRefuseAFormerNoteOfConflictsThatItCannotRead() {
        table.note("conflicts", new byte[] {1, 2, 3});

        assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining("conflicts");
    }

    /** Up to now all reported conflicts were noted together. */
    @Test
    void shouldReplaceTheFormerNoteOfConflicts() {
        ByteBuffer note = ByteBuffer.allocate(2 * (Hash128.BYTES + Integer.BYTES + KEY.length));
        for (Hash128 hash : List.of(HASH, new Hash128(3, 4))) {
            note.put(hash.toBytes()).putInt(KEY.length).put(KEY);
        }
        table.note("conflicts", note.array());

        open();
        assertThat(table.note("conflicts")).isNull();
        assertThat(table.notesOf("conflict/")).isEqualTo(2);
        open().conflicts().settle(HASH::equals, List.of("eu", "us"), 5);

        assertThat(reports).singleElement().satisfies(settled -> {
            assertThat(settled.key()).isEqualTo(KEY);
            assertThat(settled.keyHash()).isEqualTo(HASH);
            assertThat(settled.sides()).isEmpty();
        });
        assertThat(table.notesOf("conflict/")).isEqualTo(1);
    }

    /** A restart followed by a round in which not all were heard must not replace a full report by a part of it. */
    @Test
    void shouldKnowAfterARestartWhatReplicasHeldThatAreNotHeard() {
        open().conflicts().stands(HASH, KEY, DISAGREEMENT, List.of("eu", "us"), 1_000);
        Disagreement part =
                new Disagreement(Conflict.Reason.NO_WINNER, List.of(side("eu", 8, null)), Set.of("eu"), Set.of("us"));

        open().conflicts().stands(HASH, KEY, part, List.of("eu"), 2_000);

        assertThat(reports).hasSize(2);
        assertThat(reports.get(1).sides())
                .containsExactly(side("eu", 8, null), DISAGREEMENT.sides().get(1));
        assertThat(reports.get(1).heardMs()).isEqualTo(Map.of("eu", 2_000L, "us", 1_000L));
    }

    @Test
    void shouldReportAConflictThatStandsOnceMoreAfterARestart() {
        open().conflicts().stands(HASH, KEY, DISAGREEMENT, List.of("eu", "us"), 1_000);
        Conflicts conflicts = open().conflicts();

        conflicts.stands(HASH, KEY, DISAGREEMENT, List.of("eu", "us"), 2_000);
        conflicts.stands(HASH, KEY, DISAGREEMENT, List.of("eu", "us"), 3_000);

        assertThat(reports).extracting(Conflict::cutMs).containsExactly(1_000L, 2_000L);
    }

    /** Notes of the format before: a reported conflict without its sides, and a followed one. */
    @Test
    void shouldReadNotesWithoutTheContentOfTheReport() {
        Hash128 other = new Hash128(3, 4);
        FieldWriter reported = new FieldWriter().tag((byte) 1).tag((byte) 1).bytes(KEY);
        FieldWriter followed = new FieldWriter()
                .tag((byte) 1)
                .tag((byte) 0)
                .bytes(KEY)
                .text("ap")
                .text("eu");
        table.note("conflict/" + HASH, reported.toBytes());
        table.note("conflict/" + other, followed.toBytes());

        open().conflicts().settle(keyHash -> true, List.of("eu", "us"), 5);

        assertThat(reports)
                .extracting(Conflict::keyHash, Conflict::reporter)
                .containsExactlyInAnyOrder(tuple(HASH, "eu"), tuple(other, "ap"));
        assertThat(table.notesOf("conflict/")).isZero();
    }

    @Test
    void shouldKeepOneNoteForEachChoiceUntilItEnds() {
        open().choices().chosen(HASH, new Message.Choice(KEY, "us", 7, Hash128.ZERO, null, 1_000), 500);
        open().choices().chosen(new Hash128(3, 4), new Message.Choice(KEY, "eu", 8, Hash128.ZERO, null, 2_000), 500);
        assertThat(table.notesOf("choice/")).isEqualTo(2);

        ReconcilerState state = open();
        state.choices().expire(1_000);
        assertThat(table.notesOf("choice/")).isEqualTo(2);
        state.choices().expire(1_001);
        assertThat(table.notesOf("choice/")).isEqualTo(1);
        state.choices().expire(2_001);
        assertThat(table.notesOf("choice/")).isZero();
    }

    @Test
    void shouldForgetTheOldestOfTooManyChoices() {
        ReconcilerState state = open();
        for (int i = 0; i < 5_010; i++) {
            state.choices()
                    .chosen(
                            new Hash128(0, 9_999 - i),
                            new Message.Choice(KEY, "us", 7, Hash128.ZERO, null, 1_000 + i),
                            500);
        }

        assertThat(table.notesOf("choice/")).isEqualTo(5_000);
        assertThat(table.note("choice/" + new Hash128(0, 9_999))).isNull();
        open().choices().chosen(HASH, new Message.Choice(KEY, "us", 7, Hash128.ZERO, null, 9_000), 500);
        assertThat(table.note("choice/" + new Hash128(0, 9_989))).isNull();
        assertThat(table.notesOf("choice/")).isEqualTo(5_000);
    }

    @Test
    void shouldDropTheNoteOfAnApprovalThatHasEnded() {
        open().guard().approve("us", 1_000, 0);
        assertThat(table.notesOf("guard/")).isEqualTo(1);

        ReconcilerState state = open();
        state.guard().expire(1_000);
        assertThat(table.notesOf("guard/")).isEqualTo(1);
        state.guard().expire(1_001);
        assertThat(table.notesOf("guard/")).isZero();
    }

    private static Conflict.Side side(String replica, long version, VersionVector vector) {
        return new Conflict.Side(
                List.of(replica),
                new EntrySummary(HASH, version, vector, 10, 20, 30, false, new Hash128(version, 6), false));
    }

    /** As at a start. */
    private ReconcilerState open() {
        KeyedHash hash = new KeyedHash(TestSettings.SECRET);
        Windows windows = new Windows(1_000, 1_000);
        EntryTree tree = new EntryTree(hash, windows, 1, 0, false, table, false, 0, Long.MAX_VALUE);
        Outbox outbox = new Outbox() {
            @Override
            public void refused(Message message, String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public int publish(Message message) {
                return 0;
            }

            @Override
            public void repair(Repair repair) {}

            @Override
            public void conflict(Conflict conflict) {
                reports.add(conflict);
            }

            @Override
            public void filling(String target, long lacking, long entries, boolean held) {}

            @Override
            public void scanCompleted(String scan, long dropped) {}

            @Override
            public void report(RoundSummary summary) {}
        };
        Settings settings = TestSettings.settings("eu", "us");
        return ReconcilerState.of(
                new PartitionContext(settings, 0, hash, windows, table, tree, outbox),
                FloodTotals.NONE,
                RoundMemory.unlimited().open("eu", 0, 10_000));
    }
}

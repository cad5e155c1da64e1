package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.VersionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeyExchangeTest {

    private final List<Body> published = new ArrayList<>();

    /** A replica that holds some entries. */
    private record Holding(TreeMap<Hash128, EntrySummary> held) implements LocalSketches {

        static Holding of(EntrySummary... entries) {
            TreeMap<Hash128, EntrySummary> held = new TreeMap<>();
            for (EntrySummary entry : entries) {
                held.put(entry.keyHash(), entry);
            }
            return new Holding(held);
        }

        @Override
        public List<EntrySummary> key(long upperLane) {
            return List.copyOf(held.subMap(new Hash128(upperLane, 0), true, new Hash128(upperLane, -1), true)
                    .values());
        }

        @Override
        public long entries() {
            return held.size();
        }

        @Override
        public Sketch sketch() {
            return new Sketch(0);
        }

        @Override
        public Sketch sketch(List<Integer> segments, int symbols) {
            return new Sketch(symbols);
        }

        @Override
        public ElementHash elementHash() {
            return new KeyedHash(TestSettings.SECRET);
        }

        @Override
        public Hash128 node(int level, int index) {
            return Hash128.ZERO;
        }

        @Override
        public boolean isEmpty(int level, int index) {
            return held.isEmpty();
        }

        @Override
        public boolean holdsNothing(int level, int index) {
            return held.isEmpty();
        }

        @Override
        public boolean hasVectors() {
            return false;
        }

        @Override
        public int rows(int segment) {
            return held.size();
        }

        @Override
        public List<EntrySummary> segment(int index) {
            return List.copyOf(held.values());
        }
    }

    private static EntrySummary entry(long hi, long lo) {
        return new EntrySummary(new Hash128(hi, lo), 1, 2, 3, Entry.NEVER, false, new Hash128(4, 5));
    }

    private KeyExchange exchange(int maxEntriesPerMessage, EntrySummary... held) {
        return new KeyExchange(
                TestSettings.bounded(TestSettings.settings("eu", "us"), 256, maxEntriesPerMessage),
                2,
                Holding.of(held),
                published::add,
                RoundMemory.unlimited().open("eu", 0, 10_000));
    }

    @Test
    void shouldSendWhatIsHeldAndWhatIsNot() {
        KeyExchange keys = exchange(100, entry(7, 1), entry(9, 1));

        keys.send(List.of(7L, 8L));

        assertThat(published).containsExactly(new Entries(List.of(entry(7, 1)), List.of(new Hash128(8, 0))));
        assertThat(keys.heard(7)).isEqualTo(Map.of("eu", List.of(entry(7, 1))));
        assertThat(keys.heard(8)).isEqualTo(Map.of("eu", List.of()));
    }

    /** With 10^9 keys, two of them share 64 bits of their hashes in three of 100 cases. */
    @Test
    void shouldCompareBothKeysOfOneUpperLane() {
        KeyExchange keys = exchange(100, entry(7, 1), entry(7, 2));

        assertThat(keys.receive("us", new Entries(List.of(entry(7, 2)), List.of())))
                .containsExactly(7L);

        assertThat(published).containsExactly(new Entries(List.of(entry(7, 1), entry(7, 2)), List.of()));
        assertThat(keys.heard(7))
                .isEqualTo(Map.of("eu", List.of(entry(7, 1), entry(7, 2)), "us", List.of(entry(7, 2))));
    }

    @Test
    void shouldAnswerEachKeyOnce() {
        KeyExchange keys = exchange(100, entry(7, 1));
        keys.send(List.of(7L));

        keys.receive("us", new Entries(List.of(), List.of(new Hash128(7, 1))));
        keys.send(List.of(7L));

        assertThat(published).hasSize(1);
    }

    @Test
    void shouldIgnoreWhatIsHeardOfAKeyThatIsResolved() {
        KeyExchange keys = exchange(100, entry(7, 1));
        keys.send(List.of(7L));
        keys.resolve(7, Map.of("eu", List.of(entry(7, 1)), "us", List.of()));

        keys.receive("us", new Entries(List.of(entry(7, 1)), List.of()));

        assertThat(keys.pending()).isEmpty();
        assertThat(keys.heard(7)).isEmpty();
    }

    @Test
    void shouldForgetWhatAReplicaHasSentBeforeItStartedAgain() {
        KeyExchange keys = exchange(100, entry(7, 1));
        keys.receive("us", new Entries(List.of(entry(7, 1)), List.of()));

        keys.forget("us");

        assertThat(keys.heard(7)).containsOnlyKeys("eu");
    }

    @Test
    void shouldExpectAnOwnerThatAnswersAfterAKeyWasResolvedWithoutIt() {
        KeyExchange keys = new KeyExchange(
                TestSettings.settings("ap", "eu", "us"),
                3,
                Holding.of(entry(7, 1)),
                published::add,
                RoundMemory.unlimited().open("eu", 0, 10_000));
        keys.receive("eu", new Entries(List.of(entry(7, 1)), List.of()));
        keys.resolve(7, keys.heard(7));
        assertThat(keys.pending()).isEmpty();

        keys.receive("us", new Entries(List.of(), List.of(new Hash128(7, 0))));

        assertThat(keys.pending()).containsExactly(7L);
        assertThat(keys.heard(7)).containsOnlyKeys("ap", "eu", "us");
        assertThat(keys.resolved()).as("what was compared remains so").containsExactly(7L);

        keys.resolve(7, keys.heard(7));
        keys.receive("us", new Entries(List.of(entry(7, 1)), List.of()));
        assertThat(keys.pending()).as("all were heard").isEmpty();
    }

    /** A list of keys without end must not make a replica read its whole table, nor remember them. */
    @Test
    void shouldAnswerNoMoreKeysOfAPeerThanItsSketchesDecode() {
        KeyExchange keys = new KeyExchange(
                TestSettings.settings("eu", "us")
                        .changed()
                        .maxEntriesPerRound(1_000)
                        .build(),
                2,
                Holding.of(),
                published::add,
                RoundMemory.unlimited().open("eu", 0, 10_000));
        int most = 2 * (1_000 + MessageCheck.MAX_SYMBOLS);

        for (int from = 0; from < most + 5_000; from += 5_000) {
            List<Hash128> absent = LongStream.range(from, from + 5_000)
                    .mapToObj(key -> new Hash128(key, 0))
                    .toList();
            keys.receive("us", new Entries(List.of(), absent));
        }

        assertThat(published.stream()
                        .mapToInt(body -> ((Entries) body).absent().size())
                        .sum())
                .isEqualTo(most);
        assertThat(keys.pending()).hasSize(most);
    }

    @Test
    void shouldSendNoMoreKeysInAMessageThanAllowed() {
        KeyExchange keys = exchange(3, entry(2, 1), entry(4, 1), entry(5, 1));

        keys.send(LongStream.range(0, 8).boxed().toList());

        assertThat(published).hasSize(3);
        assertThat(published.stream()
                        .map(Entries.class::cast)
                        .mapToInt(entries ->
                                entries.entries().size() + entries.absent().size()))
                .containsExactly(3, 3, 2);
    }

    @Test
    void shouldSendNoMoreBytesInAMessageThanAllowed() {
        TreeMap<String, Long> counters = new TreeMap<>();
        for (int writer = 0; writer < 1_000; writer++) {
            counters.put("a writer with a long name " + writer, 1L);
        }
        VersionVector vector = VersionVector.of(counters);
        EntrySummary[] held = LongStream.range(0, 40)
                .mapToObj(key -> new EntrySummary(
                        new Hash128(key, 1), vector.total(), vector, 2, 3, Entry.NEVER, false, Hash128.ZERO, false))
                .toArray(EntrySummary[]::new);
        KeyExchange keys = exchange(100, held);

        keys.send(LongStream.range(0, 40).boxed().toList());

        assertThat(published)
                .hasSizeGreaterThan(1)
                .allSatisfy(body -> assertThat(((Entries) body)
                                .entries().stream()
                                        .mapToInt(EntrySummary::maxBytes)
                                        .sum())
                        .isLessThanOrEqualTo(Message.MAX_ENTRIES_BYTES));
    }
}

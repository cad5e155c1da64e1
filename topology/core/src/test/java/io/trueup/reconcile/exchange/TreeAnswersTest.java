package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TreeAnswersTest {

    private final List<Body> published = new ArrayList<>();

    @Test
    void shouldSendASegmentInChunksOfBoundedNumber() {
        List<Segment> chunks = publish(2_500, null);

        assertThat(chunks).extracting(chunk -> chunk.entries().size()).containsExactly(1_000, 1_000, 500);
    }

    @Test
    void shouldSendASegmentOfLargeVectorsInChunksOfBoundedSize() {
        Map<String, Long> counters = new TreeMap<>();
        for (int writer = 0; writer < 100; writer++) {
            counters.put("a writer with a long name, number " + writer, 1L + writer);
        }

        List<Segment> chunks = publish(300, VersionVector.of(counters));

        assertThat(chunks)
                .hasSizeGreaterThan(2)
                .allSatisfy(chunk -> assertThat(chunk.entries().stream()
                                .mapToInt(EntrySummary::maxBytes)
                                .sum())
                        .isLessThanOrEqualTo(Message.MAX_ENTRIES_BYTES));
        assertThat(chunks.stream().flatMap(chunk -> chunk.entries().stream())).hasSize(300);
    }

    @Test
    void shouldSendAnEmptySegmentAsOneChunk() {
        assertThat(publish(0, null))
                .singleElement()
                .satisfies(chunk -> assertThat(chunk.entries()).isEmpty());
    }

    private List<Segment> publish(int entries, VersionVector vector) {
        List<EntrySummary> held = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            held.add(new EntrySummary(
                    new Hash128(0, i), 1, vector, 10, 20, Entry.NEVER, false, new Hash128(1, i), false));
        }
        new TreeAnswers(TestSettings.settings("eu", "us"), new Holding(held), published::add).segment(0);
        List<Segment> chunks = new ArrayList<>();
        published.forEach(body -> chunks.add((Segment) body));
        assertThat(chunks).extracting(Segment::chunks).containsOnly(chunks.size());
        return chunks;
    }

    private record Holding(List<EntrySummary> entries) implements LocalTree {

        @Override
        public Hash128 node(int level, int index) {
            return new Hash128(1 + level, 1 + index);
        }

        @Override
        public boolean isEmpty(int level, int index) {
            return entries.isEmpty();
        }

        @Override
        public boolean holdsNothing(int level, int index) {
            return entries.isEmpty();
        }

        @Override
        public boolean hasVectors() {
            return false;
        }

        @Override
        public int rows(int segment) {
            return segment(segment).size();
        }

        @Override
        public List<EntrySummary> segment(int index) {
            return entries;
        }
    }
}

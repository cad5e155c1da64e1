package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PendingSegmentTest {

    private static final int MANY = 1 << 20;

    private final PendingSegment pending = new PendingSegment();

    @Property
    void shouldBeWholeOnceEachChunkWasHeardInAnyOrderAndAnyNumberOfTimes(
            @ForAll @IntRange(min = 1, max = 20) int chunks, @ForAll long seed) {
        Random random = new Random(seed);
        PendingSegment of = new PendingSegment();
        List<Segment> order = new ArrayList<>();
        List<EntrySummary> entries = new ArrayList<>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            Segment segment = chunk(chunk, chunks);
            entries.addAll(segment.entries());
            order.addAll(Collections.nCopies(1 + random.nextInt(3), segment));
        }
        Collections.shuffle(order, random);
        List<Integer> left = new ArrayList<>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            left.add(chunk);
        }
        for (Segment segment : order) {
            of.check("us", segment);
            of.add("us", segment);
            left.remove((Integer) segment.chunk());
            assertThat(of.isWhole("us")).isEqualTo(left.isEmpty());
        }
        assertThat(of.whole().get("us")).isEqualTo(entries);
    }

    /** Twenty messages that each claim a million chunks pinned 209 MB. */
    @Test
    void shouldTakeUpMemoryForTheChunksHeardAndNotForThoseClaimed() {
        Runtime runtime = Runtime.getRuntime();
        List<PendingSegment> segments = new ArrayList<>();
        System.gc();
        long before = runtime.totalMemory() - runtime.freeMemory();
        for (int i = 0; i < 20; i++) {
            PendingSegment segment = new PendingSegment();
            segment.add("us", chunk(7, MANY));
            segments.add(segment);
        }
        System.gc();
        long used = runtime.totalMemory() - runtime.freeMemory() - before;

        assertThat(segments).noneMatch(segment -> segment.isWhole("us"));
        assertThat(used).isLessThan(10L << 20);
    }

    @Test
    void shouldRefuseAChunkOfAnotherNumberOfChunks() {
        pending.add("us", chunk(0, 3));

        assertThatThrownBy(() -> pending.check("us", chunk(1, 2)))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessage("segment 5 has 2 chunks here, and 3 in an earlier message");
        assertThatCode(() -> pending.check("ap", chunk(1, 2))).doesNotThrowAnyException();

        pending.forget("us");
        assertThatCode(() -> pending.check("us", chunk(1, 2))).doesNotThrowAnyException();
    }

    private static Segment chunk(int chunk, int chunks) {
        Hash128 keyHash = new Hash128(0, chunk);
        return new Segment(
                5, chunk, chunks, List.of(new EntrySummary(keyHash, 1, 0, 0, Entry.NEVER, false, new Hash128(1, 1))));
    }
}

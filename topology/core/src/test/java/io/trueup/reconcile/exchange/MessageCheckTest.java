package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.sketch.Sketch;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import io.trueup.tree.Windows;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A tree of 256 segments; a message descends at most 4 levels. */
class MessageCheckTest {

    private static final int BITS = 8;
    private static final int MAX_CHUNKS = 1 << 20;

    private final MessageCheck check = new MessageCheck(
            TestSettings.settings("eu", "us"),
            new EntryTree(
                    new KeyedHash(TestSettings.SECRET),
                    new Windows(10_000, 1_000),
                    BITS,
                    0,
                    false,
                    new MapTable(),
                    false,
                    0,
                    100));

    static Stream<Arguments> invalid() {
        return Stream.of(
                Arguments.of(level(-1, 0, 0), "levels -1 and 0 do not lie within a stride of 4"),
                Arguments.of(level(4, 4, 0), "levels 4 and 4 do not lie within a stride of 4"),
                Arguments.of(level(0, 5, 0), "levels 0 and 5 do not lie within a stride of 4"),
                Arguments.of(level(5, 9, 0), "level 9 lies below the leaves"),
                Arguments.of(new Level(4, 8, new int[] {3}, new long[30]), "15 hashes do not fit 1 parents"),
                Arguments.of(level(4, 8, -1), "there is no node -1 at level 4"),
                Arguments.of(level(4, 8, 16), "there is no node 16 at level 4"),
                Arguments.of(segment(-1, 0, 1), "there is no segment -1"),
                Arguments.of(segment(256, 0, 1), "there is no segment 256"),
                Arguments.of(segment(3, -1, 1), "there is no chunk -1 of 1"),
                Arguments.of(segment(3, 1, 1), "there is no chunk 1 of 1"),
                Arguments.of(segment(3, 0, MAX_CHUNKS + 1), "there is no chunk 0 of " + (MAX_CHUNKS + 1)),
                Arguments.of(segment(3, 0, 2), "chunk 0 of 2 is empty"),
                Arguments.of(segment(3, 1, 2), "chunk 1 of 2 is empty"),
                Arguments.of(
                        new Message.Root(Hash128.ZERO, -1, Evidence.of(0, 0), false, false),
                        "a tree cannot have -1 entries"),
                Arguments.of(segment(3, 0, 1, entryIn(3), entryIn(4)), "does not lie in segment 3"),
                Arguments.of(symbols(0, 0), "0 bytes are not a number of symbols of 21 bytes"),
                Arguments.of(new Message.Symbols(List.of(), 0, new byte[22]), "22 bytes are not a number of symbols"),
                Arguments.of(symbols(-1, 1), "there are no symbols -1 and following"),
                Arguments.of(symbols(MessageCheck.MAX_SYMBOLS, 1), "there are no symbols 65536 and following"),
                Arguments.of(
                        symbols(
                                0,
                                1,
                                IntStream.rangeClosed(0, MessageCheck.MAX_SEGMENTS)
                                        .boxed()
                                        .toArray(Integer[]::new)),
                        "8193 segments are more than the 8192 of one sketch"),
                Arguments.of(symbols(0, 1, -1), "segment -1 does not follow segment -1"),
                Arguments.of(symbols(0, 1, 256), "segment 256 does not follow segment -1"),
                Arguments.of(symbols(0, 1, 7, 7), "segment 7 does not follow segment 7"));
    }

    private static Message.Symbols symbols(int first, int count, Integer... segments) {
        return new Message.Symbols(List.of(segments), first, new byte[count * Sketch.SYMBOL_BYTES]);
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void shouldRefuseWhatDoesNotFitTheShapeOfTheTree(Body body, String reason) {
        assertThatThrownBy(() -> body.accept(check))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessageContaining(reason);
    }

    static Stream<Body> valid() {
        return Stream.of(
                level(0, 4, 0),
                level(4, 8, 0, 15),
                level(7, 8, 127),
                segment(0, 0, 1),
                segment(255, MAX_CHUNKS - 1, MAX_CHUNKS, entryIn(255)),
                symbols(0, 1),
                symbols(MessageCheck.MAX_SYMBOLS - 2, 2, 0, 255),
                new Message.Entries(List.of(entryIn(3), entryIn(4)), List.of(Hash128.ZERO)),
                new Message.Root(Hash128.ZERO, 0, Evidence.of(0, 0), false, false),
                new Message.Probe(Hash128.ZERO),
                new Message.ProbeAnswer(Hash128.ZERO, null, Evidence.of(0, 0)),
                new Message.Approval("us", Message.Scope.FLOOD, 0),
                new Message.Complete("us", 0),
                new Message.Rebuilding(0, 0, 0),
                new Message.Choice(new byte[1], "us", 1, Hash128.ZERO, null, 0));
    }

    @ParameterizedTest
    @MethodSource("valid")
    void shouldAcceptWhatFits(Body body) {
        assertThatCode(() -> body.accept(check)).doesNotThrowAnyException();
    }

    @Test
    void shouldRefuseAConditionThatDoesNotHold() {
        assertThatCode(() -> MessageCheck.require(true, "reason")).doesNotThrowAnyException();
        assertThatThrownBy(() -> MessageCheck.require(false, "reason"))
                .isInstanceOf(InvalidMessageException.class)
                .hasMessage("reason");
    }

    /** A level with as many hashes as its parents need. */
    private static Level level(int parentLevel, int level, int... parents) {
        return new Level(parentLevel, level, parents, new long[2 * parents.length << level - parentLevel]);
    }

    private static Segment segment(int index, int chunk, int chunks, EntrySummary... entries) {
        return new Segment(index, chunk, chunks, List.of(entries));
    }

    private static EntrySummary entryIn(int segment) {
        Hash128 keyHash = new Hash128((long) segment << Long.SIZE - BITS, 1);
        return new EntrySummary(keyHash, 1, 0, 0, Entry.NEVER, false, new Hash128(1, 1));
    }
}

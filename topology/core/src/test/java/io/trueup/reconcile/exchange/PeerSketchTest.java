package io.trueup.reconcile.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.sketch.Sketch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerSketchTest {

    private static final int SYMBOLS = 40;

    private final byte[] encoded = new byte[SYMBOLS * Sketch.SYMBOL_BYTES];
    private final PeerSketch sketch = new PeerSketch(SYMBOLS);

    PeerSketchTest() {
        new Random(3).nextBytes(encoded);
    }

    private void hear(int first, int count) {
        sketch.add(
                first, Arrays.copyOfRange(encoded, first * Sketch.SYMBOL_BYTES, (first + count) * Sketch.SYMBOL_BYTES));
    }

    /** Messages may overlap: a replica that has restarted cuts its symbols elsewhere. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldPutSymbolsTogetherInWhateverOrderTheyArrive(long seed) {
        Random random = new Random(seed);
        List<Runnable> messages = new ArrayList<>();
        for (int first = 0; first < SYMBOLS; first += 3) {
            int from = first;
            messages.add(() -> hear(from, Math.min(3, SYMBOLS - from)));
            messages.add(() -> hear(from / 2, Math.min(5, SYMBOLS - from / 2)));
            messages.add(() -> hear(from, 1));
        }
        Collections.shuffle(messages, random);

        messages.forEach(Runnable::run);

        assertThat(sketch.length()).isEqualTo(SYMBOLS);
        assertThat(sketch.prefix(SYMBOLS).encode(0, SYMBOLS)).isEqualTo(encoded);
        assertThat(sketch.prefix(7).encode(0, 7)).isEqualTo(Arrays.copyOf(encoded, 7 * Sketch.SYMBOL_BYTES));
    }

    @Test
    void shouldCountOnlySymbolsWithoutAGap() {
        hear(4, 4);
        assertThat(sketch.length()).isZero();
        hear(0, 2);
        assertThat(sketch.length()).isEqualTo(2);

        hear(2, 2);

        assertThat(sketch.length()).isEqualTo(8);
    }

    /** Symbols that follow on a gap take up memory as long as it is not closed. */
    @Test
    void shouldKeepABoundedNumberOfSymbolsBehindAGap() {
        byte[] many = new byte[SYMBOLS * Sketch.SYMBOL_BYTES];
        for (int first = 1; first < SYMBOLS; first++) {
            sketch.add(first, many);
        }

        assertThat(sketch.bytes()).isEqualTo(4 * SYMBOLS * Sketch.SYMBOL_BYTES); // of 39 messages, four have room
    }

    /** This replica has no more to compare them with. */
    @Test
    void shouldKeepNoMoreSymbolsThanAreOfUse() {
        byte[] many = new byte[3 * SYMBOLS * Sketch.SYMBOL_BYTES];
        sketch.add(0, many);
        sketch.add(3 * SYMBOLS, many);

        assertThat(sketch.length()).isEqualTo(SYMBOLS);
        assertThat(sketch.bytes()).isEqualTo(SYMBOLS * Sketch.SYMBOL_BYTES);
    }
}

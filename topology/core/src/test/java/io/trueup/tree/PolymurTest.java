package io.trueup.tree;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Compared with another implementation of the same function. */
class PolymurTest {

    @Test
    void shouldEqualTheReferenceForEveryLength() {
        SplittableRandom random = new SplittableRandom(11);
        for (int length = 0; length <= 600; length++) {
            byte[] bytes = new byte[length + 5];
            random.nextBytes(bytes);
            check(random.nextLong(), random.nextLong(), bytes, random.nextInt(6), length);
        }
    }

    @Test
    void shouldCarryAsTheReferenceWhenAllBitsAreSet() {
        SplittableRandom random = new SplittableRandom(12);
        byte[] ones = new byte[1_000];
        Arrays.fill(ones, (byte) -1);
        for (int i = 0; i < 2_000; i++) {
            check(-1, random.nextLong(), ones, 0, random.nextInt(ones.length + 1));
        }
    }

    @Property
    void shouldEqualTheReferenceForEverySeed(
            @ForAll long tweak,
            @ForAll long keySeed,
            @ForAll @Size(max = 200) byte[] bytes,
            @ForAll @IntRange(max = 200) int skipped) {
        int offset = Math.min(skipped, bytes.length);
        check(tweak, keySeed, bytes, offset, bytes.length - offset);
    }

    @Property
    void shouldHashNumbersAsTheirBytes(@ForAll @Size(6) long[] numbers, @ForAll long seed) {
        ByteBuffer bytes = ByteBuffer.allocate(6 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(numbers);

        assertThat(new Polymur(1, seed, 2).hash(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]))
                .isEqualTo(reference(1, seed, 2).hashBytesToLong(bytes.array()));
    }

    @Property
    void shouldHashTwoNumbersAsTheirBytes(@ForAll long first, @ForAll long second, @ForAll long seed) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(first).putLong(second);

        assertThat(new Polymur(1, seed, 2).hash(first, second))
                .isEqualTo(reference(1, seed, 2).hashBytesToLong(bytes.array()));
    }

    private static void check(long tweak, long seed, byte[] bytes, int offset, int length) {
        assertThat(Polymur.hash(
                        new Polymur(tweak, seed, ~seed), new Polymur(~tweak, ~seed, seed), bytes, offset, length))
                .as("tweak %d, seed %d, %d bytes from %d", tweak, seed, length, offset)
                .isEqualTo(new Hash128(
                        reference(tweak, seed, ~seed).hashBytesToLong(bytes, offset, length),
                        reference(~tweak, ~seed, seed).hashBytesToLong(bytes, offset, length)));
    }

    private static Hasher64 reference(long tweak, long keySeed, long secretSeed) {
        return Hashing.polymurHash2_0(tweak, keySeed, secretSeed);
    }
}

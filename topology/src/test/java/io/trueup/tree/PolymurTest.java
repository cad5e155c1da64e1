package io.trueup.tree;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Another implementation of the same function says what is right. */
class PolymurTest {

    @Test
    void shouldBeTheFunctionOfThatNameForEveryLength() {
        SplittableRandom random = new SplittableRandom(11);
        for (int length = 0; length <= 600; length++) {
            long tweak = random.nextLong();
            long keySeed = random.nextLong();
            long secretSeed = random.nextLong();
            byte[] bytes = new byte[length + 5];
            random.nextBytes(bytes);
            int offset = random.nextInt(6);
            assertThat(new Polymur(tweak, keySeed, secretSeed).hash(bytes, offset, length))
                    .as("%d bytes", length)
                    .isEqualTo(reference(tweak, keySeed, secretSeed).hashBytesToLong(bytes, offset, length));
        }
    }

    @Test
    void shouldCarryAsThatFunctionDoesWhereAllBitsAreSet() {
        SplittableRandom random = new SplittableRandom(12);
        byte[] ones = new byte[1_000];
        Arrays.fill(ones, (byte) -1);
        for (int i = 0; i < 2_000; i++) {
            long keySeed = random.nextLong();
            int length = random.nextInt(ones.length + 1);
            assertThat(new Polymur(-1, keySeed, -1).hash(ones, 0, length))
                    .as("seed %d, %d bytes", keySeed, length)
                    .isEqualTo(reference(-1, keySeed, -1).hashBytesToLong(ones, 0, length));
        }
    }

    @Property
    void shouldBeTheFunctionOfThatNameForEverySeed(
            @ForAll long tweak,
            @ForAll long keySeed,
            @ForAll long secretSeed,
            @ForAll @Size(max = 200) byte[] bytes,
            @ForAll @IntRange(max = 200) int skipped) {
        int offset = Math.min(skipped, bytes.length);
        assertThat(new Polymur(tweak, keySeed, secretSeed).hash(bytes, offset, bytes.length - offset))
                .isEqualTo(reference(tweak, keySeed, secretSeed).hashBytesToLong(bytes, offset, bytes.length - offset));
    }

    private static Hasher64 reference(long tweak, long keySeed, long secretSeed) {
        return Hashing.polymurHash2_0(tweak, keySeed, secretSeed);
    }
}

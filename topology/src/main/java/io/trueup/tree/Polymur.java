package io.trueup.tree;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;

/**
 * PolymurHash 2.0 (Orson Peters, https://github.com/orlp/polymur-hash): an almost universal hash of 64 bits, a polynomial of
 * the input modulo 2^61 - 1. Nothing branches but on the length of the input, so that a processor hashes many short inputs
 * of one length without a wrong guess. Immutable.
 *
 * <p>Numbers are unsigned. Products stay below 2^125: those of two lengths or words of 56 bits, each plus a coefficient.
 */
final class Polymur {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int MODULUS_BITS = 61;
    private static final long MODULUS = (1L << MODULUS_BITS) - 1;
    private static final long WORD = (1L << 56) - 1;
    private static final int WORD_BYTES = 7;
    private static final int BLOCK_BYTES = 7 * WORD_BYTES;
    private static final int MEDIUM_BYTES = 3 * WORD_BYTES;
    private static final long SECRET_MASK = 0x6a09e667f3bcc908L;
    private static final long STEP = 0xbb67ae8584caa73bL;
    private static final long MIX = 0xe9846af9b1a615dL;
    private static final long LARGEST_SEVENTH_POWER = (1L << 60) - (1L << 56);

    private final long tweak;
    private final long secret;
    private final long k;
    private final long k2;
    private final long k3;
    private final long k4;
    private final long k3Least;
    private final long k4Least;
    private final long k5;
    private final long k6;
    private final long k7;
    private final long k14;

    /**
     * @param tweak chooses one of many functions of the same seeds
     * @param keySeed seed of the polynomial's variable
     * @param secretSeed what the result is offset by
     */
    Polymur(long tweak, long keySeed, long secretSeed) {
        this.tweak = tweak;
        secret = secretSeed ^ SECRET_MASK;
        k = variable(keySeed);
        k2 = least(times(k, k));
        k3 = times(k, k2);
        k4 = times(k2, k2);
        k7 = least(times(k3, k4));
        k5 = least(times(k, k4));
        k6 = least(times(k2, k4));
        k3Least = least(k3);
        k4Least = least(k4);
        k14 = times(k7, k7);
    }

    /** A power of the generator 37 that is a generator, too, and of which the seventh power is not too large. */
    private static long variable(long seed) {
        BigInteger modulus = BigInteger.valueOf(MODULUS);
        BigInteger order = BigInteger.valueOf(MODULUS - 1);
        long next = seed;
        while (true) {
            next += STEP;
            BigInteger exponent = BigInteger.valueOf(next >>> 3 | 1);
            if (exponent.gcd(order).equals(BigInteger.ONE)) {
                BigInteger variable = BigInteger.valueOf(37).modPow(exponent, modulus);
                if (variable.modPow(BigInteger.valueOf(7), modulus).longValue() < LARGEST_SEVENTH_POWER) {
                    return variable.longValue();
                }
            }
        }
    }

    /** Hash of a part of an array. */
    long hash(byte[] bytes, int offset, int length) {
        if (length <= BLOCK_BYTES) {
            return finish(tweak + rest(bytes, offset, length, k3, k4));
        }
        long sum = 0;
        int at = offset;
        int left = length;
        do {
            sum = block(bytes, at, sum);
            at += BLOCK_BYTES;
            left -= BLOCK_BYTES;
        } while (left > BLOCK_BYTES);
        return finish(tweak + least(times(least(sum), k14)) + rest(bytes, at, left, k3Least, k4Least));
    }

    private long block(byte[] bytes, int at, long sum) {
        long a0 = k + word(bytes, at);
        long b0 = k6 + word(bytes, at + WORD_BYTES);
        long a1 = k2 + word(bytes, at + 2 * WORD_BYTES);
        long b1 = k5 + word(bytes, at + 3 * WORD_BYTES);
        long a2 = k3Least + word(bytes, at + 4 * WORD_BYTES);
        long b2 = k4Least + word(bytes, at + 5 * WORD_BYTES);
        long a3 = sum + word(bytes, at + 6 * WORD_BYTES);
        long low = low(a0, b0) + low(a1, b1) + low(a2, b2) + low(a3, k7);
        long highOfSum = high(a3 * k7, Math.multiplyHigh(a3, k7) + (a3 >> 63 & k7)); // the sum may take up 64 bits
        return (low & MODULUS) + (low >>> MODULUS_BITS) + high(a0, b0, a1, b1, a2, b2) + highOfSum;
    }

    private static long high(long a0, long b0, long a1, long b1, long a2, long b2) {
        return high(a0 * b0, Math.multiplyHigh(a0, b0))
                + high(a1 * b1, Math.multiplyHigh(a1, b1))
                + high(a2 * b2, Math.multiplyHigh(a2, b2));
    }

    /** Up to 49 bytes; words overlap, so that all lengths of a class take the same path. */
    private long rest(byte[] bytes, int at, int length, long third, long fourth) {
        if (length <= WORD_BYTES) {
            return times(k + few(bytes, at, length), k2 + length);
        }
        long a0 = k2 + word(bytes, at);
        long b0 = k7 + word(bytes, at + (length - WORD_BYTES >>> 1));
        long a1 = k + lastWord(bytes, at + length);
        long b1 = third + length;
        if (length <= MEDIUM_BYTES) {
            long low = low(a0, b0) + low(a1, b1);
            return (low & MODULUS)
                    + (low >>> MODULUS_BITS)
                    + high(a0 * b0, Math.multiplyHigh(a0, b0))
                    + high(a1 * b1, Math.multiplyHigh(a1, b1));
        }
        long a2 = k2 + word(bytes, at + WORD_BYTES);
        long b2 = k7 + word(bytes, at + 2 * WORD_BYTES);
        long a3 = times(a0, b0) + word(bytes, at + length - MEDIUM_BYTES);
        long b3 = fourth + word(bytes, at + length - 2 * WORD_BYTES);
        long low = low(a1, b1) + low(a2, b2) + low(a3, b3);
        return (low & MODULUS) + (low >>> MODULUS_BITS) + high(a1, b1, a2, b2, a3, b3);
    }

    private long finish(long polynomial) {
        long mixed = (polynomial ^ polynomial >>> 32) * MIX;
        mixed = (mixed ^ mixed >>> 32) * MIX;
        return (mixed ^ mixed >>> 28) + secret;
    }

    /** Seven bytes of at least eight. */
    private static long word(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at) & WORD;
    }

    /** The seven bytes before an end, of at least eight. */
    private static long lastWord(byte[] bytes, int end) {
        return (long) LONG.get(bytes, end - Long.BYTES) >>> 8;
    }

    private static long few(byte[] bytes, int at, int length) {
        long word = 0;
        for (int i = 0; i < length; i++) {
            word |= (bytes[at + i] & 0xFFL) << 8 * i;
        }
        return word;
    }

    /** Product modulo 2^61 - 1, not necessarily the least one. */
    private static long times(long a, long b) {
        return low(a, b) + high(a * b, Math.multiplyHigh(a, b));
    }

    private static long low(long a, long b) {
        return a * b & MODULUS;
    }

    /** What stands above the lower 61 bits of a number of 128. */
    private static long high(long lower, long upper) {
        return lower >>> MODULUS_BITS | upper << Long.SIZE - MODULUS_BITS;
    }

    /** Takes a number of 64 bits below 2^61 + 7. */
    private static long least(long number) {
        return (number & MODULUS) + (number >>> MODULUS_BITS);
    }
}

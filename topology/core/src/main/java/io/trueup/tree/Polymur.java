package io.trueup.tree;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * PolymurHash 2.0 (Orson Peters, https://github.com/orlp/polymur-hash): an almost universal hash of 64 bits, a polynomial of
 * the input modulo 2^61 - 1. Nothing branches but on the length of the input, so that a processor hashes many short inputs
 * of one length without a wrong guess. Immutable.
 *
 * <p>A factor is a coefficient below 2^62 plus a word of 56 bits, a length or a product that was reduced: it is below 2^63,
 * and so a product may be taken of signed numbers, except where that is said. Sums of products are reduced part by part,
 * which needs no carry.
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
    private static final long GENERATOR = 37;
    /** Odd prime factors of 2^61 - 2. */
    private static final int[] FACTORS_OF_ORDER = {3, 5, 7, 11, 13, 31, 41, 61, 151, 331, 1321};

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
     * @param secretSeed seed of the secret that is added to the result
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
        long next = seed;
        while (true) {
            next += STEP;
            long exponent = next >>> 3 | 1;
            if (isPrimeToOrder(exponent)) {
                long variable = power(GENERATOR, exponent);
                if (power(variable, 7) < LARGEST_SEVENTH_POWER) {
                    return variable;
                }
            }
        }
    }

    private static boolean isPrimeToOrder(long exponent) {
        for (long factor : FACTORS_OF_ORDER) {
            if (exponent % factor == 0) {
                return false;
            }
        }
        return true;
    }

    private static long power(long base, long exponent) {
        long power = 1;
        long square = base;
        for (long left = exponent; left != 0; left >>>= 1) {
            if ((left & 1) == 1) {
                power = least(times(power, square));
            }
            square = least(times(square, square));
        }
        return power;
    }

    /** Hashes a part of an array with two functions at once: what they read, and where they loop, is the same. */
    static Hash128 hash(Polymur hi, Polymur lo, byte[] bytes, int offset, int length) {
        if (length <= BLOCK_BYTES) {
            return new Hash128(
                    hi.finish(hi.tweak + hi.rest(bytes, offset, length, hi.k3, hi.k4)),
                    lo.finish(lo.tweak + lo.rest(bytes, offset, length, lo.k3, lo.k4)));
        }
        long hiSum = 0;
        long loSum = 0;
        int at = offset;
        int end = offset + length;
        while (end - at > BLOCK_BYTES) {
            long m0 = word(bytes, at);
            long m1 = word(bytes, at + WORD_BYTES);
            long m2 = word(bytes, at + 2 * WORD_BYTES);
            long m3 = word(bytes, at + 3 * WORD_BYTES);
            long m4 = word(bytes, at + 4 * WORD_BYTES);
            long m5 = word(bytes, at + 5 * WORD_BYTES);
            long m6 = word(bytes, at + 6 * WORD_BYTES);
            hiSum = hi.block(hiSum, m0, m1, m2, m3, m4, m5, m6);
            loSum = lo.block(loSum, m0, m1, m2, m3, m4, m5, m6);
            at += BLOCK_BYTES;
        }
        return new Hash128(hi.finish(hiSum, bytes, at, end), lo.finish(loSum, bytes, at, end));
    }

    private long block(long sum, long m0, long m1, long m2, long m3, long m4, long m5, long m6) {
        long a0 = k + m0;
        long b0 = k6 + m1;
        long a1 = k2 + m2;
        long b1 = k5 + m3;
        long a2 = k3Least + m4;
        long b2 = k4Least + m5;
        long a3 = sum + m6;
        long low = low(a0, b0) + low(a1, b1) + low(a2, b2) + low(a3, k7);
        long highOfSum = above(a3 * k7, Math.multiplyHigh(a3, k7) + (a3 >> 63 & k7)); // the sum may take up 64 bits
        return (low & MODULUS) + (low >>> MODULUS_BITS) + high(a0, b0) + high(a1, b1) + high(a2, b2) + highOfSum;
    }

    private long finish(long sum, byte[] bytes, int at, int end) {
        return finish(tweak + least(times(least(sum), k14)) + rest(bytes, at, end - at, k3Least, k4Least));
    }

    /** Hash of 48 bytes that are given as numbers, little endian: what was just computed need not go through memory. */
    long hash(long n0, long n1, long n2, long n3, long n4, long n5) {
        long rest = rest(
                n0 & WORD,
                (n2 >>> 32 | n3 << 32) & WORD,
                n5 >>> 8,
                (n0 >>> 56 | n1 << 8) & WORD,
                (n1 >>> 48 | n2 << 16) & WORD,
                (n3 >>> 24 | n4 << 40) & WORD,
                (n4 >>> 16 | n5 << 48) & WORD,
                6 * Long.BYTES,
                k3,
                k4);
        return finish(tweak + rest);
    }

    /** Hash of 16 bytes that are given as numbers. */
    long hash(long n0, long n1) {
        return finish(tweak + rest(n0 & WORD, (n0 >>> 32 | n1 << 32) & WORD, n1 >>> 8, 2 * Long.BYTES, k3));
    }

    /** Up to 49 bytes; words overlap, so that all lengths of a class take the same path. */
    private long rest(byte[] bytes, int at, int length, long third, long fourth) {
        if (length <= WORD_BYTES) {
            return times(k + few(bytes, at, length), k2 + length);
        }
        long first = word(bytes, at);
        long middle = word(bytes, at + (length - WORD_BYTES >>> 1));
        long last = lastWord(bytes, at + length);
        if (length <= MEDIUM_BYTES) {
            return rest(first, middle, last, length, third);
        }
        return rest(
                first,
                middle,
                last,
                word(bytes, at + WORD_BYTES),
                word(bytes, at + 2 * WORD_BYTES),
                word(bytes, at + length - MEDIUM_BYTES),
                word(bytes, at + length - 2 * WORD_BYTES),
                length,
                third,
                fourth);
    }

    private long rest(long first, long middle, long last, int length, long third) {
        long a0 = k2 + first;
        long b0 = k7 + middle;
        long a1 = k + last;
        long b1 = third + length;
        long low = low(a0, b0) + low(a1, b1);
        return (low & MODULUS) + (low >>> MODULUS_BITS) + high(a0, b0) + high(a1, b1);
    }

    private long rest(
            long first,
            long middle,
            long last,
            long second,
            long next,
            long nextToLast,
            long beforeLast,
            int length,
            long third,
            long fourth) {
        long a0 = k + last;
        long b0 = third + length;
        long a1 = k2 + second;
        long b1 = k7 + next;
        long a2 = times(k2 + first, k7 + middle) + nextToLast;
        long b2 = fourth + beforeLast;
        long low = low(a0, b0) + low(a1, b1) + low(a2, b2);
        return (low & MODULUS) + (low >>> MODULUS_BITS) + high(a0, b0) + high(a1, b1) + high(a2, b2);
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

    /** Up to seven bytes: taken from the end of eight, if the array has eight bytes before the end. */
    private static long few(byte[] bytes, int at, int length) {
        int end = at + length;
        if (length > 0 && end >= Long.BYTES) {
            return (long) LONG.get(bytes, end - Long.BYTES) >>> Long.SIZE - 8 * length;
        }
        long word = 0;
        for (int i = 0; i < length; i++) {
            word |= (bytes[at + i] & 0xFFL) << 8 * i;
        }
        return word;
    }

    /** Product modulo 2^61 - 1, not necessarily the least one. */
    private static long times(long a, long b) {
        return low(a, b) + high(a, b);
    }

    /** The lower 61 bits of a product; {@link #high(long, long)} gives the bits above them. */
    private static long low(long a, long b) {
        return a * b & MODULUS;
    }

    private static long high(long a, long b) {
        return above(a * b, Math.multiplyHigh(a, b));
    }

    /** The bits above the lower 61 bits of a number of 128 bits. */
    private static long above(long lower, long upper) {
        return lower >>> MODULUS_BITS | upper << Long.SIZE - MODULUS_BITS;
    }

    /** Takes a number of 64 bits below 2^61 + 7. */
    private static long least(long number) {
        return (number & MODULUS) + (number >>> MODULUS_BITS);
    }
}

package org.millrace.cleaner.duplicate;

import java.util.Arrays;

/// MinHash signatures of texts: the share of equal values estimates the Jaccard similarity of the
/// texts' 5-word shingles (5-letter ones where words are not written apart), with a standard error of at most `0.5 /
/// sqrt(112)` = 0.047.
///
/// FineWeb's parameters: 14 bands of 8 values, so two texts of similarity s share a band with
/// probability `1 - (1 - s^8)^14`: 0.05 at 0.5, 0.56 at 0.7, 0.92 at 0.8, 1.00 at 0.9. Signatures
/// travel in events, so the hash functions below never change.
public final class MinHash {

    public static final int BANDS = 14;
    public static final int ROWS = 8;
    public static final int SIZE = BANDS * ROWS;

    static final int SHINGLE_WORDS = 5;

    private static final long PRIME = (1L << 61) - 1;
    private static final long[] FACTORS = new long[SIZE];
    private static final long[] SUMMANDS = new long[SIZE];

    static {
        long state = 1;
        for (int i = 0; i < SIZE; i++) {
            state += 0x9E3779B97F4A7C15L;
            FACTORS[i] = Long.remainderUnsigned(mix(state), PRIME - 1) + 1;
            state += 0x9E3779B97F4A7C15L;
            SUMMANDS[i] = Long.remainderUnsigned(mix(state), PRIME);
        }
    }

    private MinHash() {}

    /// @return `SIZE` values; bands are consecutive runs of `ROWS`
    public static int[] signature(String text) {
        long[] shingles = shingles(Simplified.words(text));
        int[] signature = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            long factor = FACTORS[i];
            long summand = SUMMANDS[i];
            long least = Long.MAX_VALUE;
            for (long shingle : shingles) {
                // The product wraps modulo 2^64 first, as in the reference.
                least = Math.min(least, remainder(shingle * factor + summand));
            }
            signature[i] = (int) least;
        }
        return signature;
    }

    /// Of an unsigned number by 2^61 - 1, without a division: 2^61 leaves 1, so what stands above bit 61
    /// is added to what stands below, and the sum is less than twice the divisor.
    static long remainder(long unsigned) {
        long sum = (unsigned & PRIME) + (unsigned >>> 61);
        return sum >= PRIME ? sum - PRIME : sum;
    }

    /// Share of equal values.
    public static double similarity(int[] a, int[] b) {
        int equal = 0;
        for (int i = 0; i < SIZE; i++) {
            equal += a[i] == b[i] ? 1 : 0;
        }
        return (double) equal / SIZE;
    }

    /// One hash a shingle; a text shorter than a shingle is one shingle.
    static long[] shingles(String[] words) {
        int count = Math.max(1, words.length - SHINGLE_WORDS + 1);
        long[] shingles = new long[count];
        for (int i = 0; i < count; i++) {
            long hash = 0;
            for (int w = i; w < Math.min(i + SHINGLE_WORDS, words.length); w++) {
                String word = words[w];
                for (int c = 0; c < word.length(); c++) {
                    hash = (hash ^ word.charAt(c)) * 0x100000001B3L;
                }
                hash = mix(hash + 1); // the end of a word counts: "ab c" is not "a bc"
            }
            shingles[i] = hash;
        }
        return shingles;
    }

    /// One 64-bit key a band; equal keys mean equal bands but for one chance in 2^64.
    static long[] bands(int[] signature) {
        long[] bands = new long[BANDS];
        for (int band = 0; band < BANDS; band++) {
            long hash = mix(band + 1L); // far apart, so that no value of one band looks like one of another
            for (int value : Arrays.copyOfRange(signature, band * ROWS, (band + 1) * ROWS)) {
                hash = mix(hash ^ value) + 0x9E3779B97F4A7C15L;
            }
            bands[band] = hash;
        }
        return bands;
    }

    /// SplitMix64's finaliser: a bijection whose every output bit depends on every input bit.
    static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}

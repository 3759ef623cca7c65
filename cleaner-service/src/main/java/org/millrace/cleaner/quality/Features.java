package org.millrace.cleaner.quality;

import java.util.Arrays;
import org.millrace.cleaner.language.Tokens;

/// What the classifier sees of a text: which words and pairs of words it holds, each as the number of
/// a bucket that a hash chooses. How often they occur does not matter, their order beyond pairs neither.
final class Features {

    static final int BITS = 18;
    static final int BUCKETS = 1 << BITS;

    /// A page is judged by its beginning; longer ones cost no more.
    private static final int MOST_TOKENS = 5_000;

    private static final long PAIR = 0x9E3779B97F4A7C15L;

    private Features() {}

    /// @return different buckets in ascending order
    static int[] of(Tokens tokens) {
        int size = Math.min(tokens.size(), MOST_TOKENS);
        int[] buckets = new int[Math.max(0, 2 * size - 1)];
        int count = 0;
        long before = 0;
        for (int i = 0; i < size; i++) {
            long word = tokens.lowerCaseHash(i);
            buckets[count++] = bucket(word);
            if (i > 0) {
                buckets[count++] = bucket(before * PAIR + word);
            }
            before = word;
        }
        Arrays.sort(buckets);
        int different = 0;
        for (int i = 0; i < count; i++) {
            if (i == 0 || buckets[i] != buckets[i - 1]) {
                buckets[different++] = buckets[i];
            }
        }
        return Arrays.copyOf(buckets, different);
    }

    private static int bucket(long hash) {
        return (int) (hash * 0xBF58476D1CE4E5B9L >>> Long.SIZE - BITS);
    }
}

package org.millrace.cleaner.duplicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MinHashTest {

    @Test
    void caseNumbersPunctuationAndAccentsAreNoDifference() {
        assertThat(MinHash.signature("In 1870, the café had 12 tables: six inside!"))
                .isEqualTo(MinHash.signature("in 1,912 The CAFE had 7 tables  six inside"));
    }

    @Test
    void orderIsADifference() {
        assertThat(MinHash.signature("one two three four five six"))
                .isNotEqualTo(MinHash.signature("six five four three two one"));
        assertThat(MinHash.signature("ab cd")).isNotEqualTo(MinHash.signature("abc d"));
    }

    @Test
    void scriptsWithoutSpacesAreComparedByTheirLetters() {
        String text = "磨坊主早上打开水闸，水推动轮子一直转到晚上。他为镇上的面包师磨小麦，也为山那边的农民磨大麦。";
        String changed = "磨坊主早上打开水闸，水推动轮子一直转到晚上。他为镇上的面包师磨小麦，也为山那边的渔民磨大麦。";

        assertThat(Simplified.words("水 ab門")).containsExactly("水", "ab", "門");
        assertThat(MinHash.similarity(MinHash.signature(text), MinHash.signature(changed)))
                .isBetween(0.6, 0.95); // 5 of some 45 shingles changed
    }

    /// Signatures lie in the log: a change of the hash functions would make old and new ones strangers.
    @Test
    void theHashFunctionsNeverChange() {
        int[] signature = MinHash.signature("The miller opens the gate in the morning.");

        assertThat(Arrays.hashCode(signature)).isEqualTo(GOLDEN);
    }

    private static final int GOLDEN = 215529536;

    /// The estimate against the exact Jaccard similarity of the same shingles, within four standard errors.
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.3, 0.5, 0.7, 0.9})
    void theSignatureEstimatesTheExactSimilarity(double similarity) {
        Random random = new Random(5);
        double error = 0;
        int pairs = 60;
        for (int i = 0; i < pairs; i++) {
            String[] pair = pair(random, similarity);
            double exact = jaccard(pair[0], pair[1]);
            double estimate = MinHash.similarity(MinHash.signature(pair[0]), MinHash.signature(pair[1]));
            double deviation = Math.sqrt(exact * (1 - exact) / MinHash.SIZE);

            assertThat(estimate).isBetween(exact - 4 * deviation - 0.01, exact + 4 * deviation + 0.01);
            error += estimate - exact;
        }

        assertThat(error / pairs).isBetween(-0.025, 0.025); // four times 0.047 / sqrt(60)
    }

    /// `1 - (1 - s^8)^14`, within four standard errors of the share of detected pairs.
    @ParameterizedTest
    @ValueSource(doubles = {0.4, 0.6, 0.7, 0.8, 0.9})
    void pairsAreDetectedAsTheCurveTells(double similarity) {
        Random random = new Random(6);
        int pairs = 300;
        int detected = 0;
        double expected = 0;
        double variance = 0;
        for (int i = 0; i < pairs; i++) {
            String[] pair = pair(random, similarity);
            long[] a = MinHash.bands(MinHash.signature(pair[0]));
            long[] b = MinHash.bands(MinHash.signature(pair[1]));
            boolean met = false;
            for (int band = 0; band < MinHash.BANDS; band++) {
                met |= a[band] == b[band];
            }
            detected += met ? 1 : 0;
            double p = 1 - Math.pow(1 - Math.pow(jaccard(pair[0], pair[1]), MinHash.ROWS), MinHash.BANDS);
            expected += p;
            variance += p * (1 - p);
        }

        assertThat((double) detected)
                .isBetween(expected - 4 * Math.sqrt(variance) - 1, expected + 4 * Math.sqrt(variance) + 1);
    }

    /// Two texts of 300 words that share about the asked part of their shingles: one run of common words.
    private static String[] pair(Random random, double similarity) {
        int words = 300;
        int common = (int) Math.round(words * 2 * similarity / (1 + similarity));
        StringBuilder a = new StringBuilder();
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < words; i++) {
            String word = word(random);
            a.append(word).append(' ');
            b.append(i < common ? word : word(random)).append(' ');
        }
        return new String[] {a.toString(), b.toString()};
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }

    /// The naive twin: sets of strings.
    private static double jaccard(String a, String b) {
        Set<String> left = shingles(a);
        Set<String> right = shingles(b);
        Set<String> both = new HashSet<>(left);
        both.retainAll(right);
        return (double) both.size() / (left.size() + right.size() - both.size());
    }

    private static Set<String> shingles(String text) {
        String[] words = text.strip().split(" ");
        Set<String> shingles = new HashSet<>();
        for (int i = 0; i + MinHash.SHINGLE_WORDS <= words.length; i++) {
            shingles.add(String.join(" ", Arrays.copyOfRange(words, i, i + MinHash.SHINGLE_WORDS)));
        }
        return shingles;
    }
}
